"""The map of a source tree: every line names a place that an editor can open."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.tour.model import Callable, Module, Registration, Tour
from mxbuild.ui.console import HEAD, PIPED, text
from mxbuild.ui.layout import Cell, heading, plural, rows, verbatim


def render(tour: Tour, width: int = PIPED, *, calls: bool = False) -> str:
    """The map as plain text."""
    return text(*screen(tour, calls=calls), width=width)


def screen(tour: Tour, *, calls: bool = False) -> Iterator[RenderableType]:
    """All of it.

    Args:
        calls: with every call of the library, not only those of operators.
    """
    yield Text.assemble((tour.title, HEAD), f"  {tour.root}", no_wrap=True, overflow="ignore")
    yield from _package(tour.modules)
    yield from _families(tour)
    yield from _iterators(tour)
    if tour.test_utils:
        yield heading("For tests", plural(len(tour.test_utils), "function"))
        yield rows([_row(f.place.text, f.name, f.doc) for f in tour.test_utils])
    yield from _library(tour, calls=calls)


def _package(modules: Sequence[Module]) -> Iterator[RenderableType]:
    lines = sum(module.lines for module in modules)
    yield heading("The Python package", f"{plural(len(modules), 'file')}, {plural(lines, 'line')}")
    top = min((module.file for module in modules), key=len, default="").rsplit("/", 1)[0]
    groups: dict[str, list[Module]] = {}
    for module in modules:
        first, slash, _ = module.file.removeprefix(f"{top}/").partition("/")
        groups.setdefault(f"{top}/{first}{slash}", []).append(module)
    yield rows([_group(path, members) for path, members in groups.items()])
    if unread := [module for module in modules if module.problem]:
        yield rows([(module.file, f"not read: {module.problem}") for module in unread])


def _group(path: str, members: Sequence[Module]) -> tuple[Cell, ...]:
    head = next((m for m in members if m.file in (path, f"{path}__init__.py")), members[0])
    size = plural(sum(m.lines for m in members), "line")
    more = f" in {plural(len(members), 'file')}" if path.endswith("/") else ""
    return path, f"{head.doc.rstrip('.')}: {size}{more}" if head.doc else f"{size}{more}"


def _families(tour: Tour) -> Iterator[RenderableType]:
    if not tour.families:
        return
    yield heading("Operators written in Python", tour.families[0].place.file)
    for family in tour.families:
        bases = [base for base in family.bases if base != "object"]
        name = f"{family.name}({', '.join(bases)})" if bases else family.name
        yield rows([_row(family.place.text, name, family.doc)])
        below = [(method.place.text, method.name) for method in family.methods if not method.name.startswith("__")]
        reached = [(r.place.text, f"calls it back: {r.macro}({r.name})") for r in family.operators]
        reached += [place for function in family.functions for place in _function(function)]
        reached += [
            (other.place.text, f"struct {other.name}: {own.name} in {own.place.text}")
            for own, other in family.structures
        ]
        if below or reached:
            yield rows([*below, *reached], indent=6)
    own = {r.name for family in tour.families for r in family.operators}
    if others := [r for r in tour.custom if r.name not in own]:
        yield verbatim("beside them, in C++:", indent=2)
        yield rows(map(_registered, others))


def _iterators(tour: Tour) -> Iterator[RenderableType]:
    if not tour.iterators and not tour.native_iterators:
        return
    yield heading("Data iterators", "those in C++ are made by mx.io when it is imported" * bool(tour.native_iterators))
    for one in tour.iterators:
        bases = [base for base in one.bases if base != "object"]
        yield rows([_row(one.place.text, f"{one.name}({', '.join(bases)})" if bases else one.name, one.doc)])
        if one is tour.iterators[0]:
            methods = [(m.place.text, m.name) for m in one.methods if not m.name.startswith("__")]
            yield rows(methods, indent=6)
    yield rows(map(_registered, tour.native_iterators))


def _library(tour: Tour, *, calls: bool) -> Iterator[RenderableType]:
    callers: dict[str, list[str]] = {}
    for bridge in tour.bridges:
        callers.setdefault(bridge.function, []).append(f"{bridge.caller} ({bridge.place.text})")
    known = {function.name for function in tour.functions}
    called = len(known & callers.keys())
    note = f"{called} of the {plural(len(known), 'function')} of the C interface are called"
    yield heading("From Python into the library", note)
    if not calls:
        headers: dict[str, list[Callable]] = {}
        for function in tour.functions:
            headers.setdefault(function.declared.file, []).append(function)
        yield rows([_header(path, functions, callers) for path, functions in headers.items()])
        yield rows([("--calls lists every call",)], fixed=0)
        return
    for function in tour.functions:
        if function.name in callers:
            (declared, name), *defined = _function(function)
            yield rows([(declared, Text(name, HEAD)), *defined])
            yield rows([(f"from {caller}",) for caller in callers[function.name]], indent=6, fixed=0)
    if strange := sorted(callers.keys() - known):
        yield rows([("called, and not declared in this checkout: " + ", ".join(strange),)], fixed=0)


def _header(path: str, functions: Sequence[Callable], callers: Iterable[str]) -> tuple[Cell, ...]:
    called = set(callers)
    count = sum(function.name in called for function in functions)
    where = sorted({function.defined.file for function in functions if function.defined})
    return path, f"{plural(len(functions), 'function')}, {count} called; {', '.join(where) or 'no source of them here'}"


def _function(function: Callable) -> list[tuple[str, str]]:
    """Where it is declared, and where defined."""
    found = [(function.declared.text, function.name)]
    return found + ([(function.defined.text, "its definition")] if function.defined else [])


def _registered(one: Registration) -> tuple[Cell, ...]:
    return one.place.text, f"{one.macro}({one.name})"


def _row(place: str, name: str, doc: str) -> tuple[Cell, ...]:
    return place, Text.assemble((name, HEAD), f"  {doc}" if doc else "")
