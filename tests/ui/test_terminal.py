"""What compilers, servers and files say cannot write to the terminal, hide, or turn around what stands beside it."""

import io
from typing import Any, get_args

import msgspec
import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mxbuild.errors import BuildError, Complaint, HostError
from mxbuild.foreign import ACTIVE
from mxbuild.model import Event
from mxbuild.ui import events, failure
from mxbuild.ui.console import UNICODE, Screen, screen, text
from mxbuild.ui.plain import Plain
from mxbuild.ui.progress import LiveScreen
from tests.ui.test_events import EVENTS

HOSTILE = (
    "\x1b]52;c;Y2FuYXJ5\x07"  # writes the clipboard
    "\x1b[2J\x1b[H\x1b[8m\x1b[?1049h"  # clears, hides, leaves the screen
    "\x9b31m\x90q\x9c"  # the same in C1
    "\x1b[6n\x1bP+q544e\x1b\\"  # asks the terminal, whose answer is typed into the shell
    "\r\x08\x7f\x00"
    "\u202eexe.\u2066\u2028\u200f\ufeff\U000e0041"
)


def hostile(value: Any) -> Any:
    """The event with hostile text in each of its texts, but for those that are one of a few words."""
    if isinstance(value, msgspec.Struct):
        free = {f.name for f in msgspec.structs.fields(value) if "Literal" not in str(f.type)}
        return msgspec.structs.replace(value, **{n: hostile(getattr(value, n)) for n in free})
    if isinstance(value, tuple):
        return tuple(map(hostile, value))
    return f"a{HOSTILE}b" if isinstance(value, str) else value


def terminal(stream: io.StringIO) -> Screen:
    console = screen(stream, {"TERM": "xterm-256color", "FORCE_COLOR": "1"}, 80).console
    return Screen(console=console, glyphs=UNICODE, live=True)


def acts(written: str) -> list[str]:
    """What is in there that rich does not write itself: it moves up, erases lines, hides the cursor, and colours."""
    return [sign for sign in ("\x1b]", "\x1b[2J", "\x1b[8m", "\x1b[?1049", "\x1bP", "\x1b[6n") if sign in written] + [
        c for c in ACTIVE.findall(written) if c not in "\x1b\r"
    ]


def test_every_event_has_hostile_text() -> None:
    assert {type(event) for event in map(hostile, EVENTS)} == set(get_args(Event))
    assert all(r"\u001b]52" in msgspec.json.encode(hostile(event)).decode() for event in EVENTS)


@pytest.mark.parametrize("event", [hostile(event) for event in EVENTS], ids=lambda event: type(event).__name__)
def test_an_event_shows_and_does_not_act(event: Event) -> None:
    log = io.StringIO()
    with Plain(screen(log, {"TERM": "dumb"}), verbose=True, clock=iter(range(0, 10_000, 100)).__next__) as plain:
        plain.watch(event)
    assert not ACTIVE.search(log.getvalue())
    drawn = io.StringIO()
    with LiveScreen(terminal(drawn), verbose=True) as live:
        live.watch(hostile(EVENTS[0]))
        live.watch(event)
        live.refresh()
    assert "]52;c" in drawn.getvalue(), "it was shown"
    assert acts(drawn.getvalue()) == []
    said = io.StringIO()
    events.JsonLines(said).watch(event)
    assert not ACTIVE.search(said.getvalue())
    assert said.getvalue().count("\n") == 1


def test_a_failure_shows_and_does_not_act() -> None:
    error = BuildError(f"a{HOSTILE}", details=[HOSTILE, f"log: {HOSTILE}", f"cause: {HOSTILE}"], remedy=HOSTILE)
    host = HostError(HOSTILE, complaints=[Complaint(HOSTILE, HOSTILE)], nearest=HOSTILE)
    for one in (error, host):
        assert not ACTIVE.search(failure.render(one, step=HOSTILE, resume=HOSTILE))
        assert not ACTIVE.search(events.line(events.failed(one, step=HOSTILE)))
        stream = io.StringIO()
        terminal(stream).show(*failure.screen(one, UNICODE, step=HOSTILE, resume=HOSTILE))
        assert acts(stream.getvalue()) == []


def test_documents_do_not_act() -> None:
    assert not ACTIVE.search(events.document({"a": HOSTILE, HOSTILE: [HOSTILE]}))
    assert not ACTIVE.search(events.line(events.result(wheel=HOSTILE)))


def test_a_layout_is_as_wide_as_it_was_worked_out() -> None:
    table = Table("name", "value")
    table.add_row(f"a{HOSTILE}", "b")
    assert len({len(line) for line in text(table).splitlines()[1:3]}) == 1


def test_richs_own_console_would_let_it_through() -> None:
    """Why there is one of our own."""
    stream = io.StringIO()
    Console(file=stream, force_terminal=True).print(Text(HOSTILE))
    assert "\x1b]52" in stream.getvalue()
