"""Consoles made from a stream and an environment. Nothing here is global.

No style is dim, no colour carries meaning alone, no background is set: the same screen has to be read on white, on
black, without colour, and in ASCII.
"""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.text import Text

from mxbuild.foreign import inert
from mxbuild.ui import github

GOOD = "green"
BAD = "bold red"
WARN = "bold magenta"
HEAD = "bold"

NARROWEST, WIDEST = 60, 200
CUTTING = ("screen", "linux", "st-", "vt")
"""Terminals, by TERM, that cut their lines when they become narrower; xterm has a variable of its own."""
PIPED = 100
"""Columns where nobody says how wide the output is."""


@dataclass(frozen=True)
class Glyphs:
    """Signs of one column each."""

    done: str
    failed: str
    skipped: str
    untried: str
    """Could not be run on this machine, which is no failure."""
    running: str
    warning: str
    full: str
    """A bar's done part, its point, and the rest."""
    point: str
    rest: str
    cut: str
    """Stands for what was left out of a long name."""


UNICODE = Glyphs(
    done="✓", failed="✗", skipped="–", untried="○", running="▸", warning="!", full="━", point="╸", rest="─", cut="…"
)
ASCII = Glyphs(
    done="+", failed="x", skipped="-", untried="o", running=">", warning="!", full="=", point=">", rest=".", cut="~"
)


class Stream(Console):
    """A console on which foreign text does nothing, and that hands a broken pipe on to its caller.

    rich takes a few control characters out of a Text, and lets ESC, C1 and changes of writing direction through; its
    own answer to a broken pipe ends the process.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments, each without what a terminal would obey; rich's own codes are no text of a segment."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=inert(segment.text))

    def on_broken_pipe(self) -> None:
        """Hand the error on."""
        raise BrokenPipeError


@dataclass(frozen=True)
class Screen:
    """A stream, how it is written to, and what it can show."""

    console: Console
    glyphs: Glyphs
    live: bool
    """Whether lines can be redrawn: a terminal that is not dumb."""
    reflows: bool = True
    """Whether it breaks its lines anew where its width changes."""

    @property
    def width(self) -> int:
        return max(NARROWEST, min(WIDEST, self.console.width))

    def show(self, *parts: RenderableType) -> None:
        """Write `parts` below each other. Lines have no blanks at their ends, and nothing is cut off."""
        with self.console.capture() as captured:
            self.console.print(Group(*parts), crop=False, width=self.width)
        self.console.file.write(_stripped(captured.get()))
        self.console.file.flush()

    def line(self, line: Text) -> None:
        """Write one line as it is, however long."""
        self.console.print(line, soft_wrap=True)
        self.console.file.flush()

    def command(self, line: str) -> None:
        """Write one line of our own that a CI service obeys."""
        file: object = self.console.file
        stream = file.stream if isinstance(file, github.Guard) else self.console.file
        stream.write(f"{line}\n")
        stream.flush()


def screen(stream: TextIO, environ: Mapping[str, str], width: int | None = None) -> Screen:
    """A screen on `stream`.

    Args:
        environ: NO_COLOR, FORCE_COLOR, TERM and COLUMNS are heeded; GITHUB_ACTIONS: nothing that is shown is a command.
        width: columns; None: the terminal's own, or COLUMNS, or 100.
    """
    terminal = stream.isatty()
    if width is None and not terminal:
        columns = environ.get("COLUMNS", "")
        width = int(columns) if re.fullmatch("0*[1-9][0-9]{0,4}", columns) else PIPED
    console = Stream(
        file=github.guarded(stream, environ), width=width, markup=False, highlight=False, emoji=False, _environ=environ
    )
    unicode = console.encoding.replace("-", "").startswith("utf")
    return Screen(
        console=console,
        glyphs=UNICODE if unicode else ASCII,
        live=terminal and environ.get("TERM", "") not in ("", "dumb"),
        reflows="TMUX" in environ or not ("XTERM_VERSION" in environ or environ.get("TERM", "").startswith(CUTTING)),
    )


def text(*parts: RenderableType, width: int = PIPED) -> str:
    """`parts` as plain text: no colour, nothing taken from the surroundings."""
    file = io.StringIO()
    console = Stream(
        file=file, width=width, color_system=None, force_terminal=False, markup=False, highlight=False, emoji=False,
        _environ={},
    )  # fmt: skip
    console.print(Group(*parts), crop=False)
    return _stripped(file.getvalue())


def _stripped(output: str) -> str:
    return "".join(line.rstrip(" \n") + "\n" for line in output.splitlines(keepends=True))
