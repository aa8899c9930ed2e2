"""Reads a candidate's text as data and says what its syntax tree looks like.

It runs in a box, because CPython's parser is C and the text is hostile. The text is parsed and never
compiled to code, imported or executed. In: JSON with `prompt`, `code` and `structure` on standard
input. Out: one line of JSON. What cannot be parsed is `{"parses": false}`.

Written for any Python from 3.8 on; nothing here depends on the candidate beyond its text.
"""

import ast
import codeop
import json
import re
import sys

# Of an answer that was cut off, so many lines may belong to its last, incomplete statement.
MOST_LINES_TRIMMED = 100
LONGEST_FUNCTION = 50

INCOMPLETE = getattr(codeop, "PyCF_ALLOW_INCOMPLETE_INPUT", 0)
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = FUNCTIONS + (ast.ClassDef,)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


# --- the text becomes a tree ---


def parse(text):
    """The tree of the text without its last statement if that is incomplete; None if there is none."""
    is_cut = not text.endswith("\n")
    for _ in range(MOST_LINES_TRIMMED):
        try:
            return compile(text, "answer", "exec", ast.PyCF_ONLY_AST | INCOMPLETE)
        except SyntaxError as error:
            if not (is_cut or "incomplete input" in str(error)):
                return None
        is_cut = False
        kept = text.rstrip("\n").rpartition("\n")[0]
        if not kept.strip():
            return None
        text = kept + "\n"
    return None


def statements(tree):
    return sum(isinstance(node, ast.stmt) for node in ast.walk(tree))


# --- what the tree is made of ---


def all_of(tree, *kinds):
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def last_name(node):
    """`b` of `a.b` and of `b`; what is called otherwise has no name."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def called(tree):
    return [last_name(call) for call in all_of(tree, ast.Call)]


def named(tree, name, *kinds):
    return [node for node in all_of(tree, *(kinds or DEFINITIONS)) if node.name == name]


def imported(tree):
    """Pairs of a module's name and the name it is bound to."""
    pairs = []
    for node in all_of(tree, ast.Import, ast.ImportFrom):
        of = getattr(node, "module", None)
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            pairs.append((of or alias.name, bound))
    return pairs


def does_something(function):
    """Whether there is more in it than a docstring, `pass` and `...`."""
    is_idle = lambda node: isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )
    return any(not is_idle(node) for node in function.body)


