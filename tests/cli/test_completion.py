"""TAB: what it offers where, that it costs little and says nothing, in real shells; and putting it into place."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from mxbuild.cli import cli, main, shells
from mxbuild.cli.completing import VARIABLE, WORDS
from mxbuild.cli.tree import root, walk
from tests import forks
from tests.cli.conftest import NAMES
from tests.cli.loading import loaded_by
from tests.cli.test_help import HEAVY

ROOT = Path(__file__).parents[2]
RECIPES = sorted(file.stem for file in (ROOT / "recipes").glob("*.toml"))


def offered(*words: str) -> list[str]:
    """Candidates for the last of the words; `<dir>` and `<file>` where the shell looks itself."""
    kind = get_completion_class("bash")
    assert kind is not None
    found = kind(cli, {}, "mxbuild", VARIABLE).get_completions(list(words[:-1]), words[-1])
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in found]


def test_commands_and_options_of_each() -> None:
    assert offered("") == [verb for verbs in cli.sections.values() for verb in verbs]  # type: ignore[attr-defined]
    assert offered("ins") == ["install"]
    assert "--cuda-arch" in offered("install", "--cuda-")
    assert offered("recipes", "va") == ["validate"]
    assert offered("--vers") == ["--version"]


def test_every_place_that_names_something_completes_it(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXBUILD_PREFIX", str(prefix))
    state = prefix.parent / "state"
    (state / "builds" / "mini-44201dbd").mkdir(parents=True)
    monkeypatch.setenv("MXBUILD_STATE_DIR", str(state))
    seen = set()
    for context in walk(root(cli)):
        for param in context.command.params:
            word = param.metavar or (param.name or "").upper()
            if (known := [w for w in re.findall("[A-Z_]+", word) if w in WORDS]) and param.type.name == "text":
                seen.add(known[0])
                assert param.shell_complete(context, ""), f"{context.command_path} {word}"
    assert seen >= set(WORDS) - {"USE_X=V", "FIRST", "SECOND", "LOG"}


def test_recipes_by_name_by_release_and_by_file(tmp_path: Path) -> None:
    assert offered("install", "") == RECIPES
    assert offered("check", "mxnet-1.6") == ["mxnet-1.6.0"]
    assert offered("check", "1.6") == ["1.6.0"]
    assert offered("plan", "./m") == ["<file>"]
    (tmp_path / "own.toml").write_text("")
    assert offered("install", "--recipe-dir", str(tmp_path), "ow") == ["own"]
    assert offered("recipes", "diff", "mxnet-0.12.1", "min") == ["mini"]


def test_environments_with_the_current_one_first(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered("uninstall", "--prefix", str(prefix), "") == list(NAMES)
    (prefix / "current").unlink()
    (prefix / "current").symlink_to(f"envs/{NAMES[2]}")
    monkeypatch.setenv("MXBUILD_PREFIX", str(prefix))
    assert offered("verify", "") == [NAMES[2], *NAMES[:2]]
    assert offered("run", "toy") == [NAMES[2], NAMES[1]]


def test_builds_with_the_latest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MXBUILD_STATE_DIR", str(tmp_path))
    assert offered("report", "") == []
    for age, name in enumerate(("mini-aa", "mini-bb")):
        (tmp_path / "builds" / name).mkdir(parents=True)
        os.utime(tmp_path / "builds" / name, (1000 - age, 1000 - age))
    assert offered("report", "") == ["mini-aa", "mini-bb"]
    assert offered("report", "--compare", "mini-b") == ["mini-bb"]


def test_features_and_flags_are_those_of_the_recipe() -> None:
    assert "onednn" in offered("install", "mxnet-1.6.0", "--with", "")
    assert "onednn" not in offered("install", "--with", "")
    assert offered("check", "--without", "openc") == ["opencv"]
    assert offered("plan", "mini", "--set", "USE_OPENCV") == ["USE_OPENCV=0", "USE_OPENCV=1"]
    assert offered("flags", "mxnet-1.9.1", "USE_F1") == ["USE_F16C"]
    assert offered("explain", "comp") == ["compiler"]


def test_what_can_be_explained_is_what_explain_knows(monkeypatch: pytest.MonkeyPatch, on_machine: object) -> None:
    on_machine("debian-12")  # type: ignore[operator]
    for subject in offered("explain", ""):
        if not subject.isupper():
            assert main(["explain", subject, "--json"]) in (0, 4), subject


def test_processors_are_those_of_this_architecture() -> None:
    import platform

    from mxbuild.resolve.target import names

    assert set(offered("install", "--target", "")) == {"generic", "native", *names(platform.machine())}


@pytest.mark.parametrize(
    "words", ["mxbuild run a b ", "mxbuild nonsense ", "mxbuild install --recipe-dir /none --with "]
)
def test_what_is_wrong_is_not_said_while_it_is_typed(words: str, tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)  # where root, that is left out of PATH, and otherwise said
    typed = {VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    environ = {**os.environ, **typed, "PATH": f"{tmp_path}/open:{os.environ['PATH']}", "HOME": "relative"}
    done = forks.mxbuild(environ=environ, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_key_press_loads_nothing_heavy() -> None:
    typed = [[""], ["install", ""], ["install", "--with", ""], ["run", ""], ["install", "--target", ""]]
    for loaded in loaded_by(typed, completion=True):
        assert not loaded & {*HEAVY, "archspec.cpu", "asyncio", "subprocess"}
        assert len([name for name in loaded if name.startswith("mxbuild.cli.verbs.")]) <= 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    (tmp_path / "a home").mkdir()
    monkeypatch.setattr(shells, "BASH_COMPLETION", str(tmp_path / "bash_completion"))
    return tmp_path / "a home"


@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".local/share/bash-completion/completions/mxbuild"),
        ("zsh", ".local/share/zsh/site-functions/_mxbuild"),
        ("fish", ".config/fish/completions/mxbuild.fish"),
    ],
)
def test_one_command_puts_it_into_place_and_one_takes_it_away(
    shell: str, file: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    if shell != "fish":
        (home / f".{shell}rc").write_text("own line")
    assert main(["completion", "--install", "--rc"]) == 0
    said = capsys.readouterr().out
    assert f"written: {home / file}\n" in said
    assert main(["completion", "--print"]) == 0
    assert (home / file).read_text() == capsys.readouterr().out
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert main(["completion", "--install", "--rc"]) == 0
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    again = capsys.readouterr().out
    assert f"{home / file} is as it should be\n" in again
    undo = [
        line.removeprefix("undo: ") for line in (*said.splitlines(), *again.splitlines()) if line.startswith("undo")
    ]
    assert undo[0] == undo[1]
    subprocess.run(["sh", "-c", undo[0]], check=True)
    left = [path for path in home.rglob("*") if path.is_file()]
    assert left == ([] if shell == "fish" else [home / f".{shell}rc"])
    assert all(path.read_text() == "own line\n" for path in left)


def test_no_startup_file_is_touched_unasked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh", "--install"]) == 0
    assert not (home / ".zshrc").exists()
    said = capsys.readouterr().out
    assert f"{home}/.zshrc needs this line at its end, or give --rc:\n\n    " in said
    assert f"source '{home}/.local/share/zsh/site-functions/_mxbuild'\n" in said


def test_a_bash_that_loads_completions_needs_no_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".bashrc").write_text("# . /usr/share/bash-completion/bash_completion\n")
    (tmp_path / "bash_completion").touch()
    assert main(["completion", "bash", "--install"]) == 0
    assert ".bashrc needs this line" in capsys.readouterr().out
    (home / ".bashrc").write_text("if x; then\n  . /usr/share/bash-completion/bash_completion\nfi\n")
    assert main(["completion", "bash", "--install", "--rc"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "each new bash completes mxbuild"
    assert "source" not in (home / ".bashrc").read_text()


@pytest.mark.parametrize(
    ("words", "shell", "said"),
    [
        ((), "/bin/dash", "SHELL is /bin/dash, and there is no completion for it"),
        ((), "", "SHELL does not say which shell"),
        (("powershell",), "/bin/bash", "powershell"),
        (("--install", "--print"), "/bin/bash", "contradict"),
        (("--rc",), "/bin/bash", "--rc is about --install"),
    ],
)
def test_what_cannot_be_is_said(
    words: tuple[str, ...], shell: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", shell)
    assert main(["completion", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".config").write_text("a file")
    assert main(["completion", "fish", "--install"]) == 2
    assert "mxbuild.fish cannot be written: Not a directory" in capsys.readouterr().err


# In real shells.


@pytest.fixture
def real(home: Path, tmp_path: Path, prefix: Path) -> dict[str, str]:
    """An environment with mxbuild on PATH and installed completions."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mxbuild").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m mxbuild "$@"\n')
    (tmp_path / "bin" / "mxbuild").chmod(0o755)
    for shell in shells.SHELLS:
        assert main(["completion", shell, "--install", "--rc"]) == 0
    return {
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin", "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8",
        "MXBUILD_PREFIX": str(prefix),
    }  # fmt: skip


