"""The checker's end of the line: requests, answers, and what must never be taken from an answer.

Values that arrive are plain, or handles that can be called and looked into but never compared. What the
solver does wrong is remembered in the link, so that no `except` of a test can forgive it.
"""

import builtins

import whet_wire as wire


class Fatal(BaseException):
    """Nothing more can be asked of the solver; the word says why."""

    def __init__(self, word, why):
        self.word = word
        self.why = why


class Stain(BaseException):
    """The test cannot be passed any more."""


class Handle:
    """A value of the solver that is no plain one: a number, or a name that only the answer defines."""

    __slots__ = ("_link", "_number")

    def __init__(self, link, number):
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args, **named):
        return self._link.ask("call", self, args, named)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.ask("get", self, (name,), {})

    def __setattr__(self, name, value):
        self._link.ask("set", self, (name, value), {})

    def __iter__(self):
        return self._link.ask("iter", self, (), {})

    def __next__(self):
        return self._link.ask("next", self, (), {})

    def __len__(self):
        return self._link.ask("len", self, (), {})

    def __getitem__(self, key):
        return self._link.ask("item", self, (key,), {})

    def __repr__(self):
        # The same in every run: it stands in evidence, and evidence in prompts.
        return self._number if type(self._number) is str else "an object of the answer's own"

    def __bool__(self):
        self._link.stain("not_plain", "the answer is no plain value")

    def __eq__(self, other):
        return self is other or self.__bool__()

    def __ne__(self, other):
        return self is not other and self.__bool__()

    __hash__ = object.__hash__


class Link:
    """The checker's end of the line."""

    def __init__(self, entry_point):
        self.entry_point = entry_point
        self.support = set()
        self.sequence = 0
        self.handles = {}
        self.functions = {}
        self.names = set()
        self.n_calls = 0
        self.n_rebuilt = 0
        self.stained = None
        self.dead = None
        self.born = {}
        self.last = ""

    def end(self, word, why):
        """Nothing more can be asked; remembered, because a test may catch everything."""
        self.dead = self.dead or Fatal(word, why)
        raise self.dead from None

    def greet(self):
        """Waits until the solver has executed its program."""
        hello = self.hear()
        if hello[1] == "ready" and len(hello) == 3:
            return
        if hello[1] not in ("malformed", "raised") or len(hello) != 7 or type(hello[3]) is not str:
            self.end("protocol_error", "the solver did not greet")
        line = hello[5]
        where = f" (line {line})" if type(line) is int and 0 < line < 1_000_000 else ""
        self.end("malformed" if hello[1] == "malformed" else "exception", f"{hello[3][:2000]}{where}")

    def hear(self):
        """The next message, which is a tuple that begins with the number of the request."""
        try:
            message = wire.decode(wire.receive(), self.foreign())
        except wire.Closed:
            self.end("gone", "the solver ended")
        except (wire.Malformed, MemoryError) as error:
            self.end("protocol_error", str(error))
        if type(message) is not tuple or len(message) < 3 or type(message[0]) is not int or message[0] != self.sequence:
            self.end("protocol_error", "a message that answers nothing")
        if type(message[1]) is not str or type(message[-1]) is not int:
            self.end("protocol_error", "a message of no known form")
        return message

    def ask(self, operation, target, args, named):
        """One request and its answer."""
        if self.dead:
            raise self.dead
        if self.stained:
            raise Stain
        self.sequence += 1
        self.n_calls += 1
        if operation == "call":
            name = target._number if type(target._number) is str else "it"
            self.last = f"{name}({shown(args, named)})"
        # Nothing of an answer is in the first request: what is too large there is the tests' own.
        large = "unsplittable" if self.n_calls == 1 else "too_large"
        self.tell((self.sequence, operation, target, args, named), "unsplittable", large)
        while True:
            message = self.hear()
            if message[1] != "callback" or len(message) != 6:
                value = self.accept(operation, message, (args, named))
                return self.allowed(operation, target, value)
            self.serve(*message[2:5])

    def tell(self, value, foreign, large):
        """Sends it; the two words say who is to blame for what cannot be sent. An answer must not be able to
        choose `unsplittable`: what is judged in one process can forge its verdict."""
        try:
            data, _ = wire.encode(value, self.give)
        except wire.CannotCross as error:
            self.end(foreign, str(error))
        except wire.TooLarge as error:
            self.end(large, f"an argument is too large: {error}")
        try:
            wire.send(data)
        except wire.Closed:
            self.end("gone", "the solver ended")

    def accept(self, operation, message, given):
        if message[1] == "value" and len(message) == 5:
            _, _, value, changed, n_rebuilt = message
            self.n_rebuilt += min(max(n_rebuilt, 0), wire.MEMBERS)
            if changed is not None:
                if type(changed) is not tuple or len(changed) != 2:
                    self.end("protocol_error", "a change that is none")
                settle(given, changed)
            if operation == "call":
                self.last += f" answered {short(value)}"
            return value
        if message[1] == "raised" and len(message) == 7:
            self.throw(operation, *message[2:6])
        if message[1] == "too_large":
            self.stain("too_large", "the answer is too large or nested too deep")
        self.end("protocol_error", "an answer of no known form")

    def allowed(self, operation, target, value):
        """Of the other names of the answer only classes are of use: what a function of the candidate's says
        must not decide a test."""
        is_named = type(target._number) is str and target._number not in self.support
        is_helper = is_named and target._number != self.entry_point
        if is_helper and (operation != "call" or type(value) is not Handle):
            self.stain("not_plain", f"the test needs `{target._number}`, which is not the function under test")
        return value

    def throw(self, operation, names, title, message, line):
        """Raises what the candidate raised, as the nearest exception that Python itself has."""
        if type(names) is not tuple or type(title) is not str or type(message) is not str:
            self.end("protocol_error", "an exception that is none")
        if operation == "next" and names[:1] == ("StopIteration",):
            raise StopIteration
        where = f" (line {line})" if type(line) is int and 0 < line < 1_000_000 else ""
        self.last += f" raised {title[:500]}{where}"
        error = exception(names, message)
        if error is None:
            self.stain("exception", f"{self.last}")
        self.born[id(error)] = error
        raise error

    def stain(self, word, why):
        self.stained = self.stained or (word, f"{why}: {self.last}" if self.last and self.last not in why else why)
        raise Stain

    def serve(self, number, args, named):
        """Calls a function of the tests for the solver."""
        function = self.functions.get(number) if type(number) is int else None
        if function is None or type(args) is not tuple or type(named) is not dict:
            self.end("protocol_error", "a call back of nothing")
        try:
            answer = ("value", function(*args, **named))
        except Exception as error:
            answer = ("raised", (type(error).__name__, str(error)))
        # The solver chose the arguments of this call, so nothing here is the tests' own doing.
        self.tell(answer, "not_plain", "too_large")

    def give(self, value):
        """The form of an argument that is no plain value."""
        if type(value) is Handle:
            return b"n" if type(value._number) is str else b"h", value._number
        if callable(value) and getattr(builtins, getattr(value, "__name__", ""), None) is value:
            self.names.add(value.__name__)
            return b"g", value.__name__
        if callable(value):
            self.functions[id(value)] = value
            return b"k", id(value)
        raise wire.CannotCross(f"a value of type {type(value).__name__} cannot be sent to the solver")

    def foreign(self):
        return {b"h": self.handle, b"g": self.builtin, b"k": self.function}

    def handle(self, number):
        number = int(number)
        if number not in self.handles:
            self.handles[number] = Handle(self, number)
        return self.handles[number]

    def builtin(self, name):
        if name not in self.names:
            raise wire.Malformed("a name that was never given")
        return getattr(builtins, name)

    def function(self, number):
        if int(number) not in self.functions:
            raise wire.Malformed("a function that was never given")
        return self.functions[int(number)]


