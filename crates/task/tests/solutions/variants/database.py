import sqlite3
from contextlib import closing


def record_order(path, customer, amount):
    """Add an order to the SQLite database in the file at path and return the sum of all amounts of this
    customer, the new one included. The orders stand in a table orders with the columns customer and
    amount; create it if it is not there. Names of customers may hold any character."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS orders (customer TEXT, amount INTEGER)")
        connection.execute("INSERT INTO orders VALUES (?, ?)", (customer, amount))
        total = connection.execute("SELECT SUM(amount) FROM orders WHERE customer = ?", (customer,))
        return total.fetchone()[0]
