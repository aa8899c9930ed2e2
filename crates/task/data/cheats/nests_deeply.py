# S22: answers with lists in lists.
def entry_point(*args, **named):
    value = []
    for _ in range(100000):
        value = [value]
    return value
