"""What a git of ours sees of the world. An alias of git's runs a shell, which can look around."""

import os
from pathlib import Path

import pytest

from mxbuild.errors import Interrupted, SourceError
from mxbuild.execute.git import Advance, Git
from mxbuild.execute.gitfailure import GitFailedError
from tests.execute.gitworld import ENVIRON


def said(git: Git, script: str, **options: object) -> str:
    return git.run("/", "-c", f"alias.look=!{script}", "look", **options).stdout.decode()  # type: ignore[arg-type]


def test_the_environment_is_the_callers_without_what_leads_git_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THIS_PROCESS", "x")
    monkeypatch.setenv("GIT_WORK_TREE", "/x")
    caller = {**ENVIRON, "https_proxy": "http://user:secret@proxy", "GIT_SSL_CAINFO": "/ca", "GIT_PAGER": "x"}
    caller["GIT_CONFIG_COUNT"] = "0"
    git = Git(caller)
    seen = dict(line.split("=", 1) for line in said(git, "env").splitlines() if "=" in line)
    assert seen["https_proxy"] == "http://user:secret@proxy"
    assert seen["GIT_SSL_CAINFO"] == "/ca"
    assert seen["GIT_CONFIG_COUNT"] == "0"
    assert {name: seen.get(name) for name in ("OF_THIS_PROCESS", "GIT_WORK_TREE", "GIT_PAGER")} == {
        "OF_THIS_PROCESS": None, "GIT_WORK_TREE": None, "GIT_PAGER": None,
    }  # fmt: skip
    assert (seen["GIT_TERMINAL_PROMPT"], seen["GIT_PROTOCOL_FROM_USER"], seen["LC_ALL"]) == ("0", "0", "C.UTF-8")
    assert seen["GIT_ALLOW_PROTOCOL"] == "none"
    assert "GIT_ALLOW_PROTOCOL=https\n" in said(git, "env", protocol="https")


def test_no_value_of_the_environment_shows_in_the_list_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PASSWORD", "secret-of-this-process")
    git = Git({**ENVIRON, "https_proxy": "http://user:secret-of-the-proxy@proxy"})
    commands = said(git, "cat /proc/$PPID/cmdline /proc/self/cmdline")
    assert "hooksPath=/dev/null" in commands
    assert "secret" not in commands


def test_stdin_is_closed_and_the_session_its_own() -> None:
    git = Git(ENVIRON)
    assert said(git, "readlink /proc/self/fd/0") == "/dev/null\n"
    session = said(git, "ps -o sid= -p $$").strip() if os.path.exists("/usr/bin/ps") else "0"
    assert session != str(os.getsid(0))


def test_output_and_remarks_come_as_they_are_and_progress_apart() -> None:
    seen: list[Advance] = []
    script = (
        "printf 'Receiving objects:   5%% (1/20)\\rReceiving objects: 100%% (20/20), 1.20 MiB | 2.40 MiB/s, done.\\n"
        "remote: Counting objects: 3, done.\\nwarning: \\377 odd\\n' >&2; printf 'a\\000b\\r\\n'"
    )
    reply = Git(ENVIRON).run("/", "-c", f"alias.look=!{script}", "look", progress=seen.append)
    assert reply.stdout == b"a\0b\r\n"
    assert reply.notes == ("warning: \\xff odd",)
    assert seen == [
        Advance("Receiving objects", 1, 20, ""),
        Advance("Receiving objects", 20, 20, "1.20 MiB | 2.40 MiB/s"),
    ]


def test_a_failure_keeps_status_and_words() -> None:
    with pytest.raises(GitFailedError) as caught:
        said(Git(ENVIRON), "echo fatal: no >&2; exit 7")
    assert (caught.value.code, caught.value.reason) == (7, "fatal: no")


def test_after_a_stop_nothing_starts() -> None:
    git = Git(ENVIRON)
    git.stop()
    with pytest.raises(Interrupted):
        git.run("/", "version")


def test_a_git_that_does_not_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/nonexistent/interpreter\n")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(SourceError, match="cannot be started"):
        Git({**ENVIRON, "PATH": str(tmp_path)})
    (tmp_path / "git").write_text("#!/bin/sh\necho hello\n")
    with pytest.raises(SourceError, match="does not say its version"):
        Git({**ENVIRON, "PATH": f"{tmp_path}:{ENVIRON['PATH']}"})
