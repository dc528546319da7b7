"""Which files of tests are meant."""

from pathlib import Path

import pytest

from mxbuild.errors import UsageError
from mxbuild.execute.upstream.source import files


@pytest.fixture
def directory(tmp_path: Path) -> str:
    (tmp_path / "onnx").mkdir()
    for name in ("test_b.py", "test_a.py", "common.py", "onnx/test_a.py", "onnx/data.txt"):
        (tmp_path / name).touch()
    return str(tmp_path)


def test_all_of_them_by_name(directory: str) -> None:
    assert files(directory, ()) == ("onnx/test_a.py", "test_a.py", "test_b.py")


@pytest.mark.parametrize(
    ("only", "found"),
    [
        (["test_b.py"], ("test_b.py",)),
        (["test_*"], ("onnx/test_a.py", "test_a.py", "test_b.py")),
        (["onnx/*"], ("onnx/test_a.py",)),
        (["test_b.py", "test_b*"], ("test_b.py",)),
    ],
)
def test_those_that_are_asked_for(directory: str, only: list[str], found: tuple[str, ...]) -> None:
    assert files(directory, only) == found


def test_one_that_is_not_there(directory: str) -> None:
    with pytest.raises(UsageError, match=r"no test file test_bb\.py; did you mean test_b\.py\?"):
        files(directory, ["test_a.py", "test_bb.py"])