def exception(names, message):
    """An exception of the first of these classes that Python has; `None` if it must not be caught."""
    for name in names[:20]:
        kind = getattr(builtins, name, None) if type(name) is str else None
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            continue
        # Inside an iteration of the test these would end it quietly, and `all` of nothing is true.
        if issubclass(kind, (StopIteration, StopAsyncIteration)):
            return RuntimeError(message)
        if not issubclass(kind, Exception):
            return None
        try:
            return kind(message)
        except TypeError:
            continue
    return None


def settle(old, new):
    """Makes an argument what the call has made of it, in place where it can be; gives what stands there."""
    if type(old) is not type(new):
        return new
    if type(old) in (list, tuple) and len(old) == len(new):
        parts = [settle(*pair) for pair in zip(old, new)]
        if type(old) is list:
            old[:] = parts
        return old
    if type(old) is list or type(old) is bytearray:
        old[:] = new
        return old
    if type(old) is dict:
        parts = {key: settle(old[key], part) if key in old else part for key, part in new.items()}
        old.clear()
        old.update(parts)
        return old
    if type(old) is set:
        old.clear()
        old.update(new)
        return old
    return new


def short(value):
    """A value as a reader sees it, cut."""
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > 50:
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 4000:
        return "a huge int"
    try:
        text = repr(value[:300] if isinstance(value, (str, bytes)) else value)
    except Exception:
        return f"a {type(value).__name__}"
    return text if len(text) <= 200 else text[:200] + "..."


def shown(args, named):
    """Arguments as a reader sees them."""
    parts = [short(arg) for arg in args[:6]] + [f"{name}={short(arg)}" for name, arg in list(named.items())[:6]]
    return ", ".join(parts)
