class BinarySearchTree:
    """A binary search tree: smaller values lie in the left subtree, larger ones in the right one.

    insert(value) adds a value, and does nothing if it is there already. contains(value) tells whether
    it is there. in_order(), pre_order() and post_order() return the values as a list, in the order in
    which that traversal visits them.
    """

    class Node:
        """A value with its two subtrees."""

        def __init__(self, value):
            self.value = value
            self.left = None
            self.right = None

    def __init__(self):
        self.root = None

    def insert(self, value):
        """Add a value unless it is there."""
        self.root = self._inserted(self.root, value)

    def _inserted(self, node, value):
        if node is None:
            return self.Node(value)
        if value < node.value:
            node.left = self._inserted(node.left, value)
        elif value > node.value:
            node.right = self._inserted(node.right, value)
        return node

    def contains(self, value):
        """Tell whether a value is there."""
        node = self.root
        while node is not None and node.value != value:
            node = node.left if value < node.value else node.right
        return node is not None

    def in_order(self):
        """Return the values: left, node, right."""
        return self._walk(self.root, lambda left, value, right: left + value + right)

    def pre_order(self):
        """Return the values: node, left, right."""
        return self._walk(self.root, lambda left, value, right: value + left + right)

    def post_order(self):
        """Return the values: left, right, node."""
        return self._walk(self.root, lambda left, value, right: left + right + value)

    def _walk(self, node, join):
        if node is None:
            return []
        return join(self._walk(node.left, join), [node.value], self._walk(node.right, join))
