"""Where recipes are looked for, and which one a name means."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from mxbuild.errors import RecipeError


def packaged() -> Path:
    """The recipes that came with mxbuild: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def search_path(environ: Mapping[str, str], extra: Sequence[str] = ()) -> tuple[Path, ...]:
    """--recipe-dir options, then MXBUILD_RECIPES (separated by colons), then the packaged recipes."""
    named = [*extra, *(p for p in environ.get("MXBUILD_RECIPES", "").split(":") if p)]
    return (*(Path(p).expanduser().absolute() for p in named), packaged())


def available(path: Sequence[Path]) -> tuple[tuple[str, Path], ...]:
    """(name, file) of every recipe on the path; the first of a name counts."""
    found: dict[str, Path] = {}
    for directory in path:
        for file in sorted(directory.glob("*.toml")):
            found.setdefault(file.stem, file)
    return tuple(sorted(found.items()))


def find(name: str, path: Sequence[Path]) -> Path:
    """The file of a recipe: a file's path, a name, or the release alone (0.12.1).

    Raises:
        RecipeError: there is none; says what there is, and where it was looked for.
    """
    if "/" in name or name.endswith(".toml"):
        file = Path(name).expanduser().absolute()
        if not file.is_file():
            raise RecipeError(f"there is no recipe file {file}")
        return file
    known = dict(available(path))
    for candidate in (name, f"mxnet-{name}"):
        if candidate in known:
            return known[candidate]
    close = difflib.get_close_matches(name, [*known, *(n.removeprefix("mxnet-") for n in known)], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise RecipeError(
        f"there is no recipe {name}{hint}",
        details=[f"there are: {', '.join(known) or 'none'}", f"looked in: {', '.join(map(str, path))}"],
        remedy="mxbuild recipes list",
    )
