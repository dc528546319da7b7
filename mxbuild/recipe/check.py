"""What no single value shows: names that have to exist elsewhere, and parts that have to fit together."""

import datetime as dt
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from mxbuild.recipe.check_flags import flags
from mxbuild.recipe.check_ranges import ranges
from mxbuild.recipe.fault import Fault, hint, quoted
from mxbuild.recipe.locate import Path
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.urls import EMBEDDED


def check(recipe: Recipe) -> Iterator[Fault]:
    """Everything that is wrong with a recipe whose single values are right."""
    yield from _date(recipe)
    yield from _source(recipe)
    yield from _names(recipe)
    yield from _device(recipe)
    yield from _upstream(recipe)
    yield from _cycles(recipe)
    yield from flags(recipe)
    yield from ranges(recipe)


def _date(recipe: Recipe) -> Iterator[Fault]:
    try:
        dt.date.fromisoformat(recipe.date)
    except ValueError:
        yield Fault(("date",), f"there is no day {quoted(recipe.date)}")


def _source(recipe: Recipe) -> Iterator[Fault]:
    source = recipe.source
    urls: list[tuple[Path, str]] = [(("source", "url"), source.url)]
    urls += [(("source", "submodules", path, "url"), module.url) for path, module in source.submodules.items()]
    for where, url in urls:
        if url.startswith(EMBEDDED) and source.embedded is None:
            yield Fault(where, "source.embedded has to name the directory of an embedded source", about=("source",))
        elif not url.startswith(EMBEDDED) and source.embedded is not None:
            text = f"with source.embedded every address is {EMBEDDED}OWNER/NAME"
            yield Fault(where, text, about=("source", "embedded"))
    order = list(source.submodules)
    for index, path in enumerate(order):
        for parent in order[index + 1 :]:
            if path.startswith(f"{parent}/"):
                text = f"{quoted(path)} lies in {quoted(parent)} and has to come after it"
                yield Fault(("source", "submodules", path), text, on_key=True)
    for path in source.skip:
        if path not in source.submodules:
            text = f"nothing in [source.submodules] is called {quoted(path)}{hint(path, source.submodules)}"
            yield Fault(("source", "skip", path), text, on_key=True, about=("source", "submodules"))
        for inner in (p for p in source.submodules if p.startswith(f"{path}/")):
            text = f"{quoted(path)} is skipped, and so is what lies in it: nobody can compare that"
            yield Fault(("source", "submodules", inner), text, on_key=True, about=("source", "skip"))
    needed = {"make.library": recipe.make.library, "python.package": recipe.python.package}
    for index, directory in enumerate(source.exclude):
        for name, path in needed.items():
            if f"{path}/".startswith(f"{directory}/"):
                first, second = name.split(".")
                text = f"{quoted(directory)} is needed: {name} is {quoted(path)}"
                yield Fault(("source", "exclude", index), text, about=(first, second))


def _names(recipe: Recipe) -> Iterator[Fault]:
    yield from _known(recipe.toolchain.apt, recipe.apt, ("toolchain", "apt"), ("apt",))
    for name, feature in recipe.features.items():
        yield from _known(feature.apt, recipe.apt, ("features", name, "apt"), ("apt",))
        yield from _known(feature.requires, recipe.features, ("features", name, "requires"), ("features",))
        yield from _left_out(recipe, feature.submodules, ("features", name, "submodules"))
    for name, flag in recipe.flags.items():
        if flag.only_with is not None and flag.only_with not in recipe.features:
            text = f"there is no feature {quoted(flag.only_with)}{hint(flag.only_with, recipe.features)}"
            yield Fault(("flags", name, "only-with"), text, about=("features",))
    seen: set[str] = set()
    for index, compat in enumerate(recipe.compat):
        if compat.id in seen:
            yield Fault(("compat", index, "id"), f"there is another rule {quoted(compat.id)} above")
        seen.add(compat.id)
        if compat.feature is not None and compat.feature not in recipe.features:
            text = f"there is no feature {quoted(compat.feature)}{hint(compat.feature, recipe.features)}"
            yield Fault(("compat", index, "feature"), text, about=("features",))
        for number, change in enumerate(compat.substitute):
            if change.file.endswith(".py") and not change.file.startswith(f"{recipe.python.package}/"):
                text = f"{quoted(change.file)} is not in {quoted(recipe.python.package)}, and no other Python is packed"
                yield Fault(("compat", index, "substitute", number, "file"), text, about=("python", "package"))
        yield from _left_out(recipe, compat.empty, ("compat", index, "empty"))


def _left_out(recipe: Recipe, paths: Iterable[str], where: Path) -> Iterator[Fault]:
    """What may be left out has to be a submodule that is fetched otherwise, and that holds no other."""
    modules, skip = recipe.source.submodules, recipe.source.skip
    for number, path in enumerate(paths):
        if path not in modules:
            text = f"there is no submodule {quoted(path)}{hint(path, modules)}"
            yield Fault((*where, number), text, about=("source", "submodules"))
        elif path in skip:
            yield Fault((*where, number), f"{quoted(path)} is never fetched", about=("source", "skip", path))
        elif inside := [p for p in modules if p.startswith(f"{path}/")]:
            text = f"{quoted(path)} cannot be empty: {quoted(inside[0])} lies in it"
            yield Fault((*where, number), text, about=("source", "submodules"))


def _device(recipe: Recipe) -> Iterator[Fault]:
    """What only a recipe with device code can have."""
    if recipe.cuda is not None:
        return
    missing = "there is no table [cuda] that says how the device code is compiled"
    for name, feature in recipe.features.items():
        if "cuda" in feature.needs:
            yield Fault(("features", name, "needs", "cuda"), missing)
    if recipe.verify.device:
        yield Fault(("verify", "device"), missing)


def _upstream(recipe: Recipe) -> Iterator[Fault]:
    """Upstream's tests: that their directories are fetched, and that each known failure has a name of its own."""
    tests = recipe.verify.upstream
    if tests is None:
        return
    where: Path = ("verify", "upstream")
    for index, directory in enumerate(recipe.source.exclude):
        inside = [path for path in (tests.directory, *tests.beside) if f"{path}/".startswith(f"{directory}/")]
        if inside:
            text = f"{quoted(directory)} is needed: upstream's tests are in {quoted(inside[0])}"
            yield Fault(("source", "exclude", index), text, about=where)
    seen: set[str] = set()
    for index, known in enumerate(tests.known):
        if known.id in seen:
            yield Fault((*where, "known", index, "id"), f"there is another known failure {quoted(known.id)} above")
        seen.add(known.id)


def _known(names: Iterable[str], known: Iterable[str], where: Path, table: Path) -> Iterator[Fault]:
    """Each of the names has to be one of the known."""
    for index, name in enumerate(names):
        if name not in known:
            yield Fault(
                (*where, index), f"nothing in [{table[0]}] is called {quoted(name)}{hint(name, known)}", about=table
            )


def _cycles(recipe: Recipe) -> Iterator[Fault]:
    """Features that require themselves, each circle once."""
    requires = {name: [r for r in f.requires if r in recipe.features] for name, f in recipe.features.items()}
    while circle := _circle(requires):
        index = recipe.features[circle[0]].requires.index(circle[1])
        yield Fault(("features", circle[0], "requires", index), f"goes in a circle: {' -> '.join(circle)}")
        requires[circle[0]].remove(circle[1])


def _circle(requires: dict[str, list[str]]) -> list[str]:
    """Names of which each requires the next, and the last is the first again; [] where there are none such."""
    try:
        TopologicalSorter(requires).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []
