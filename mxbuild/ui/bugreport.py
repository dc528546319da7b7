"""What a report holds, and where it lies."""

import os
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text

from mxbuild.bugreport import Member
from mxbuild.ui.console import HEAD, PIPED, text
from mxbuild.ui.layout import heading, pairs, plural, rows, verbatim
from mxbuild.ui.quantities import size


def render(members: Sequence[Member], path: str, taken: int, width: int = PIPED) -> str:
    """The screen as plain text."""
    return text(*screen(members, path, taken), width=width)


def screen(members: Sequence[Member], path: str, taken: int) -> Iterator[RenderableType]:
    """The members that say what they are, the others counted.

    Args:
        taken: bytes of the archive.
    """
    told = [member for member in members if member.what]
    for place, group in groupby(told, key=lambda member: os.path.dirname(member.name)):
        if place:
            yield verbatim(f"{place}/", indent=2)
        lines = [(os.path.basename(m.name), size(len(m.data)), m.what) for m in group]
        yield rows(lines, indent=4 if place else 2, fixed=2)
    if more := sum(not m.what for m in members):
        yield Text(f"  and {plural(more, 'file')} of the machine")
    yield heading("Written")
    yield from pairs([("archive", path), ("size", size(taken))])
    yield Text("\nPasswords, tokens and the names of user and machine were taken out. Look before you hand it on:")
    yield verbatim(f"tar -tvzf {shlex.quote(path)}", indent=4, style=HEAD)
