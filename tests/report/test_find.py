from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import UsageError
from mxbuild.report.find import Found, find
from tests.report.records import NAME, OTHER, compiled, environment, log, where, write
from tests.report.test_read import BEGUN
from tests.ui import values


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, compiled("a", 0, 4, pid=1))
    write(tmp_path, compiled("a", 900, 904, pid=1, name=OTHER), name=OTHER)
    environment(tmp_path, values.NAME)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (None, OTHER),  # compiled last
        ("1a2b", NAME),
        ("1a2b3c4d5e6f", NAME),
        ("toy-1.2-1af", OTHER),
        (NAME, NAME),
        (values.NAME, NAME),
        ("toy-1.2-cpu", NAME),
    ],
)
def test_what_is_meant(root: Path, name: str | None, found: str) -> None:
    assert find(where(root), name).records.name == found


def test_the_receipt_is_the_named_environments(root: Path) -> None:
    older = msgspec.structs.replace(values.RECEIPT, finished=5.0)
    environment(root, "toy-1.2-cpu-py3.9-00000000", older)
    assert find(where(root), "1a2b").receipt == values.RECEIPT
    assert find(where(root), "toy-1.2-cpu-py3.9").receipt == older
    assert find(where(root), OTHER).receipt is None


def test_the_compilation_before(root: Path) -> None:
    found = find(where(root), "1a2b~1")
    assert (found.records.name, found.earlier) == (NAME, 1)
    assert find(where(root), "~1").records.name == OTHER


@pytest.mark.parametrize(
    ("name", "part"),
    [("1a", "1a is the beginning of 2 builds"), ("1a2c", "there is no build 1a2c; did you mean 1a2b3c4d5e6f?")],
)
def test_what_is_not_clear_is_said_with_what_there_is(root: Path, name: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(where(root), name)
    assert caught.value.message == part
    assert caught.value.details == (
        f"{OTHER}  2023-11-14 22:28 UTC", f"{NAME}  2023-11-14 22:13 UTC",
    )  # fmt: skip


def test_nothing_was_ever_built(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find(where(tmp_path), None)
    assert caught.value.message == f"no build is recorded under {tmp_path}/state"


def test_an_environment_whose_wheel_came_out_of_a_store(root: Path) -> None:
    fetched = msgspec.structs.replace(values.RECEIPT, fingerprint="9" * 12, origin="built on elsewhere")
    environment(root, "toy-1.2-cpu-py3.11-store", fetched)
    with pytest.raises(UsageError) as caught:
        find(where(root), "toy-1.2-cpu-py3.11-store")
    assert "no build is recorded for toy-1.2-cpu-py3.11-store" in caught.value.message
    assert caught.value.details == ("wheel: built on elsewhere",)
    directory = Path(where(root).state, "builds", f"toy-1.2-{fetched.fingerprint}")
    directory.mkdir()
    log(directory, (2000.0, BEGUN))
    for name in ("toy-1.2-cpu-py3.11-store", None):
        assert find(where(root), name) == Found(directory, fetched, 0), "it is the latest, too"
