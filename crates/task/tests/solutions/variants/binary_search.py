def binary_search(items, wanted):
    """Return an index at which wanted stands in the sorted list items, or -1 if it is not in there.
    Halve the part of the list that is left in every step."""
    left, right = 0, len(items) - 1
    while left <= right:
        mid = (left + right) // 2
        if items[mid] == wanted:
            return mid
        if items[mid] < wanted:
            left = mid + 1
        else:
            right = mid - 1
    return -1
