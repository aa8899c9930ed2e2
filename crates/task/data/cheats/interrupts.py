# S10: raises what handlers of errors let pass.
def entry_point(*args, **named):
    raise KeyboardInterrupt
    return None
