"""The map put together: who calls what, which structure in Python is which in C, what is derived from what."""

import os
import re
from collections.abc import Callable as Predicate
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from mxbuild.errors import SourceError
from mxbuild.tour import c_side, python_side
from mxbuild.tour.model import (
    Bridge,
    Callable,
    Class,
    Family,
    Function,
    Module,
    Place,
    Registration,
    Structure,
    Tour,
)

LARGEST = 4 << 20
"""Bytes of a file that is read; no source of MXNet is a quarter of it."""
PYTHON, HEADER, SOURCES = ".py", ".h", (".cc", ".cu", ".cpp", ".c")
INTERFACE = re.compile(r"\bc_(?:[a-z]+_)?api")
"""How the files of a C interface begin, in MXNet and in NNVM: c_api.h, c_predict_api.h, c_api_ndarray.cc."""
SKIPPED = frozenset((".git", "build", "docs", "example", "tests", "scala-package", "R-package", "perl-package", "deps"))
OPERATOR, TEST_UTILS, ITERATOR = "operator", "test_utils", "DataIter"
Wanted = Predicate[[str], bool]
IO_ITER = "REGISTER_IO_ITER"
"""In the name of the macro that registers an iterator."""


def draw(root: str, title: str, package: str = "python/mxnet") -> Tour:
    """Read a tree.

    Args:
        package: directory of the Python package below it.

    Raises:
        SourceError: it is no source tree of MXNet.
    """
    if not os.path.isfile(f"{root}/{package}/__init__.py"):
        raise SourceError(f"{root} is no source tree of MXNet: it has no {package}/__init__.py")
    name = package.rsplit("/", 1)[-1]
    modules = tuple(
        python_side.module(_dotted(file, package, name), file, text)
        for file, text in _texts(root, package, lambda file: file.endswith(PYTHON))
    )
    declared, structures, defined, registered = _library(root)
    functions = tuple(Callable(name=n, declared=place, defined=defined.get(n)) for n, place in sorted(declared.items()))
    bridges = tuple(_bridges(modules))
    families = tuple(_families(modules, name, functions, structures, registered))
    used = {os.path.dirname(r.place.file) for family in families for r in family.operators}
    test_utils = next((m.functions for m in modules if m.name == f"{name}.{TEST_UTILS}"), ())
    return Tour(
        title=title,
        root=root,
        modules=modules,
        families=families,
        custom=tuple(r for r in registered if os.path.dirname(r.place.file) in used and "REGISTER_OP" in r.macro),
        iterators=tuple(_derived(modules, ITERATOR)),
        native_iterators=tuple(r for r in registered if IO_ITER in r.macro),
        test_utils=tuple(f for f in test_utils if not f.name.startswith("_")),
        functions=functions,
        bridges=bridges,
    )


def _library(
    root: str,
) -> tuple[dict[str, Place], list[Structure], dict[str, Place], list[Registration]]:
    """What the C interface declares, its structures, where its functions are defined, what C++ registers."""
    declared, structures, defined = dict[str, Place](), list[Structure](), dict[str, Place]()
    registered = list[Registration]()
    sources = list[tuple[str, str]]()
    for file, text in _texts(root, "", _of_library):
        if file.endswith(HEADER):
            clean = c_side.blanked(text)
            for name, line in c_side.functions(clean, ";"):
                declared.setdefault(name, Place(file=file, line=line))
            structures += c_side.structures(clean, file)
        else:
            registered += c_side.registrations(text, file)
            if INTERFACE.search(text):
                sources.append((file, text))
    for file, text in sources:
        for name, line in c_side.functions(c_side.blanked(text), "{"):
            if name in declared:
                defined.setdefault(name, Place(file=file, line=line))
    return declared, structures, defined, registered


def _of_library(file: str) -> bool:
    """Headers of C interfaces, sources of such interfaces, and all sources of the tree's own library."""
    parts = file.split("/")
    if file.endswith(HEADER):
        return "include" in parts and INTERFACE.match(parts[-1]) is not None
    return file.endswith(SOURCES) and (parts[0] == "src" or "c_api" in parts)


def _bridges(modules: Iterable[Module]) -> Iterator[Bridge]:
    for module in modules:
        methods = ((f"{module.name}.{c.name}", m) for c in module.classes for m in c.methods)
        for owner, function in (*((module.name, f) for f in module.functions), *methods):
            for call in function.calls:
                place = Place(file=module.file, line=call.line)
                yield Bridge(caller=f"{owner}.{function.name}", place=place, function=call.name)


def _families(
    modules: Sequence[Module],
    package: str,
    functions: Sequence[Callable],
    structures: Sequence[Structure],
    registered: Sequence[Registration],
) -> Iterator[Family]:
    """Every public class and function of operator.py, in the file's order."""
    module = next((m for m in modules if m.name == f"{package}.{OPERATOR}"), None)
    if module is None:
        return
    known = {function.name: function for function in functions}
    pairs = {s.name: pair for m in modules for s in m.structures if (pair := _twin(s, structures))}
    rows: list[tuple[Class | Function, Sequence[Function]]] = [(c, c.methods) for c in module.classes]
    rows += [(f, (f,)) for f in module.functions]
    for one, parts in sorted(rows, key=lambda row: row[0].place.line):
        if one.name.startswith("_"):
            continue
        natives = {name for part in parts for name in part.operators}
        structs = dict.fromkeys(name for part in parts for name in part.structs)
        calls = dict.fromkeys(call.name for part in parts for call in part.calls)
        yield Family(
            name=one.name,
            place=one.place,
            bases=one.bases if isinstance(one, Class) else (),
            doc=one.doc,
            methods=tuple(one.methods) if isinstance(one, Class) else (),
            functions=tuple(known[name] for name in calls if name in known),
            operators=tuple(r for r in registered if r.name in natives and "REGISTER_OP" in r.macro),
            structures=tuple(pairs[name] for name in structs if name in pairs),
        )


def _twin(own: Structure, structures: Sequence[Structure]) -> tuple[Structure, Structure] | None:
    """The structure of the C interface with the same fields in the same order, whatever its name."""
    return next(((own, other) for other in structures if own.fields and other.fields == own.fields), None)


def _derived(modules: Iterable[Module], name: str) -> Iterator[Class]:
    """The class of that name, then those derived from it, in the order of their distance."""
    classes = [one for module in modules for one in module.classes]
    names, found = {name}, [one for one in classes if one.name == name]
    while True:
        more = [one for one in classes if one not in found and names & set(one.bases)]
        if not found or not more:
            break
        found += more
        names |= {one.name for one in more}
    yield from found


def _texts(root: str, below: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """(path from the tree's top, text) of plain files, in the order of their names."""
    for directory, names, files in os.walk(f"{root}/{below}".rstrip("/")):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in sorted(files):
            path = f"{directory}/{name}"
            file = os.path.relpath(path, root)
            if wanted(file) and not os.path.islink(path):
                with suppress(OSError), open(path, "rb") as stream:
                    yield file, stream.read(LARGEST).decode("utf-8", "replace")


def _dotted(file: str, package: str, name: str) -> str:
    """mxnet.gluon.block of python/mxnet/gluon/block.py."""
    inside = file.removeprefix(package).removesuffix(PYTHON).removesuffix("/__init__")
    return name + inside.replace("/", ".")
