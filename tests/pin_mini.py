"""Writes the miniature's commits into its recipe, after its files were changed: python tests/pin_mini.py [RECIPE]."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mxbuild.execute.embedded import materialize

RECIPE = Path(__file__).parent.parent / "recipes/mini.toml"
PIN = re.compile(
    r'(?P<before>url = "embedded:(?P<name>[^"]+)"(?:, |\ntag = "[^"\n]*"\n)commit = ")(?P<commit>[0-9a-f]{40})(?=")'
)


def commits(mirror: Path) -> dict[str, str]:
    """OWNER/NAME -> commit, of all repositories that `materialize` made."""
    found = {}
    for repository in sorted(mirror.glob("*/*.git")):
        said = subprocess.run(
            ["git", "--git-dir", str(repository), "rev-parse", "--verify", "refs/heads/main"],
            capture_output=True,
            check=True,
            text=True,
        )
        found[f"{repository.parent.name}/{repository.stem}"] = said.stdout.strip()
    return found


def pinned(text: str, found: Mapping[str, str]) -> str:
    """A recipe's text with these commits in it."""
    return PIN.sub(lambda match: match["before"] + found[match["name"]], text)


def main(recipe: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        found = commits(materialize(recipe.with_suffix(""), Path(cache)))
    recipe.write_text(pinned(recipe.read_text(), found))
    for name, commit in found.items():
        sys.stdout.write(f"{commit} {name}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RECIPE)
