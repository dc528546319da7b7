import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mxbuild.compile.ledger import Ledger, read


def line(event: str, name: str, pid: int = 1, **more: Any) -> bytes:
    entry = {"event": event, "source": f"{name}.cc", "object": f"/t/{name}.o", "pid": pid, "start": 1.0, **more}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def end(name: str, pid: int = 1, code: int = 0) -> bytes:
    return line("end", name, pid, end=3.5, code=code, memory=5, cpu=2.0, size=7)


def test_none_is_empty(tmp_path: Path) -> None:
    book = read(str(tmp_path / "none"))
    assert (book.finished, book.running) == ({}, {})


def test_a_later_line_supersedes_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(line("start", "a") + end("a") + line("start", "b", 2) + line("start", "a", 3))
    book = read(str(path))
    assert list(book.running) == ["/t/b.o", "/t/a.o"]
    assert not book.finished, "what is compiled anew is not there any more"
    path.write_bytes(path.read_bytes() + end("a", 3, code=1))
    book = read(str(path))
    assert book.finished["/t/a.o"].code == 1
    assert list(book.running) == ["/t/b.o"]


def test_the_end_of_a_compile_that_was_superseded_counts_for_nothing(tmp_path: Path) -> None:
    """An orphan of a killed run, which ends while the next run compiles the same object."""
    path = tmp_path / "ledger"
    path.write_bytes(line("start", "a", 1) + line("start", "a", 2) + end("a", 1))
    book = read(str(path))
    assert list(book.running) == ["/t/a.o"]
    assert not book.finished


def test_it_grows_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(line("start", "old") + end("old"))
    book = Ledger(str(path), offset=path.stat().st_size)
    whole = line("start", "a") + end("a")
    for cut in range(0, len(whole) + 1, 7):
        path.write_bytes(line("start", "old") + end("old") + whole[:cut])
        book.update()
    path.write_bytes(line("start", "old") + end("old") + whole)
    book.update()
    assert list(book.finished) == ["/t/a.o"]
    assert not book.running


@given(cut=st.integers(0, 400), junk=st.binary(max_size=30))
def test_a_torn_line_costs_itself_alone(tmp_path_factory: Any, cut: int, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("l") / "ledger"
    torn = end("torn")[:-1][:cut]
    path.write_bytes(end("before") + torn + junk.replace(b"\n", b"") + end("after"))
    names = set(read(str(path)).finished)
    assert names - {"/t/torn.o"} == {"/t/before.o", "/t/after.o"}


def test_names_are_compared_as_paths(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(end("x/../y/./a"))
    assert list(read(str(path)).finished) == ["/t/y/a.o"]


def test_when_the_compiler_itself_began_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(line("start", "a") + line("compile", "a", 0))
    assert list(read(str(path)).running) == ["/t/a.o"]
    path.write_bytes(path.read_bytes() + end("a") + line("compile", "b", 0))
    assert (list(read(str(path)).finished), list(read(str(path)).running)) == (["/t/a.o"], [])