def never_falls_off(block):
    """Whether every path through these statements ends in `return` or `raise`."""
    last = block[-1] if block else None
    if isinstance(last, (ast.Return, ast.Raise)):
        return True
    if isinstance(last, ast.If):
        return never_falls_off(last.body) and never_falls_off(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return never_falls_off(last.body)
    if isinstance(last, ast.While):
        is_endless = isinstance(last.test, ast.Constant) and bool(last.test.value)
        return is_endless and not all_of(last, ast.Break)
    if isinstance(last, ast.Try):
        tried = never_falls_off(last.body) or never_falls_off(last.orelse)
        handled = all(never_falls_off(handler.body) for handler in last.handlers)
        return never_falls_off(last.finalbody) or (tried and handled)
    return False


# --- assertions on the structure ---


def recursive(tree):
    return [f for f in all_of(tree, *FUNCTIONS) if f.name in called(f)]


def has_base_case(function):
    """A way out that comes before the first call of itself."""
    calls_itself = lambda node: function.name in called(node)
    first = min(c.lineno for c in all_of(function, ast.Call) if last_name(c) == function.name)
    for node in all_of(function, ast.If):
        ways = [n for branch in (node.body, node.orelse) for n in branch]
        outs = [n for n in ways if isinstance(n, (ast.Return, ast.Raise)) and not calls_itself(n)]
        if node.lineno <= first and outs:
            return True
    chosen = [n for n in all_of(function, ast.IfExp) if calls_itself(n)]
    return any(not (calls_itself(n.body) and calls_itself(n.orelse)) for n in chosen)


def is_halved(node):
    by = getattr(node, "right", None) or getattr(node, "value", None)
    amount = by.value if isinstance(by, ast.Constant) else None
    halves = isinstance(node.op, ast.FloorDiv) and amount == 2
    return halves or (isinstance(node.op, ast.RShift) and amount == 1)


def remembers(tree):
    """A cache as a decorator, or results that are stored under an index or key."""
    decorated = [last_name(d) for f in all_of(tree, *FUNCTIONS) for d in f.decorator_list]
    stored = [n for n in all_of(tree, ast.Subscript) if isinstance(n.ctx, ast.Store)]
    return bool(stored) or bool({"cache", "lru_cache"} & set(decorated))


def binds_values(tree):
    """Statements of a database are constant texts, and values are handed over beside them."""
    runs = [c for c in all_of(tree, ast.Call) if last_name(c) in ("execute", "executemany")]
    built = [c for c in runs if c.args and not isinstance(c.args[0], (ast.Constant, ast.Name))]
    return not built and any(len(c.args) > 1 for c in runs)


def has_method(tree, path):
    owner, _, method = path.partition(".")
    return any(named(c, method, *FUNCTIONS) for c in named(tree, owner, ast.ClassDef))


def stores(tree, attribute):
    nodes = all_of(tree, ast.Attribute)
    return any(n.attr == attribute and isinstance(n.ctx, ast.Store) for n in nodes)


def enters(tree, name):
    items = [item for node in all_of(tree, ast.With, ast.AsyncWith) for item in node.items]
    return any(name in ("", last_name(item.context_expr)) for item in items)


def avoids(tree, name):
    working = [f for f in all_of(tree, *FUNCTIONS) if does_something(f)]
    return bool(working) and name not in called(tree)


FACTS = {
    "loop": lambda tree, _: bool(all_of(tree, *LOOPS)),
    "recursion": lambda tree, _: bool(recursive(tree)),
    "base_case": lambda tree, _: any(has_base_case(f) for f in recursive(tree)),
    "comprehension": lambda tree, _: bool(all_of(tree, *COMPREHENSIONS)),
    "list_comprehension": lambda tree, _: bool(all_of(tree, ast.ListComp)),
    "filter": lambda tree, _: any(c.ifs for c in all_of(tree, ast.comprehension)),
    "branch": lambda tree, _: bool(all_of(tree, ast.If, ast.IfExp, ast.BoolOp)),
    "handles": lambda tree, _: bool(all_of(tree, ast.ExceptHandler)),
    "raises": lambda tree, name: any(
        name in ("", last_name(node.exc)) for node in all_of(tree, ast.Raise) if node.exc
    ),
    "halves": lambda tree, _: any(map(is_halved, all_of(tree, ast.BinOp, ast.AugAssign))),
    "remembers": lambda tree, _: remembers(tree),
    "binds_values": lambda tree, _: binds_values(tree),
    "with": enters,
    "returns": lambda tree, name: any(
        never_falls_off(f.body) for f in named(tree, name, *FUNCTIONS)
    ),
    "defines": lambda tree, name: bool(named(tree, name)),
    "method": has_method,
    "calls": lambda tree, name: name in called(tree),
    "avoids": avoids,
    "passes": lambda tree, name: any(
        k.arg == name for c in all_of(tree, ast.Call) for k in c.keywords
    ),
    "imports": lambda tree, name: any(module == name for module, _ in imported(tree)),
    "stores": stores,
}


def holds(tree, assertion):
    """`loop or recursion`, `method:Stack.push`: one of the alternatives is true of the tree."""
    facts = (alternative.strip().partition(":") for alternative in assertion.split(" or "))
    return any(FACTS[fact](tree, argument) for fact, _, argument in facts)


# --- practices: true, false, or None where they do not apply ---


def every(items):
    return all(items) if items else None


def own(tree, prompt):
    """Definitions that are the answer's, not the prompt's."""
    given = {node.name for node in all_of(prompt, *DEFINITIONS)}
    return [node for node in all_of(tree, *DEFINITIONS) if node.name not in given]


def is_public(node):
    return not node.name.startswith("_")


def parameters(function):
    a = function.args
    rest = [one for one in (a.vararg, a.kwarg) if one]
    return getattr(a, "posonlyargs", []) + a.args + a.kwonlyargs + rest


def is_annotated(function):
    free = ("self", "cls")
    typed = all(p.annotation or p.arg in free for p in parameters(function))
    return typed and (function.returns is not None or function.name == "__init__")


def names_are_usual(tree):
    functions = all_of(tree, *FUNCTIONS)
    lower = [f.name for f in functions] + [p.arg for f in functions for p in parameters(f)]
    variables = [n.id for n in all_of(tree, ast.Name) if isinstance(n.ctx, ast.Store)]
    classes = [c.name for c in all_of(tree, ast.ClassDef)]
    return every(
        [re.fullmatch(r"[a-z0-9_]+", name) is not None for name in lower]
        + [re.fullmatch(r"[a-z0-9_]+|[A-Z0-9_]+", name) is not None for name in variables]
        + [re.fullmatch(r"_*[A-Z][A-Za-z0-9]*", name) is not None for name in classes]
    )


def files_are_closed(tree):
    opened = [c for c in all_of(tree, ast.Call) if isinstance(c.func, ast.Name) and c.func.id == "open"]
    items = [i for node in all_of(tree, ast.With, ast.AsyncWith) for i in node.items]
    held = {id(call) for item in items for call in all_of(item.context_expr, ast.Call)}
    return every([id(call) in held for call in opened])


def imports_are_used(tree):
    used = {node.id for node in all_of(tree, ast.Name)}
    free = ("__future__",)
    bound = [name for module, name in imported(tree) if module not in free and name != "*"]
    return every([name in used for name in bound])


def practices(tree, prompt):
    mine = own(tree, prompt)
    functions = all_of(tree, *FUNCTIONS)
    handlers = all_of(tree, ast.ExceptHandler)
    lengths = [f.end_lineno - f.lineno + 1 for f in functions]
    return {
        "docstring": every([ast.get_docstring(d) is not None for d in mine if is_public(d)]),
        "context_manager": files_are_closed(tree),
        "no_bare_except": every([handler.type is not None for handler in handlers]),
        "usual_names": names_are_usual(tree),
        "annotations": every([is_annotated(f) for f in mine if isinstance(f, FUNCTIONS)]),
        "short_functions": every([length <= LONGEST_FUNCTION for length in lengths]),
        "imports_used": imports_are_used(tree),
    }


def inspect(prompt, code, structure):
    try:
        tree, given = parse(code), parse(prompt) or ast.Module([], [])
        if tree is None or statements(tree) <= statements(given):
            return {"parses": False}
        return {
            "parses": True,
            "structure": [holds(tree, assertion) for assertion in structure],
            "practices": practices(tree, given),
        }
    except UNREADABLE:
        return {"parses": False}


if __name__ == "__main__":
    asked = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    print(json.dumps(inspect(asked["prompt"], asked["code"], asked["structure"])))
