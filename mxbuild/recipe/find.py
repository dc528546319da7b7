"""Where recipes are looked for, and which one a name means."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mxbuild.errors import RecipeError
from mxbuild.recipe.fault import closest, either, printable, quoted


def packaged() -> Path:
    """The recipes that came with mxbuild: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def search_path(environ: Mapping[str, str], extra: Sequence[str] = ()) -> tuple[Path, ...]:
    """--recipe-dir options, then MXBUILD_RECIPES (separated by colons), then the packaged recipes; absolute."""
    named = [*extra, *environ.get("MXBUILD_RECIPES", "").split(":")]
    return tuple(dict.fromkeys([*(_absolute(p) for p in named if p), packaged()]))


def available(path: Sequence[Path]) -> tuple[tuple[str, Path], ...]:
    """(name, file) of every recipe on the path, by name; the first of a name counts."""
    found: dict[str, Path] = {}
    for directory in path:
        for file in sorted(directory.glob("*.toml")):
            found.setdefault(file.stem, file)
    return tuple(sorted(found.items()))


def find(name: str, path: Sequence[Path]) -> Path:
    """The file of a recipe: a file's path, a name, or the release alone (0.12.1) where it is one recipe's.

    Raises:
        RecipeError: there is none; says what there is, and where it was looked for.
    """
    if "/" in name or name.endswith(".toml"):
        return _file(_absolute(name))
    known = dict(available(path))
    if name in known:
        return known[name]
    of_release = [n for n in known if n.endswith(f"-{name}")]
    if len(of_release) == 1:
        return known[of_release[0]]
    if of_release:
        raise RecipeError(f"{quoted(name)} may be {either(of_release)}: name one of them in full")
    short = {n.partition("-")[2] or n: n for n in known} | {n: n for n in known}
    close = closest(name, short)
    raise RecipeError(
        f"there is no recipe {quoted(name)}" + (f"; did you mean {quoted(short[close])}?" if close else ""),
        details=[
            f"there are: {', '.join(map(printable, known)) or 'none'}",
            f"looked in: {', '.join(printable(str(p)) for p in path)}",
        ],
        remedy="mxbuild recipes list",
    )


def _absolute(name: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(name)))


def _file(file: Path) -> Path:
    try:
        there = file.exists()
    except (OSError, ValueError):  # a name that no file can have
        there = False
    if there:
        return file
    beside = dict(available([file.parent])) if "\0" not in str(file) else {}
    close = closest(file.stem, beside)
    hint = f"; did you mean {printable(str(beside[close]))}?" if close else ""
    raise RecipeError(f"there is no recipe file {printable(str(file))}{hint}", remedy="mxbuild recipes list")
