"""Version ranges and selectors of distributions: that they mean something, and that only one of several applies."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from mxbuild.recipe.fault import Fault, quoted
from mxbuild.recipe.locate import Path
from mxbuild.recipe.match import parse_selector
from mxbuild.recipe.model import PythonPackage, Recipe
from mxbuild.recipe.ranges import common, parse, uncovered

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


def ranges(recipe: Recipe) -> Iterator[Fault]:
    """What is wrong with ranges, selectors and what they cover."""
    for path, text in _plain(recipe):
        yield from _range(text, path)
    for index, compat in enumerate(recipe.compat):
        for subject, text in compat.when.items():
            where = ("compat", index, "when", subject)
            if subject == "os":
                yield from _range(text, where, lambda t: parse_selector(t).range)
            elif subject != "arch":
                yield from _range(text, where)
            elif not text.replace("_", "").isalnum():
                yield Fault(where, f"{quoted(text)} is no machine's name as `uname -m` prints it, like x86_64")
    for name, packages in recipe.apt.items():
        yield from _selectors(list(packages.on), ("apt", name, "on"))
    yield from _python(recipe.python)


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


def _python(package: PythonPackage) -> Iterator[Fault]:
    """Every interpreter that is taken has requirements, and all requirements are somebody's."""
    try:
        whole = parse(package.versions)
        parts = [parse(r.python) for r in package.requirements]
    except ValueError:
        return  # said already
    gap = uncovered(whole, parts)
    if gap:
        text = f"Python {gap} is in versions, but no [[python.requirements]] is for it"
        yield Fault(("python", "versions"), text, about=("python", "requirements"))
    for index, (part, said) in enumerate(zip(parts, package.requirements, strict=True)):
        if not common(part):
            continue  # said already
        where = ("python", "requirements", index, "python")
        if not common(whole, part):
            text = f"python.versions ({package.versions}) has no interpreter in {quoted(said.python)}"
            yield Fault(where, text, about=("python", "versions"))
        elif not uncovered(whole & part, parts[:index]):
            yield Fault(where, "never chosen: the requirements above are for all of these interpreters")