def needs(shell: str) -> str:
    where = shutil.which(shell)
    if not where:
        pytest.skip(f"no {shell} here: apt-get install {shell}")
    return where


def test_bash(real: dict[str, str]) -> None:
    script = """
        complete -p mxbuild
        for words in 'mxbuild inst' 'mxbuild install mxnet-1.6' 'mxbuild rollback toy-1.2-cpu-py3.9'; do
            COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
            _mxbuild_completion mxbuild; echo "${COMPREPLY[@]}"
        done
    """
    done = subprocess.run(
        [needs("bash"), "--rcfile", f"{real['HOME']}/.bashrc", "-ic", script], env=real, text=True, capture_output=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "complete -o nosort -F _mxbuild_completion mxbuild", "install", "mxnet-1.6.0", NAMES[2]
    ], done.stderr  # fmt: skip


def test_fish(real: dict[str, str]) -> None:
    script = "for words in 'mxbuild inst' 'mxbuild install mxnet-1.6'; complete -C $words; end"
    done = subprocess.run(
        [needs("fish"), "-c", script], env=real, text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["install", "mxnet-1.6.0"], done.stderr


def test_zsh(real: dict[str, str]) -> None:
    """With its own .zshrc, at a terminal: TAB, and what the line is then."""
    master, slave = pty.openpty()
    shell = subprocess.Popen(
        [needs("zsh"), "-i"],
        env={**real, "PS1": "ready> "},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    try:
        os.close(slave)
        until(master, b"ready> ")  # it takes no keys before its line editor is there
        os.write(master, b"mxbuild install mxnet-1.6\t")
        assert b"1.6.0" in until(master, b"1.6.0")
    finally:
        shell.kill()
        shell.wait()
        os.close(master)


def until(terminal: int, wanted: bytes, seconds: float = 20) -> bytes:
    """What a terminal shows, up to `wanted`."""
    seen, deadline = b"", time.monotonic() + seconds
    while wanted not in seen and (left := deadline - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            seen += os.read(terminal, 4096)
    return seen
