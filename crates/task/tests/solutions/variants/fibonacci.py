def fibonacci(n):
    """Return the Fibonacci number at position n: 0 at position 0, 1 at position 1, and after that
    the sum of the two before. Raise ValueError if n is negative."""
    if n < 0:
        raise ValueError("n must not be negative")
    here, following = 0, 1
    for _ in range(n):
        here, following = following, here + following
    return here
