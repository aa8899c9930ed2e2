def edit_distance(first, second):
    """Return the smallest number of single-character insertions, deletions and replacements that
    turn the string first into the string second. Use dynamic programming, so that strings of a
    hundred characters are no problem."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first) + 1):
        for j in range(len(second) + 1):
            if i == 0 or j == 0:
                table[i][j] = i + j
                continue
            replaced = table[i - 1][j - 1] + (first[i - 1] != second[j - 1])
            table[i][j] = min(replaced, table[i - 1][j] + 1, table[i][j - 1] + 1)
    return table[-1][-1]
