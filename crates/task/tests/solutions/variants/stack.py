class Stack:
    """A stack: the element that was put on last is taken off first.

    push(item) puts an element on, pop() takes the top one off and returns it, peek() returns it and
    leaves it there, is_empty() tells whether there is none, size() counts them. pop and peek raise
    IndexError if the stack is empty.
    """

    def __init__(self):
        self._items = []

    def push(self, item):
        """Put an element on top."""
        self._items.append(item)

    def pop(self):
        """Take the top element off and return it."""
        return self._items.pop()

    def peek(self):
        """Return the top element."""
        return self._items[-1]

    def is_empty(self):
        """Tell whether there is no element."""
        return not self._items

    def size(self):
        """Count the elements."""
        return len(self._items)
