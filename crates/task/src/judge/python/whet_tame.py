"""Which tests cannot leave anything behind in the interpreter that runs them.

A checker that stays runs the tests of one problem after another in one process. It may do so only with texts
that are made of the words below. Whatever such a text makes is reached through its own names, which are dropped
with it; what it did not make it can call and read, and nothing that it can say changes that. A text with any
other word is not worse, it is run in a process of its own.

The rule is about names, not about what they mean at a place: an attribute is allowed if it is harmless on
everything that can be reached by these words. Nothing is executed here.
"""

import ast
import builtins
import importlib
import sys
import types

# Of each module, what may be used. None of it changes anything but its own arguments, `random` aside, whose
# state is set anew for each problem.
MODULES = {
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "collections": "Counter OrderedDict defaultdict deque",
    "copy": "copy deepcopy",
    "functools": "cmp_to_key partial reduce",
    "hashlib": "md5 sha1 sha256",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "itertools": "accumulate chain combinations combinations_with_replacement count cycle dropwhile groupby islice"
    " pairwise permutations product repeat starmap takewhile tee zip_longest",
    "json": "dumps loads",
    "math": "acos asin atan atan2 ceil comb cos degrees dist e exp fabs factorial floor fmod fsum gcd hypot inf"
    " isclose isfinite isinf isnan isqrt lcm log log10 log2 nan perm pi pow prod radians sin sqrt tan trunc",
    "random": "Random choice choices randint random randrange sample seed shuffle uniform",
    "re": "I IGNORECASE M MULTILINE escape findall finditer fullmatch match search split sub",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits printable punctuation"
    " whitespace",
    "typing": "Any Callable Counter DefaultDict Deque Dict FrozenSet Generator Hashable Iterable Iterator List"
    " Mapping Optional Sequence Set Tuple Union",
}
MODULES = {name: frozenset(words.split()) for name, words in MODULES.items()}

# What can be asked of plain values and of what the words above make.
VALUES = (str, bytes, int, float, complex, list, tuple, dict, set, frozenset, range, slice)
METHODS = frozenset(name for kind in VALUES for name in dir(kind) if not name.startswith("_"))
FURTHER = frozenset("appendleft args elements end extendleft group groups hexdigest most_common popleft rotate span start".split())
ATTRIBUTES = METHODS | FURTHER | frozenset().union(*MODULES.values())

# What Python itself offers and what could reach anything.
DENIED = frozenset(
    "breakpoint classmethod compile copyright credits delattr dir eval exec exit getattr globals help input license"
    " locals memoryview object open property quit setattr staticmethod super type vars".split()
)
OFFERED = frozenset(name for name in dir(builtins) if not name.startswith("_")) - DENIED

STATEMENTS = (
    ast.FunctionDef, ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If, ast.Raise,
    ast.Try, ast.Assert, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Expr, ast.Pass, ast.Break,
    ast.Continue,
)  # fmt: skip
EXPRESSIONS = (
    ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Yield, ast.YieldFrom, ast.Compare, ast.Call, ast.FormattedValue,
    ast.JoinedStr, ast.Constant, ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List, ast.Tuple, ast.Slice,
)  # fmt: skip
PARTS = (ast.Module, ast.comprehension, ast.ExceptHandler, ast.arguments, ast.arg, ast.keyword, ast.alias)
MARKS = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)
KNOWN = frozenset(STATEMENTS + EXPRESSIONS + PARTS + tuple(mark for kind in MARKS for mark in kind.__subclasses__()))
BUILTINS = frozenset(dir(builtins))


def holds(module, word):
    """Whether this word leads from a module to something that a text could change, or to another module."""
    return isinstance(getattr(module, word, None), (types.ModuleType, dict, list, set, bytearray))


def attributes():
    """The attributes that are harmless on the modules as this interpreter has them."""
    modules = [importlib.import_module(name) for name in MODULES]
    return frozenset(word for word in ATTRIBUTES if not any(holds(module, word) for module in modules))


def of_task(task, allowed):
    """Whether everything that a checker executes for this task leaves nothing behind."""
    if task["kind"] not in ("check", "asserts") or task["support"]:
        return False
    try:
        # As `whet_checker.prelude` tries them.
        stub = parsed(task["stub"]) or parsed(task["stub"] + "\n    pass\n")
        trees = [stub, parsed(task["setup"]), parsed(task["tests"])]
    except (ValueError, RecursionError, MemoryError):
        return False
    return all(tree is None or of_tree(tree, allowed) for tree in trees)


def parsed(text):
    """The syntax tree; nothing where Python finds none, for then nothing is executed either."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def of_tree(tree, allowed):
    """Whether all words of this text are known."""
    left = [tree]
    compared = set()
    while left:
        node = left.pop()
        kind = type(node)
        if kind is ast.Compare:
            compared |= types_compared(node)
        if kind is ast.Name and id(node) in compared:
            continue
        if kind is ast.Constant or not isinstance(node, ast.AST):
            continue
        check = CHECKS.get(kind)
        if check is None and kind not in KNOWN or check is not None and not check(node, allowed):
            return False
        for part in node.__dict__.values():
            if type(part) is list:
                left.extend(part)
            else:
                left.append(part)
    return True


def types_compared(node):
    """The names `type` in `type(x) is int`: with three arguments, or anywhere else, it could make classes."""
    return {
        id(side.func)
        for side in (node.left, *node.comparators)
        if type(side) is ast.Call and type(side.func) is ast.Name and side.func.id == "type"
        and len(side.args) == 1 and not side.keywords and type(side.args[0]) is not ast.Starred
    }  # fmt: skip


def own(name):
    """A name that the text may give to what it makes."""
    return name is None or not name.startswith("__")


def of_name(node, _allowed):
    name = node.id
    if name in BUILTINS:
        return name in OFFERED
    # The checker imports a module of Python's whose name is merely mentioned.
    return own(name) and (name in MODULES or name not in sys.stdlib_module_names)


def of_attribute(node, allowed):
    return type(node.ctx) is ast.Load and node.attr in allowed


def of_import(node, _allowed):
    return all(part.name in MODULES for part in node.names)


def of_import_from(node, allowed):
    words = MODULES.get(node.module, ()) if node.level == 0 else ()
    return all(part.name in words and part.name in allowed for part in node.names)


CHECKS = {
    ast.Name: of_name,
    ast.Attribute: of_attribute,
    ast.Import: of_import,
    ast.ImportFrom: of_import_from,
    ast.FunctionDef: lambda node, _: own(node.name),
    ast.alias: lambda node, _: own(node.asname),
    ast.arg: lambda node, _: own(node.arg),
    ast.ExceptHandler: lambda node, _: own(node.name),
    ast.Global: lambda node, _: all(map(own, node.names)),
}
