"""Which version it says: at a tag, after it, changed, without a tag, without git; and that it is cheap."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mxbuild import version

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """git in a repository with one commit."""
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
    }  # fmt: skip

    def run(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *words], env=environ, text=True, capture_output=True, check=True
        )
        return done.stdout.strip()

    run("init", "-q")
    (tmp_path / "file").write_text("")
    run("add", "file")
    run("commit", "-q", "-m", "one")
    return run


def said(tmp_path: Path) -> str:
    return version.checked_out(str(tmp_path))


def test_by_git(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = git("rev-parse", "--short=9", "HEAD")
    assert said(tmp_path) == f"0.1.dev1+g{node}"
    git("tag", "other-2.0")
    git("tag", "v0.9.1")
    assert said(tmp_path) == "0.9.1"
    (tmp_path / "file").write_text("changed")
    assert said(tmp_path) == f"0.9.2.dev0+g{node}.dirty"
    git("commit", "-q", "-a", "-m", "two")
    after = f"0.9.2.dev1+g{git('rev-parse', '--short=9', 'HEAD')}"
    assert said(tmp_path) == after
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as in a hook of another repository
    assert said(tmp_path) == after
    monkeypatch.setenv("PATH", "/nowhere")
    assert said(tmp_path) == ""


def test_without_git_it_is_what_was_built_or_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mxbuild").mkdir()
    monkeypatch.setattr(version, "PACKAGE", str(tmp_path / "mxbuild"))
    assert version.version.__wrapped__() == version.UNKNOWN
    (tmp_path / ".git").mkdir()
    assert version.version.__wrapped__() == version.UNKNOWN
    import sys
    import types

    built = types.ModuleType("mxbuild._version")
    built.VERSION = "7.8.9"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mxbuild._version", built)
    assert version.version.__wrapped__() == "7.8.9"


@pytest.mark.parametrize(
    ("whole", "part"),
    [("1.2.3", "1.2.3"), ("1.2.4.dev3+g1a2b", "1.2.4"), ("0.1.dev7+g1", "0.1"), ("0.0+unknown", "0.0")],
)
def test_wheels_of_ours_name_the_release(whole: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same build gives the same wheel at each commit between two releases."""
    monkeypatch.setattr(version, "version", lambda: whole)
    assert version.release() == part


def test_the_package_has_it_for_who_asks() -> None:
    import mxbuild

    assert mxbuild.__version__ == version.version()
    with pytest.raises(AttributeError, match="nonsense"):
        mxbuild.nonsense  # type: ignore[attr-defined]  # noqa: B018
