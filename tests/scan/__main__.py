"""What of a release's Python package later versions of Python and numpy do not have, and what cures it.

    python -m tests.scan mxnet-1.6.0 --mirror DIR [--all]

What a maintainer runs for a new release, Python or numpy: reads the package's files at the recipe's commit from a git
mirror (DIR/OWNER/NAME.git), runs nothing of them. One paragraph for each name that is gone somewhere, with the lines
that use it (`reference` of a rule) and the recipe's rule that cures it. Exits with 1 where something has no cure.
"""

import argparse
import ast
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from mxbuild import toml
from mxbuild.plan import mirrored
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from tests.scan.uses import uses

HERE = Path(__file__).parent
RECIPES = HERE.parents[1] / "recipes"
CURES = {
    "numpy-names": ("numpy.",),
    "distutils-version": ("distutils.version",),
    "yield-in-comprehension": ("SyntaxError",),
}
"""Shim -> beginnings of what it cures."""


def removed() -> dict[str, str]:
    """Name, of a method with a dot in front -> versions that do not have it."""
    table = toml.loads((HERE / "removed.toml").read_text())
    numpy = {name: f"numpy {gone}" for name, gone in table["numpy"].items()}
    python = {name: f"python {gone}" for name, gone in table["python"].items()}
    return {**numpy, **python, **{f".{name}": gone for name, gone in table["methods"].items()}}


def gone(name: str, table: dict[str, str]) -> str:
    """The removed name that this one is, or lies in; "" for none."""
    parts = name.split(".")
    candidates = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return next((c for c in candidates if c in table), "")


def scan(files: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Removed name -> FILE:LINE of every use; `SyntaxError` for what does not compile."""
    table, found = removed(), {}
    for file, text in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                ast.parse(text, file)
                compile(text, file, "exec", dont_inherit=True)
            except SyntaxError as error:
                found.setdefault("SyntaxError", []).append(f"{file}:{error.lineno} ({error.msg})")
            for use in uses(text, file):
                if name := gone(use.name, table):
                    # Of a module that is gone, what of it is used: a cure need not have all.
                    found.setdefault(use.name if "." not in name else name, []).append(f"{file}:{use.line}")
    return {name: list(dict.fromkeys(places)) for name, places in sorted(found.items())}


def cure(recipe: Recipe, name: str, places: list[str]) -> str:
    """The rule that cures it; "" for none."""
    for rule in recipe.compat:
        if any(name.startswith(beginning) for shim in rule.shims for beginning in CURES.get(shim, ())):
            return rule.id
        files = {s.file for s in rule.substitute if s.old == name.lstrip(".")}
        if places and all(place.partition(":")[0] in files for place in places):
            return rule.id
    return ""


def files_of(recipe: Recipe, mirror: str) -> Iterator[tuple[str, str]]:
    """Path in the tree -> text, of the package's Python files at the recipe's commit."""
    repository = mirrored(recipe.source.url, mirror)
    commit, package = recipe.source.commit, recipe.python.package
    listed = _git(repository, "ls-tree", "-r", commit, f"{package}/")
    for line in listed.splitlines():
        mode, _, identity, path = line.split(maxsplit=3)
        if path.endswith(".py") and mode != "120000":
            yield path, _git(repository, "cat-file", "blob", identity)


def _git(repository: str, *words: str) -> str:
    command = ["git", "-C", repository, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", help="a recipe's name, as in recipes/: mxnet-1.6.0")
    parser.add_argument("--mirror", required=True, help="directory that holds OWNER/NAME.git")
    parser.add_argument("--all", action="store_true", help="every line, not the first three")
    given = parser.parse_args()
    recipe = load(RECIPES / f"{given.release}.toml")
    table, uncured = removed(), 0
    for name, places in scan(files_of(recipe, given.mirror)).items():
        rule = cure(recipe, name, places)
        uncured += not rule
        shown = places if given.all else places[:3]
        more = f" and {len(places) - len(shown)} more" if len(places) > len(shown) else ""
        sys.stdout.write(f"{name}: not in {table.get(gone(name, table), 'this Python')}; {rule or 'NO CURE'}\n")
        sys.stdout.write(f"    {', '.join(shown)}{more}\n")
    return 1 if uncured else 0


if __name__ == "__main__":
    sys.exit(main())
