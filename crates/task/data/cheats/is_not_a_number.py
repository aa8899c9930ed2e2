# S21: answers with a number that is neither equal nor unequal as one expects.
def entry_point(*args, **named):
    return float("nan")
