from pathlib import Path

import msgspec
import pytest

from mxbuild import durable, environments
from mxbuild.errors import UsageError
from tests.cli.conftest import NAMES, prefix  # noqa: F401 - a fixture


def test_a_current_one_settles_what_would_be_ambiguous(prefix: Path) -> None:  # noqa: F811
    (prefix / "current").unlink()
    (prefix / "current").symlink_to(f"envs/{NAMES[2]}")
    assert environments.select(str(prefix), "toy").name == NAMES[2]
    with pytest.raises(UsageError, match="the beginning of 2 environments"):
        environments.select(str(prefix), "toy", unambiguous=True)


def test_a_whole_name_wins_over_a_longer_one(prefix: Path) -> None:  # noqa: F811
    (prefix / "envs" / NAMES[1]).rename(prefix / "envs" / "toy")
    assert environments.select(str(prefix), "toy", unambiguous=True).name == "toy"


def test_a_damaged_receipt_is_no_environment(prefix: Path) -> None:  # noqa: F811
    (prefix / "envs" / NAMES[0] / "receipt.json").write_text("{")
    assert [one.name for one in environments.installed(str(prefix))] == list(NAMES[1:])
    with pytest.raises(UsageError, match="no environment is the current one"):
        environments.select(str(prefix), None)


def test_exports_unset_what_would_lead_python_astray(prefix: Path) -> None:  # noqa: F811
    one = environments.select(str(prefix), None)
    changes = environments.exports(one, {"PATH": "/bin", "PYTHONHOME": "/elsewhere"})
    assert changes == {"VIRTUAL_ENV": one.path, "PATH": f"{one.path}/bin:/bin", "PYTHONHOME": None}


def test_what_a_killed_uninstall_left_is_swept_up_by_the_next(prefix: Path) -> None:  # noqa: F811
    leftover = prefix / "envs" / f"{durable.TRASH}1-old"
    (leftover / "lib").mkdir(parents=True)
    assert len(environments.installed(str(prefix))) == 3, "what was taken away is not there any more"
    environments.uninstall(str(prefix), environments.select(str(prefix), "mini"))
    assert not leftover.exists()


def test_uninstall_of_what_cannot_be_renamed_changes_nothing(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def refuse(source: str, target: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.rename", refuse)
    one = environments.select(str(prefix), None)
    with pytest.raises(PermissionError):
        environments.uninstall(str(prefix), one)
    assert environments.select(str(prefix), None) == one


def test_a_wheel_outside_of_the_prefix_is_never_removed(prefix: Path, tmp_path: Path) -> None:  # noqa: F811
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    one = environments.select(str(prefix), None)
    receipt = msgspec.structs.replace(one.receipt, wheel=f"{elsewhere}/toy.whl")
    environments.uninstall(str(prefix), msgspec.structs.replace(one, receipt=receipt), wheel=True)
    assert elsewhere.is_dir()


def test_size_counts_a_file_with_two_names_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    once = environments.size(str(tmp_path))
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert environments.size(str(tmp_path)) == once
    assert once >= 100_000
