"""Where the recorded answers of a release lie: beside its recipe, NAME.answers."""

from collections.abc import Sequence
from pathlib import Path

SUFFIX = ".answers"


def find(recipe: str, release: str, path: Sequence[Path]) -> Path | None:
    """The answers of a recipe; of another recipe of the same release where it has none of its own; None for none.

    Args:
        path: directories of recipes, best first.
    """
    own = [directory / f"{recipe}{SUFFIX}" for directory in path]
    others = [file for directory in path for file in sorted(directory.glob(f"*-{release}{SUFFIX}"))]
    return next((file for file in [*own, *others] if file.is_file()), None)


def known(path: Sequence[Path]) -> tuple[str, ...]:
    """The names of all recipes with recorded answers."""
    files = (file for directory in path for file in directory.glob(f"*{SUFFIX}"))
    return tuple(sorted({file.name.removesuffix(SUFFIX) for file in files}))
