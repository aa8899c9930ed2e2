def even_squares(numbers):
    """Return a list with the squares of the even numbers among numbers, in their order, made by one
    list comprehension."""
    return [number * number for number in numbers if number % 2 == 0]
