"""The make flags that a release has, read from its own make/config.mk and Makefile. Pure."""

import re
from typing import NamedTuple

ASSIGNED = re.compile(r"^(?:export[ \t]+)?(?P<name>[A-Z][A-Z0-9_]*)[ \t]*[?:]?=[ \t]*(?P<value>[^\n#]*)", re.MULTILINE)
LOOKED_AT = re.compile(
    r"\$\(((?:USE|ENABLE)_[A-Z0-9_]+)\)|^[ \t]*ifn?def[ \t]+((?:USE|ENABLE)_[A-Z0-9_]+)", re.MULTILINE
)
SHAPES = re.compile(r"(?:USE|ENABLE)_[A-Z0-9_]+|DEV|DEBUG|EXTRA_OPERATORS")
"""Names that shape a library; the rest of config.mk are programs and paths (CC, LIBJVM, ADD_CFLAGS)."""


class MakeVariable(NamedTuple):
    """One flag, as upstream has it."""

    name: str
    value: str
    """Upstream's default; "" where config.mk sets none."""
    comment: str
    """What config.mk says above it, in one line; "" for nothing."""


def variables(config: str, makefile: str) -> dict[str, MakeVariable]:
    """Name -> flag, of both files, in their order.

    Args:
        config: text of make/config.mk.
        makefile: text of the Makefile, which knows flags that config.mk does not name.
    """
    found: dict[str, MakeVariable] = {}
    for match in ASSIGNED.finditer(config):
        name = match["name"]
        if SHAPES.fullmatch(name) and name not in found:
            found[name] = MakeVariable(name, match["value"].strip(), _above(config, match.start()))
    for match in LOOKED_AT.finditer(makefile):
        name = match[1] or match[2]
        found.setdefault(name, MakeVariable(name, "", ""))
    return found


def _above(text: str, end: int) -> str:
    """The comment that ends right above the line that begins at `end`."""
    lines: list[str] = []
    while end > 0:
        start = text.rfind("\n", 0, end - 1) + 1
        if not text.startswith("#", start):
            break
        lines.insert(0, text[start : end - 1].lstrip("# ").rstrip("- "))
        end = start
    return " ".join(filter(None, lines))
