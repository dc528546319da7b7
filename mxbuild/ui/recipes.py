"""The recipes that there are, one of them in full, two compared, and a recipe's flags."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from rich.console import RenderableType
from rich.text import Text

from mxbuild.recipe.diff import Difference, fetched
from mxbuild.recipe.history import Span
from mxbuild.recipe.model import Flag, Recipe
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import Cell, Fitting, heading, plural, rows

PROSE = 24
"""Columns for what speaks against a recipe, before others give way."""


def render(recipe: Recipe, width: int = PIPED) -> str:
    """One recipe as plain text."""
    return text(*one(recipe), width=width)


class Listed(NamedTuple):
    """A recipe, and what is known of it here."""

    recipe: Recipe
    path: str
    """"" for those that came with mxbuild."""
    complaints: tuple[str, ...]
    """What speaks against building it on this machine."""


def many(found: Sequence[Listed], glyphs: Glyphs = UNICODE) -> Iterator[RenderableType]:
    """A line for each recipe, with the verdict for this machine."""
    heads = [Text(word, HEAD) for word in ("recipe", "date", "build", "python", "cuda", "proved", "builds here")]
    yield Fitting([heads, *(_line(one, glyphs) for one in found)], spare=(1, 2, 4, 5), prose=PROSE)
    yield Text()
    yield Text("proved: whole (built and verified) or in part; mxbuild recipes show RECIPE says what exactly.")


def _line(one: Listed, glyphs: Glyphs) -> tuple[Cell, ...]:
    recipe = one.recipe
    here = Text.assemble((glyphs.done, GOOD), " yes")
    if one.complaints:
        first, *others = one.complaints
        more = f" (and {plural(len(others), 'other reason')})" if others else ""
        here = Text.assemble((glyphs.failed, BAD), f" {first}{more}")
    if one.path:
        here.append(f"\n{one.path}")
    return (
        recipe.id,
        recipe.date,
        ", ".join(recipe.build_systems),
        short(recipe.python.versions),
        short(recipe.cuda.versions) if recipe.cuda else "-",
        proved(recipe),
        here,
    )


def build(recipe: Recipe) -> str:
    """The build systems: `make`; `make + cmake (onednn)`, where make has CMake build for the feature onednn."""
    systems = recipe.build_systems.items()
    return " + ".join(name + (f" ({', '.join(features)})" if features else "") for name, features in systems)


def proved(recipe: Recipe) -> Literal["whole", "part", "no"]:
    """How much of a release was ever proved anywhere."""
    builds = {proof.build for proof in recipe.proved}
    return "whole" if "whole" in builds else "part" if builds else "no"


def short(wanted: str) -> str:
    """A range as people write it: `>=3.6,<3.14` is 3.6-3.13; one that has another form as it is."""
    match = re.fullmatch(r">=([0-9.]+),<([0-9]+\.)?([1-9][0-9]*)", wanted)
    if match is None:
        return wanted or "any"
    last = f"{match[2] or ''}{int(match[3]) - 1}"
    return last if last == match[1] else f"{match[1]}-{last}"


def compared(first: Recipe, second: Recipe, found: Mapping[str, Sequence[Difference]]) -> Iterator[RenderableType]:
    """What one recipe has otherwise than another, section by section."""
    yield Text.assemble((first.id, HEAD), " and ", (second.id, HEAD), "" if found else ": no difference")
    for title, differences in found.items():
        yield heading(title)
        names = [Text(name, HEAD) for name in ("", first.release, second.release)]
        if title == "Source":
            yield rows([[*names, Text()], *map(_pins, differences)], fixed=3)
        else:
            yield rows([names, *differences], fixed=1, most=46)


def _pins(found: Difference) -> tuple[str, ...]:
    """Path, both commits, and the repository, which is both times the same as a rule."""
    (first, _, before), (second, _, after) = found.first.partition(" "), found.second.partition(" ")
    whose = before or after if not (before and after) or before == after else f"{before}; then {after}"
    return found.name, first, second, whose


def flags(recipe: Recipe, names: Sequence[str], spans: Mapping[str, Span]) -> Iterator[RenderableType]:
    """Each flag: what it is set to and can be set to, what it does, why it is so, and which releases have it."""
    for name in names:
        flag = recipe.flags[name]
        owner = next((n for n, f in recipe.features.items() if name in f.on), "")
        yield Text.assemble((name, HEAD), f"  {_does(recipe, name, owner)}".rstrip())
        span = spans[name]
        releases = [f"since {span.since}" if span.since else "", f"until {span.until}" if span.until else ""]
        lines = [
            ("value", str(flag.value) or "nothing", flag.why),
            ("values", " ".join(str(v) or "nothing" for v in flag.values) or "any word", _how(name, flag, owner)),
            ("releases", ", ".join(filter(None, releases)) or "all", ""),
        ]
        yield rows(lines, fixed=1, most=24)


def _does(recipe: Recipe, name: str, owner: str) -> str:
    return recipe.flags[name].does or (recipe.features[owner].summary if owner else "")


def _how(name: str, flag: Flag, owner: str) -> str:
    if owner:
        return f"--with {owner}, --without {owner}"
    return f"--set {name}=VALUE" if len(flag.values) != 1 else "no other: see why"


def one(recipe: Recipe, path: str = "") -> Iterator[RenderableType]:
    """What can be asked for, what it takes, and what it is made of."""
    yield Text.assemble((recipe.id, HEAD), f"  {recipe.date}, {recipe.summary}")
    if path:
        yield Text(path)
    yield heading("Features", "--with NAME, --without NAME")
    yield rows(
        [
            (name, f.default, f"{f.summary}{_conditions('needs', f.needs.items())}")
            for name, f in recipe.features.items()
        ],
        fixed=2,
    )
    owned = {flag for f in recipe.features.values() for flag in (*f.on, *f.off)}
    yield heading("Flags", "--set NAME=VALUE; those of a feature follow the feature")
    yield rows(
        [
            (name, str(f.value), " ".join(map(str, f.values)) or "any word", f.why)
            for name, f in recipe.flags.items()
            if name not in owned
        ],
        fixed=1,
    )
    yield heading("Takes")
    chain = recipe.toolchain
    takes = [
        ("build", build(recipe)),
        ("gcc", chain.gcc),
        ("make", chain.make),
        ("git", chain.git),
        ("python", recipe.python.versions),
    ]
    if recipe.cuda:
        takes.append(("cuda", f"{recipe.cuda.versions} (upstream built it with {recipe.cuda.tested})"))
    yield rows([(name, wanted or "any") for name, wanted in takes])
    if recipe.compat:
        yield heading("Rules")
        yield rows([(c.id, f"{c.why}{_conditions('with', c.when.items())}") for c in recipe.compat])
    yield heading("Source")
    source = recipe.source
    left = {path: f" ({fetched(recipe, path)})" for path in source.submodules if fetched(recipe, path)}
    left |= {path: f" (not fetched: {why})" for path, why in source.skip.items()}
    modules = ((path, s.commit[:12], s.url + left.get(path, "")) for path, s in source.submodules.items())
    yield rows([(".", source.commit[:12], source.url), *modules], fixed=2)
    yield heading("Checked by")
    yield rows([(", ".join(recipe.verify.checks),)], fixed=0)
    yield from _tests(recipe)
    yield heading("Proved")
    nothing = [("no", "", "nothing of it was ever compiled")]
    yield rows([(p.build, p.where, p.what) for p in recipe.proved] or nothing, fixed=1)


def _tests(recipe: Recipe) -> Iterator[RenderableType]:
    """Upstream's own tests, and which of them are known to fail."""
    tests = recipe.verify.upstream
    if tests is None:
        return
    yield heading("Upstream's tests known to fail", "mxbuild verify --upstream runs them")
    known = [(k.kind, f"{', '.join(k.tests)}: {k.why}{_conditions('with', k.when.items())}") for k in tests.known]
    yield rows(known or [("none", "")])


def _conditions(word: str, ranges: Iterable[tuple[str, str]]) -> str:
    shown = ", ".join(f"{name} {wanted}".rstrip() for name, wanted in ranges)
    return f" ({word} {shown})" if shown else ""
