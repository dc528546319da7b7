"""What the map is made of: places, and what lies there."""

from mxbuild.model.base import Struct


class Place(Struct, frozen=True):
    """Where something is defined."""

    file: str
    """From the tree's top."""
    line: int
    """Counted from 1."""

    @property
    def text(self) -> str:
        """`python/mxnet/io.py:180`, as editors take it."""
        return f"{self.file}:{self.line}"


class Call(Struct, frozen=True):
    """A function of the library that is called through ctypes: `_LIB.X`."""

    name: str
    line: int


class Function(Struct, frozen=True):
    """A function or method in Python."""

    name: str
    place: Place
    doc: str = ""
    """The first sentence of its docstring."""
    calls: tuple[Call, ...] = ()
    """Its own, and those of functions inside it; of each C function the first."""
    operators: tuple[str, ...] = ()
    """Operators of the library that it names as `_internal.X`."""
    structs: tuple[str, ...] = ()
    """Structures of ctypes that it defines or fills."""


class Class(Struct, frozen=True):
    """A class in Python, its own methods with it."""

    name: str
    place: Place
    bases: tuple[str, ...] = ()
    """As they are written, the last word of each."""
    doc: str = ""
    methods: tuple[Function, ...] = ()


class Structure(Struct, frozen=True):
    """A structure as ctypes or C has it."""

    name: str
    place: Place
    fields: tuple[str, ...]


class Module(Struct, frozen=True):
    """A Python file."""

    name: str
    """mxnet.io."""
    file: str
    lines: int
    doc: str = ""
    classes: tuple[Class, ...] = ()
    functions: tuple[Function, ...] = ()
    structures: tuple[Structure, ...] = ()
    """Classes derived from ctypes' Structure, wherever in the file."""
    problem: str = ""
    """Why it could not be read; "" where it was."""


class Callable(Struct, frozen=True):
    """A function of the library."""

    name: str
    declared: Place
    defined: Place | None
    """None: not in this checkout."""


class Registration(Struct, frozen=True):
    """Something that C++ registers under a name: an operator, an iterator."""

    name: str
    macro: str
    place: Place


class Bridge(Struct, frozen=True):
    """One call out of Python into the library."""

    caller: str
    """mxnet.operator.register."""
    place: Place
    """Of the call."""
    function: str


class Family(Struct, frozen=True):
    """A class or function of operator.py, and what of the library it reaches."""

    name: str
    place: Place
    bases: tuple[str, ...]
    doc: str
    methods: tuple[Function, ...]
    functions: tuple[Callable, ...]
    """C functions that it calls."""
    operators: tuple[Registration, ...]
    """Operators that it hands its callbacks to."""
    structures: tuple[tuple[Structure, Structure], ...]
    """(in Python, in C) with the same fields: what the callbacks travel in."""


class Tour(Struct, frozen=True):
    """All of it."""

    title: str
    root: str
    modules: tuple[Module, ...]
    families: tuple[Family, ...]
    custom: tuple[Registration, ...]
    """What C++ registers beside the operators that the families use."""
    iterators: tuple[Class, ...]
    """DataIter, and every class that is derived from it."""
    native_iterators: tuple[Registration, ...]
    test_utils: tuple[Function, ...]
    functions: tuple[Callable, ...]
    """The library's C interface."""
    bridges: tuple[Bridge, ...]
