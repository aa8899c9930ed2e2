def merge_sort(items):
    """Return a new list with the elements of items in rising order. Split the list into two halves,
    sort each of them in the same way, and merge the sorted halves."""

    def merge(left, right):
        """Return the elements of two sorted lists as one sorted list."""
        merged = []
        i = j = 0
        while i < len(left) and j < len(right):
            if right[j] < left[i]:
                merged.append(right[j])
                j += 1
            else:
                merged.append(left[i])
                i += 1
        return merged + left[i:] + right[j:]

    if len(items) < 2:
        return list(items)
    mid = len(items) // 2
    return merge(merge_sort(items[:mid]), merge_sort(items[mid:]))
