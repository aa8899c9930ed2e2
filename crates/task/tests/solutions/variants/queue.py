from collections import deque


class Queue:
    """A queue: the element that came first leaves first.

    enqueue(item) adds an element at the end, dequeue() takes the first one out and returns it,
    is_empty() tells whether there is none, size() counts them. dequeue raises IndexError if the queue
    is empty.
    """

    def __init__(self):
        self._items = deque()

    def enqueue(self, item):
        """Add an element at the end."""
        self._items.append(item)

    def dequeue(self):
        """Take the first element out and return it."""
        return self._items.popleft()

    def is_empty(self):
        """Tell whether there is no element."""
        return not self._items

    def size(self):
        """Count the elements."""
        return len(self._items)
