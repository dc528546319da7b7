"""What can go, what stays, and what has gone."""

import os
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.garbage import Found, Item, Kept
from mxbuild.ui.console import GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import heading, plural, rows
from mxbuild.ui.quantities import size

TITLES = {
    "environments": "Environments",
    "wheels": "Wheels",
    "notebooks": "Servers and kernels of notebooks",
    "trees": "Sources and objects",
    "records": "Records of builds",
    "launchers": "Compiler launchers",
    "toolkits": "CUDA toolkits",
    "caches": "Caches",
    "leftovers": "What was left behind",
}
FEW = 12
"""Things of one kind that are named."""


def render(found: Found, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(found, glyphs), width=width)


def screen(found: Found, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Everything that can go, by kind; then what stays."""
    if not found.items:
        yield Text.assemble((f"{glyphs.done} ", GOOD), ("everything that is here is needed", HEAD))
    else:
        yield Text.assemble(
            (size(found.bytes), HEAD), f" in {plural(len(found.items), 'thing')} that nothing needs any more"
        )
    for kind, title in TITLES.items():
        if items := sorted((i for i in found.items if i.kind == kind), key=lambda i: (-i.bytes, i.path)):
            yield heading(title, size(sum(item.bytes for item in items)))
            yield rows(_lines(items), fixed=2)
    if found.kept:
        yield heading("Stays")
        yield rows(_stays(found.kept), fixed=2)
        if any(kept.spared for kept in found.kept):
            yield Text()
            yield rows([("mxbuild gc --all takes what was stopped and what makes builds quicker as well",)], fixed=0)


def gone(items: Sequence[Item], glyphs: Glyphs) -> Text:
    """The last line."""
    taken = size(sum(item.bytes for item in items))
    return Text.assemble(
        (f"{glyphs.done} ", GOOD), (f"{taken} freed", HEAD), f", {plural(len(items), 'thing')} removed"
    )


def tried(command: str) -> Iterator[Text]:
    """The last lines where nothing was to be removed yet.

    Args:
        command: removes it.
    """
    yield Text("\nNothing was removed.")
    yield Text.assemble("Next: ", (command, HEAD), no_wrap=True, overflow="ignore")


def _lines(items: Sequence[Item]) -> Iterator[tuple[str, ...]]:
    shown = items if len(items) <= FEW + 1 else items[:FEW]
    for item in shown:
        name = os.path.basename(item.path)
        yield _amount(item.bytes), f"{item.build}/{name}" if item.kind == "launchers" else name, item.why
    if rest := items[len(shown) :]:
        yield _amount(sum(item.bytes for item in rest)), f"and {len(rest)} more", ""


def _stays(kept: Sequence[Kept]) -> Iterator[tuple[str, ...]]:
    """Things of one name in one line, the largest first."""
    sums: dict[tuple[str, str], int] = {}
    for one in kept:
        sums[one.what, one.why] = sums.get((one.what, one.why), 0) + one.bytes
    ordered = sorted(sums.items(), key=lambda row: -row[1])
    shown = ordered if len(ordered) <= FEW + 1 else ordered[:FEW]
    for (what, why), taken in shown:
        yield _amount(taken) if taken else "", what, why
    if rest := ordered[len(shown) :]:
        yield _amount(sum(taken for _, taken in rest)), f"and {len(rest)} more", ""


def _amount(count: int) -> str:
    return f"{size(count):>7}"
