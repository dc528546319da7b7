"""The good recipe, and every way in which faults.toml breaks it."""

from pathlib import Path
from typing import NamedTuple

from mxbuild import toml

HERE = Path(__file__).parent
GOOD = (HERE / "good.toml").read_text()


class Broken(NamedTuple):
    name: str
    text: str
    structural: bool


def change(old: str, new: str) -> str:
    """The good recipe with `old`, which has to be there once, replaced."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


BROKEN = tuple(
    Broken(fault["name"], change(fault["old"], fault["new"]), fault["structural"])
    for fault in toml.loads((HERE / "faults.toml").read_text())["fault"]
)
