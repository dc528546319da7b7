"""Colour, width, encoding and liveness are taken from the stream and the environment, from nowhere else."""

import io
import os
import re
from collections.abc import Mapping

import pytest

from mxbuild.ui import console, failure, layout, receipt
from tests.ui import values

SGR = re.compile(r"\x1b\[([0-9;]*)m")


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined, no-any-return]


def show(environ: Mapping[str, str], encoding: str = "utf-8") -> str:
    stream = Terminal(encoding)
    out = console.screen(stream, environ, width=80)
    out.show(*receipt.screen(values.FAILED_RECEIPT, values.ENVIRONMENT, out.glyphs))
    out.show(*failure.screen(values.HOST_ERROR, out.glyphs))
    return stream.shown()


def test_a_terminal_gets_colour_that_can_be_read_on_any_background() -> None:
    codes = {
        int(code) for match in SGR.finditer(show({"TERM": "xterm-256color"})) for code in match[1].split(";") if code
    }
    assert codes
    assert codes <= {0, 1, 31, 32, 35}, "bold, red, green and magenta: nothing dim, no yellow, white or background"


@pytest.mark.parametrize("environ", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_refused(environ: dict[str, str]) -> None:
    colours = [c for c in SGR.findall(show(environ)) if set(c.split(";")) - {"", "0", "1"}]
    assert not colours


def test_an_encoding_without_our_glyphs_gets_ascii() -> None:
    assert "✗" in show({"TERM": "xterm"})
    show({"TERM": "xterm"}, "latin-1").encode("ascii")


def test_without_a_terminal_there_is_no_colour_and_nothing_is_redrawn() -> None:
    out = console.screen(io.StringIO(), {"TERM": "xterm"})
    assert not out.live
    assert out.console.color_system is None
    assert out.width == 100


def test_forced_colour_is_colour_only() -> None:
    out = console.screen(io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"})
    assert not out.live, "a log with colours is a log still"


@pytest.mark.parametrize(
    ("columns", "width"), [("132", 132), ("20", 60), ("500", 200), ("", 100), ("wide", 100), ("0", 100)]
)
def test_width_comes_from_columns_and_has_bounds(columns: str, width: int) -> None:
    assert console.screen(io.StringIO(), {"COLUMNS": columns}).width == width


@pytest.mark.parametrize(("term", "live"), [("xterm", True), ("dumb", False), ("", False)])
def test_only_a_terminal_that_can_move_its_cursor_is_live(term: str, live: bool) -> None:
    assert console.screen(Terminal(), {"TERM": term}).live is live


def test_plain_text_takes_nothing_from_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    before = receipt.render(values.RECEIPT, values.ENVIRONMENT)
    for name, value in {"COLUMNS": "61", "FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setitem(os.environ, name, value)
    assert receipt.render(values.RECEIPT, values.ENVIRONMENT) == before


def test_a_table_leaves_columns_out_rather_than_cut_them() -> None:
    lines = [
        ("name", "day", "size", "here"),
        ("mxnet-0.12.1", "2017-11-06", "105 MB", "no, for a reason of many words"),
    ]
    wide = console.text(layout.Fitting(lines, spare=(1, 2), prose=12), width=70).splitlines()
    assert wide[1].split("  ") == ["mxnet-0.12.1", "2017-11-06", "105 MB", "no, for a reason of many words"]
    assert console.text(layout.Fitting(lines, spare=(1, 2), prose=12), width=34).splitlines() == [
        "name          size    here",
        "mxnet-0.12.1  105 MB  no, for a",
        "                      reason of",
        "                      many words",
    ]
    short = console.text(layout.Fitting([line[:3] for line in lines], spare=(1,)), width=20).splitlines()
    assert short == ["name          size", "mxnet-0.12.1  105 MB"]
