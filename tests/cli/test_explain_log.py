import gzip
import io
import json
from pathlib import Path

import pytest

from mxbuild.cli import main
from mxbuild.errors import UNWELL

KNOWN = "g++ -c a.cc\n/usr/bin/ld: cannot find -lcblas\ncollect2: error: ld returned 1 exit status\n"
UNKNOWN = "src/a.cc:3:1: error: nobody has ever seen this\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "build.log"
    file.write_text(KNOWN)
    return file


def test_a_known_error_is_explained(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", str(log)]) == 0
    shown = capsys.readouterr().out
    for part in ("line 2: ", "cannot find -lcblas", "libopenblas-dev", "https://github.com/apache/mxnet/issues/9753"):
        assert part in shown


@pytest.mark.parametrize("text", [UNKNOWN, "all is well\n", ""])
def test_what_the_book_does_not_know_ends_with_a_code_of_its_own(
    log: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    log.write_text(text)
    assert main(["explain-log", str(log)]) == UNWELL
    shown = capsys.readouterr().out
    assert ("nobody has ever seen this" in shown) == (text == UNKNOWN)
    assert "cause" in shown or "2>&1" in shown


def test_json(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", "--json", str(log)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["explained"] is True
    assert told["diagnosis"]["first"]["line"] == 2
    assert told["diagnosis"]["first"]["explanation"]["id"] == "blas-atlas"


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(KNOWN.encode() + b"\xff\xfe\n")))
    assert main(["explain-log", "-"]) == 0
    assert capsys.readouterr().out.startswith("stdin: 4 lines")


def test_a_packed_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "build.log.gz"
    packed.write_bytes(gzip.compress(KNOWN.encode()))
    assert main(["explain-log", str(packed)]) == 0
    packed.write_bytes(packed.read_bytes()[:-20])
    assert main(["explain-log", str(packed)]) == 2
    packed.write_text("not packed")
    assert main(["explain-log", str(packed)]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_a_log_that_is_not_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-log", name]) == 2
    assert name in capsys.readouterr().err


def test_without_a_name_the_newest_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MXBUILD_STATE_DIR", str(tmp_path))
    assert main(["explain-log"]) == 2
    records = tmp_path / "builds" / "mini-1"
    records.mkdir(parents=True)
    (records / "make.log").write_text(KNOWN)
    assert main(["explain-log"]) == 0
    assert str(records / "make.log") in capsys.readouterr().out.replace("\n", "")


def test_a_password_in_a_url_is_not_shown(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.write_text(
        "fatal: unable to access 'https://me:hunter22@example.org/a/': Could not resolve host: example.org\n"
    )
    for more in ([], ["--json"]):
        assert main(["explain-log", *more, str(log)]) == 0
        assert "hunter22" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b", b"no gzip", gzip.compress(b"x" * 99)[:-9], gzip.compress(b"x" * 99)[:15]], ids=range(5)
)
def test_a_packed_log_that_is_none(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "make.log.gz"
    log.write_bytes(data)
    assert main(["explain-log", str(log)]) in (2, UNWELL)
    said = capsys.readouterr()
    assert "bug" not in said.err
