"""The lines of the live region: each is exactly one, whatever the width, and a name gives way, never a number. Also
those that stay.
"""

from collections.abc import Sequence

from rich.text import Text

from mxbuild.model import Compiling, Progress
from mxbuild.ui.console import GOOD, Glyphs
from mxbuild.ui.layout import wrapped
from mxbuild.ui.quantities import amount, duration, remaining, unit

INDENT = 2
WIDEST_BAR, NARROWEST_BAR = 24, 4
WIDEST_PART = 28
SHARE = 0.36


def bar(done: int, total: int | None, columns: int, glyphs: Glyphs) -> Text:
    """A bar of `columns` columns; empty while the total is not known."""
    share = min(1.0, done / total) if total else 0.0
    full = int(share * columns)
    point = glyphs.point if full < columns and (done or total is None) else ""
    return Text.assemble((glyphs.full * full + point, GOOD), glyphs.rest * (columns - full - len(point)))


def joined(left: Text, right: str, width: int, glyphs: Glyphs) -> Text:
    """`left`, cut where it must be, and `right` behind it.

    Not at the right edge: a terminal that is made narrower would break the line before it.
    """
    room = width - len(right) - (2 if right else 0)
    if left.cell_len > room:
        left = left.copy()
        left.truncate(max(1, room - 1))
        left.append(glyphs.cut)
    return Text.assemble(left, "  " if right else "", right, no_wrap=True, overflow="crop", end="\n")


def lasting(left: Text, right: str, width: int) -> Text:
    """What stays, on as many lines as it takes: nothing of it is cut."""
    first, *more = wrapped(left, width - INDENT)
    lines = [first, *(Text.assemble(" " * INDENT, line) for line in more)]
    if right and lines[-1].cell_len + 2 + len(right) <= width:
        lines[-1] = Text.assemble(lines[-1], "  ", right)
    elif right:
        lines.append(Text(" " * INDENT + right))
    text = Text("\n", end="\n").join(lines)
    text.no_wrap, text.overflow = True, "ignore"
    return text


def compiling(state: Compiling, width: int, glyphs: Glyphs) -> Text:
    """Objects done, and what is left in minutes."""
    percent = f" {100 * state.done // state.total} %" if state.total else ""
    count = f"{state.done} of {state.total} objects {percent}"
    return _barred("", state.done, state.total, f"{count}   {remaining(state.eta)}", width, glyphs)


def progress(state: Progress, width: int, glyphs: Glyphs) -> Text:
    """A step that counts one thing."""
    return _barred("", state.done, state.total, _counted(state), width, glyphs)


def sources(running: Sequence[tuple[str, float]], width: int, most: int, glyphs: Glyphs) -> list[Text]:
    """What compiles now, the longest first, in at most `most` lines."""
    ordered = sorted(running, key=lambda row: (-row[1], row[0]))
    shown = ordered if len(ordered) <= most else ordered[: max(0, most - 1)]
    names = [ending(name, width - INDENT - 12, glyphs) for name, _ in shown]
    column = max(map(len, names), default=0)
    lines = [
        joined(Text(f"{' ' * INDENT}{name:<{column}}"), duration(seconds), width, glyphs)
        for name, (_, seconds) in zip(names, shown, strict=True)
    ]
    if left := len(ordered) - len(shown):
        lines.append(Text(f"{' ' * INDENT}and {left} more"))
    return lines


def parts(states: Sequence[Progress], width: int, most: int, glyphs: Glyphs) -> list[Text]:
    """Several things under way, those that are not finished, in at most `most` lines."""
    under_way = [p for p in states if not finished(p)]
    shown = under_way if len(under_way) <= most else under_way[: max(0, most - 1)]
    column = min(WIDEST_PART, max((len(p.part) for p in shown), default=0))
    lines = [
        _barred(ending(p.part, column, glyphs).ljust(column) + "  ", p.done, p.total, _counted(p), width, glyphs)
        for p in shown
    ]
    if left := len(under_way) - len(shown):
        lines.append(Text(f"{' ' * INDENT}and {left} more"))
    return lines


def finished(part: Progress) -> bool:
    """Whether a part is through: a whole repository, all tests of a file. Objects are counted anew in each phase."""
    return part.unit in ("repositories", "tests") and part.total is not None and part.done >= part.total


def ending(name: str, room: int, glyphs: Glyphs) -> str:
    """The end of a long path, from a slash on where that fits: the file's name says most."""
    if len(name) <= room:
        return name
    tail = name[len(name) - max(1, room - 1) :]
    _, slash, rest = tail.partition("/")
    return glyphs.cut + (slash + rest if slash else tail)


def _counted(state: Progress) -> str:
    of = f" of {amount(state.total, state.unit)}" if state.total is not None else ""
    return f"{amount(state.done, state.unit)}{of} {unit(state.unit)}  {state.text}".rstrip()


def _barred(before: str, done: int, total: int | None, after: str, width: int, glyphs: Glyphs) -> Text:
    room = width - INDENT - len(before) - 2
    # A share of the line, whatever stands behind it: a bar that changes its length says nothing.
    share = min(WIDEST_BAR, int((width - len(before)) * SHARE))
    columns = max(NARROWEST_BAR, min(share, room - len(after)))
    after = after if len(after) <= room - columns else after[: max(0, room - columns - 1)] + glyphs.cut
    return Text.assemble(
        " " * INDENT, before, bar(done, total, columns, glyphs), "  ", after, no_wrap=True, overflow="crop"
    )
