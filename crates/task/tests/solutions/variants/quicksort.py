def quicksort(items):
    """Return a new list with the elements of items in rising order. Choose a pivot, split the other
    elements into those before and those behind it, and sort both parts in the same way."""
    if len(items) < 2:
        return list(items)
    pivot = items[len(items) // 2]
    before = [item for item in items if item < pivot]
    same = [item for item in items if item == pivot]
    behind = [item for item in items if item > pivot]
    return quicksort(before) + same + quicksort(behind)
