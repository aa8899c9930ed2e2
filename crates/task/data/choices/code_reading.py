"""Writes code-reading.jsonl: what do these programs print?

Each program is run here, and its output is the right choice; the wrong ones are the outputs that a reader who
misses one detail would expect. Choices are put into an order by the number of the question, so that each place is
right equally often. Made with Python 3.11; run in this folder:

    python code_reading.py
"""

import contextlib
import io
import json

# Program, three wrong answers.
QUESTIONS = [
    ("slice-end", "xs = [4, 8, 15, 16, 23]\nprint(sum(xs[1:4]))", ["62", "27", "43"]),
    ("negative-index", "word = 'lantern'\nprint(word[-3] + word[1])", ["ta", "rl", "el"]),
    ("floor-division", "print(-7 // 2)", ["-3", "-3.5", "3"]),
    ("remainder-sign", "print(-7 % 3)", ["-1", "1", "-2"]),
    ("range-step", "print(list(range(10, 3, -3)))", ["[10, 7, 4, 1]", "[10, 7]", "[10, 8, 5]"]),
    ("default-list", "def add(x, seen=[]):\n    seen.append(x)\n    return len(seen)\n\nadd(1)\nadd(2)\nprint(add(3))",
     ["1", "2", "6"]),
    ("alias", "a = [1, 2]\nb = a\nb.append(3)\nprint(len(a))", ["2", "1", "5"]),
    ("copy", "a = [1, 2]\nb = a[:]\nb.append(3)\nprint(len(a))", ["3", "1", "5"]),
    ("closure-late", "fs = [lambda: i for i in range(3)]\nprint([f() for f in fs])",
     ["[0, 1, 2]", "[1, 1, 1]", "[3, 3, 3]"]),
    ("while-else", "n = 3\nwhile n > 0:\n    n -= 2\nelse:\n    n += 10\nprint(n)", ["-1", "10", "11"]),
    ("recursion", "def f(n):\n    return 1 if n < 2 else n * f(n - 2)\n\nprint(f(7))", ["5040", "28", "35"]),
    ("fibonacci", "a, b = 0, 1\nfor _ in range(6):\n    a, b = b, a + b\nprint(a)", ["5", "13", "6"]),
    ("gcd", "a, b = 48, 36\nwhile b:\n    a, b = b, a % b\nprint(a)", ["6", "0", "36"]),
    ("string-multiply", "print('ab' * 2 + 'c')", ["abcabc", "aabbc", "ab2c"]),
    ("join-digits", "print(int('4' + '2') + 1)", ["421", "7", "61"]),
    ("dict-overwrite", "d = {}\nfor i, c in enumerate('abca'):\n    d[c] = i\nprint(d['a'])", ["0", "1", "4"]),
    ("dict-get", "d = {'x': 1}\nprint(d.get('y', 5) + d.get('x', 5))", ["10", "2", "1"]),
    ("set-size", "print(len({1, 1.0, True, '1'}))", ["4", "1", "3"]),
    ("sorted-key", "ws = ['pear', 'fig', 'banana', 'kiwi']\nprint(sorted(ws, key=len)[1])", ["kiwi", "fig", "banana"]),
    ("sort-strings", "print(sorted(['10', '9', '2'])[0])", ["2", "9", "1"]),
    ("reverse-words", "print(' '.join('one two three'.split()[::-1]))",
     ["eerht owt eno", "one two three", "three one two"]),
    ("bool-sum", "print(sum(x > 2 for x in [1, 2, 3, 4, 5]))", ["12", "2", "True"]),
    ("short-circuit", "print(0 or 'a' and 'b')", ["a", "0", "True"]),
    ("chained", "x = 5\nprint(1 < x < 4)", ["True", "1", "5"]),
    ("try-finally", "def f():\n    try:\n        return 1\n    finally:\n        print('done', end=' ')\n\nprint(f())",
     ["1 done", "1", "done"]),
    ("continue", "t = 0\nfor i in range(6):\n    if i % 2:\n        continue\n    t += i\nprint(t)", ["9", "15", "12"]),
    ("nested-break", "n = 0\nfor i in range(3):\n    for j in range(3):\n        if j == 1:\n            break\n        n += 1\nprint(n)",
     ["1", "6", "9"]),
    ("zip-short", "print(len(list(zip('abcd', range(3)))))", ["4", "7", "12"]),
    ("class-attribute", "class C:\n    n = 0\n    def __init__(self):\n        C.n += 1\n\nC()\nC()\nprint(C().n)", ["0", "1", "2"]),
    ("override", "class A:\n    def who(self):\n        return 'A'\n    def ask(self):\n        return self.who()\n\nclass B(A):\n    def who(self):\n        return 'B'\n\nprint(A.ask(B()))",
     ["A", "AB", "BA"]),
    ("generator-once", "g = (x for x in range(4))\nsum(g)\nprint(sum(g))", ["6", "12", "4"]),
    ("unpack-star", "first, *rest, last = [1, 2, 3, 4, 5]\nprint(len(rest))", ["2", "4", "5"]),
    ("bit-and", "print(12 & 10)", ["22", "2", "14"]),
    ("xor-all", "t = 0\nfor x in [5, 3, 5]:\n    t ^= x\nprint(t)", ["13", "0", "5"]),
    ("shift", "print(1 << 3 | 1)", ["7", "4", "16"]),
    ("find-missing", "print('haystack'.find('z'))", ["0", "None", "8"]),
    ("count-overlap", "print('aaaa'.count('aa'))", ["3", "4", "1"]),
    ("binary-search", "xs = [1, 3, 5, 7, 9, 11]\nlo, hi, n = 0, len(xs), 0\nwhile lo < hi:\n    mid = (lo + hi) // 2\n    n += 1\n    if xs[mid] < 9:\n        lo = mid + 1\n    else:\n        hi = mid\nprint(lo, n)",
     ["4 2", "5 3", "3 3"]),
    ("matrix-alias", "rows = [[0] * 2] * 2\nrows[0][0] = 1\nprint(rows)",
     ["[[1, 0], [0, 0]]", "[[1, 1], [0, 0]]", "[[1, 1], [1, 1]]"]),
    ("stack", "s = []\nfor c in '([)]':\n    if c in '([':\n        s.append(c)\n    elif s:\n        s.pop()\nprint(len(s))", ["2", "1", "4"]),
]


def printed(program):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {"__name__": "__main__"})
    return out.getvalue().strip()


def main():
    with open("code-reading.jsonl", "w", encoding="utf-8") as file:
        for number, (name, program, wrong) in enumerate(QUESTIONS):
            right = printed(program)
            assert "\n" not in right and right and right not in wrong and len(set(wrong)) == 3, name
            place = (number * 7 + number // 4) % 4
            choices = wrong[:place] + [right] + wrong[place:]
            context = f"# What does this program print?\n{program}\n# It prints:"
            row = {"id": name, "context": context, "choices": choices, "answer": place}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


main()
