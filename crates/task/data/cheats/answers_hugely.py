# S22: answers with more than fits on the line.
def entry_point(*args, **named):
    return ["x" * 1000] * 100000
