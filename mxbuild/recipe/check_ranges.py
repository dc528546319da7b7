"""Version ranges and selectors of distributions: that they mean something, and that only one of several applies."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from mxbuild.recipe.fault import Fault, dotted, quoted
from mxbuild.recipe.locate import Path
from mxbuild.recipe.match import parse_selector
from mxbuild.recipe.model import Recipe, Requirements
from mxbuild.recipe.ranges import common, parse, uncovered

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


def ranges(recipe: Recipe) -> Iterator[Fault]:
    """What is wrong with ranges, selectors and what they cover."""
    for path, text in _plain(recipe):
        yield from _range(text, path)
    for where, conditions in _conditions(recipe):
        for subject, text in conditions.items():
            yield from _condition(subject, text, (*where, "when", subject))
    for name, packages in recipe.apt.items():
        yield from _selectors(list(packages.on), ("apt", name, "on"))
    versions = recipe.python.versions
    needed = recipe.python.requirements
    yield from _covered(versions, needed, ("python", "requirements"))
    yield from _used(versions, needed, ("python", "requirements"))
    if recipe.verify.upstream is not None:
        # Not _used: which test packages run on an interpreter is the same for all releases, and written once.
        yield from _covered(versions, recipe.verify.upstream.packages, ("verify", "upstream", "packages"))


def _conditions(recipe: Recipe) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every `when` there is, with the place of the table that has it."""
    for index, compat in enumerate(recipe.compat):
        yield ("compat", index), dict(compat.when.items())
    for index, known in enumerate(recipe.verify.upstream.known if recipe.verify.upstream else ()):
        yield ("verify", "upstream", "known", index), dict(known.when.items())


def _condition(subject: str, text: str, where: Path) -> Iterator[Fault]:
    if subject == "os":
        yield from _range(text, where, lambda t: parse_selector(t).range)
    elif subject != "arch":
        yield from _range(text, where)
    elif not text.replace("_", "").isalnum():
        yield Fault(where, f"{quoted(text)} is no machine's name as `uname -m` prints it, like x86_64")


def _plain(recipe: Recipe) -> Iterator[tuple[Path, str]]:
    """The ranges that stand by themselves."""
    for tool in ("gcc", "make", "git"):
        yield ("toolchain", tool), getattr(recipe.toolchain, tool)
    for name, feature in recipe.features.items():
        for need, text in feature.needs.items():
            yield ("features", name, "needs", need), text
    if recipe.cuda is not None:
        yield ("cuda", "versions"), recipe.cuda.versions
        yield ("cuda", "tested"), recipe.cuda.tested
    yield ("python", "versions"), recipe.python.versions
    for index, requirements in enumerate(recipe.python.requirements):
        yield ("python", "requirements", index, "python"), requirements.python
    if recipe.verify.upstream is not None:
        for index, requirements in enumerate(recipe.verify.upstream.packages):
            yield ("verify", "upstream", "packages", index, "python"), requirements.python


def _range(
    text: str, where: Path, inner: "Callable[[str], SpecifierSet]" = parse, *, on_key: bool = False
) -> Iterator[Fault]:
    try:
        versions = inner(text)
    except ValueError as error:
        yield Fault(where, str(error), on_key)
        return
    if not common(versions):
        yield Fault(where, f"no version lies in {quoted(text)}", on_key)


def _selectors(texts: list[str], where: Path) -> Iterator[Fault]:
    """Two selectors for one release would leave open which of them counts."""
    good = []
    for text in texts:
        faults = list(_range(text, (*where, text), lambda t: parse_selector(t).range, on_key=True))
        yield from faults
        good += [] if faults else [(text, parse_selector(text))]
    for (first, a), (second, b) in combinations(good, 2):
        version = common(a.range, b.range) if a.id == b.id else ""
        if version:
            text = f"{quoted(first)} and {quoted(second)} both mean {a.id} {version}"
            yield Fault((*where, second), text, on_key=True)


def _covered(versions: str, requirements: Sequence[Requirements], where: Path) -> Iterator[Fault]:
    """Every interpreter that is taken has requirements.

    Args:
        versions: python.versions.
        where: place of the array of requirements.
    """
    try:
        gap = uncovered(parse(versions), [parse(r.python) for r in requirements])
    except ValueError:
        return  # said already
    if gap:
        text = f"Python {gap} is in versions, but no [[{dotted(where)}]] is for it"
        yield Fault(("python", "versions"), text, about=where)


def _used(versions: str, requirements: Sequence[Requirements], where: Path) -> Iterator[Fault]:
    """All requirements are those of an interpreter that is taken."""
    try:
        whole = parse(versions)
        parts = [parse(r.python) for r in requirements]
    except ValueError:
        return  # said already
    for index, (part, said) in enumerate(zip(parts, requirements, strict=True)):
        if not common(part):
            continue  # said already
        place = (*where, index, "python")
        if not common(whole, part):
            text = f"python.versions ({versions}) has no interpreter in {quoted(said.python)}"
            yield Fault(place, text, about=("python", "versions"))
        elif not uncovered(whole & part, parts[:index]):
            yield Fault(place, "never chosen: the requirements above are for all of these interpreters")
