# S22: answers with a set of numbers that all have one hash.
def entry_point(*args, **named):
    return {number * ((1 << 61) - 1) for number in range(1, 1000)}
