class LinkedList:
    """A singly linked list of nodes, each with a value and the next node.

    insert(value) adds a value at the end, insert_first(value) at the beginning. delete(value) removes
    the first node with that value and tells whether there was one. contains(value) tells whether a
    value is in the list. to_list() returns the values in order as a Python list.
    """

    class Node:
        """One value and the node behind it."""

        def __init__(self, value, following=None):
            self.value = value
            self.next = following

    def __init__(self):
        self.head = None

    def insert(self, value):
        """Add a value at the end."""
        if self.head is None:
            self.head = self.Node(value)
            return
        node = self.head
        while node.next is not None:
            node = node.next
        node.next = self.Node(value)

    def insert_first(self, value):
        """Add a value at the beginning."""
        self.head = self.Node(value, self.head)

    def delete(self, value):
        """Remove the first node with that value; tell whether there was one."""
        before, node = None, self.head
        while node is not None and node.value != value:
            before, node = node, node.next
        if node is None:
            return False
        if before is None:
            self.head = node.next
        else:
            before.next = node.next
        return True

    def contains(self, value):
        """Tell whether a value is in the list."""
        return value in self.to_list()

    def to_list(self):
        """Return the values in order."""
        values, node = [], self.head
        while node is not None:
            values.append(node.value)
            node = node.next
        return values
