"""Lines at the bottom of what was written that are drawn over; what is said goes above them and stays.

rich's own Live goes up by as many rows as it wrote lines. A terminal that was made narrower has meanwhile broken them
into more, and what of them is not reached stays for good: so the rows are counted anew each time. Out of reach is a row
that tmux pushes out at the top of a screen that is not full, and one that is drawn after it has broken the lines and
before it tells of the new width, which takes it up to a quarter of a second.
"""

from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.text import Text

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
"""The cursor."""
CLEAR, UP = "\r\x1b[2K", "\x1b[1A"


class Region:
    """For one writer at a time.

    Args:
        reflows: the terminal breaks lines anew when its width changes, as most do; real xterm cuts them.
    """

    def __init__(self, console: Console, *, reflows: bool = True) -> None:
        self._console = console
        self._reflows = reflows
        self._widths: Sequence[int] = ()
        """Columns of each line that stands there now."""
        self._hidden = False

    def draw(self, lines: Iterable[Text], said: RenderableType | None = None) -> None:
        """Take away what stands there, write `said` for good, and the lines below it, in one piece.

        Args:
            lines: each fits into a row; none: the region is gone, and the cursor is back.
        """
        console = self._console
        rendered = [line for text in lines for line in console.render_lines(text, pad=False)]
        with console.capture() as captured:
            if said is not None:
                console.print(said, soft_wrap=isinstance(said, Text) and said.no_wrap is True)
            for line in rendered:
                console.print(_Line(line), end="")
                console.print()
        before = self._erased()  # as late as can be: the terminal may change while the lines are laid out
        self._widths = [Segment.get_line_length(line) for line in rendered]
        shown = captured.get().removesuffix("\n") if rendered else captured.get()
        cursor = "" if self._hidden == bool(rendered) else HIDE if rendered else SHOW
        self._hidden = bool(rendered)
        if before or shown:
            console.file.write(f"{before}{shown}{cursor}")
            console.file.flush()

    def _erased(self) -> str:
        """Codes that put the cursor where the region begins, with nothing left of it."""
        if not self._widths:
            return ""
        width = max(1, self._console.width)
        rows = sum(max(1, -(-columns // width)) if self._reflows else 1 for columns in self._widths)
        return CLEAR + (UP + CLEAR) * (rows - 1)


class _Line:
    """Segments as they are."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments

    def __rich_console__(self, *_: object) -> Iterable[Segment]:
        yield from self.segments
