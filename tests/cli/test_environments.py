"""list, env, run, uninstall: in processes of their own, as a shell starts them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mxbuild.cli import main
from tests import forks
from tests.cli.conftest import NAMES, Run


def test_list_marks_the_current_one(mxbuild: Run) -> None:
    done = mxbuild("list")
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["✓", NAMES[0]], [NAMES[1], "1.2"], [NAMES[2], "1.2"],
    ]  # fmt: skip
    assert "half-done" not in done.stdout


def test_list_as_json(mxbuild: Run, prefix: Path) -> None:
    rows = json.loads(mxbuild("list", "--json").stdout)
    assert [(row["name"], row["current"]) for row in rows] == [(NAMES[0], True), (NAMES[1], False), (NAMES[2], False)]
    assert rows[0]["path"] == f"{prefix}/envs/{NAMES[0]}"
    assert rows[0]["bytes"] > 0
    assert rows[0]["receipt"]["release"] == "1.2"


def test_an_empty_prefix_lists_nothing_and_is_no_error(mxbuild: Run, tmp_path: Path) -> None:
    done = mxbuild("list", "--prefix", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (0, f"nothing is installed under {tmp_path}/none\n")
    assert json.loads(mxbuild("list", "--json", "--prefix", str(tmp_path / "none")).stdout) == []


@pytest.mark.parametrize("shell", [s for s in ("sh", "bash", "zsh", "dash") if shutil.which(s)])
def test_a_shell_can_evaluate_env(shell: str, mxbuild: Run, prefix: Path) -> None:
    exports = mxbuild("env").stdout
    script = f'{exports}\nprintf "%s\\n" "$VIRTUAL_ENV" "$PATH"; hello there'
    done = subprocess.run(
        [shell, "-c", script], env={"PATH": "/usr/bin:/bin"}, text=True, capture_output=True, check=False
    )
    where = f"{prefix}/envs/{NAMES[0]}"
    assert done.stderr == ""
    assert done.stdout.splitlines() == [where, f"{where}/bin:/usr/bin:/bin", f"hello from {where}: there"]


def test_env_says_only_what_is_not_so_already(mxbuild: Run, prefix: Path) -> None:
    where = f"{prefix}/envs/{NAMES[1]}"
    fresh = mxbuild("env", NAMES[1]).stdout.splitlines()
    assert [line.split("=")[0] for line in fresh] == ["export VIRTUAL_ENV", "export PATH"]
    assert not any("LD_LIBRARY_PATH" in line for line in fresh)
    again = mxbuild("env", NAMES[1], env={"VIRTUAL_ENV": where, "PATH": f"{where}/bin:{os.environ['PATH']}"})
    assert (again.returncode, again.stdout) == (0, "")


def test_run_hands_on_arguments_exit_code_and_environment(mxbuild: Run, prefix: Path) -> None:
    done = mxbuild("run", "--", "hello", "a b", "--help", "--", "-x")
    assert done.returncode == 7
    assert done.stdout == f"hello from {prefix}/envs/{NAMES[0]}: a b --help -- -x\n"


@pytest.mark.parametrize("words", [("run", "toy-1.2-cpu-py3.9", "--", "hello"), ("run", NAMES[2], "--", "hello")])
def test_what_stands_before_the_dashes_is_an_environment(words: tuple[str, ...], mxbuild: Run) -> None:
    assert NAMES[2] in mxbuild(*words).stdout


def test_without_dashes_all_is_the_command(mxbuild: Run) -> None:
    done = mxbuild("run", "hello", "-h", "mini")
    assert done.returncode == 7
    assert done.stdout.endswith(f"{NAMES[0]}: -h mini\n")


@pytest.mark.parametrize("name", ["TERM", "PIPE"])
def test_a_signal_ends_the_command_as_it_would_without_mxbuild(name: str, mxbuild: Run) -> None:
    import signal

    done = mxbuild("run", "--", "sh", "-c", f"kill -{name} $$; echo still here")
    assert (done.returncode, done.stdout) == (-signal.Signals[f"SIG{name}"], "")


def test_run_leaves_no_process_between(prefix: Path) -> None:
    """The command has the very pid that mxbuild had: a supervisor's signals reach it."""
    words = ("run", "--prefix", str(prefix), "--", "sh", "-c", "echo $$")
    said = prefix / "said"
    with said.open("wb") as out:
        fds = {"stdin": out.fileno(), "stdout": out.fileno(), "stderr": out.fileno()}
        child = forks.start(lambda: main(words), environ=os.environ, cwd=prefix, **fds)
        os.waitpid(child, 0)
    assert said.read_text() == f"{child}\n"


def test_a_program_that_is_not_there(mxbuild: Run) -> None:
    done = mxbuild("run", "--", "no-such-program")
    assert done.returncode == 2
    assert "no-such-program" in done.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("env", "mini-gpu"), f"did you mean {NAMES[0]}?"),
        (("env", "toy"), "the beginning of 2 environments"),
        (("run", "nonsense", "--", "true"), NAMES[1]),
        (("uninstall", "half-done"), "there is no environment half-done"),
    ],
)
def test_an_environment_that_is_not_there(words: tuple[str, ...], part: str, mxbuild: Run) -> None:
    done = mxbuild(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert part in done.stderr


def test_uninstall_takes_the_environment_and_nothing_else(mxbuild: Run, prefix: Path) -> None:
    done = mxbuild("uninstall", NAMES[1], "--wheel")
    assert done.returncode == 0
    assert done.stdout.startswith(f"removed {NAMES[1]}, ")
    assert sorted(p.name for p in (prefix / "envs").iterdir()) == sorted(["half-done", NAMES[0], NAMES[2]])
    assert (prefix / "wheels" / "f2" / "toy.whl").exists(), "another environment has it"
    assert (prefix / "current").exists()
    said = json.loads(mxbuild("uninstall", NAMES[2], "--wheel", "--json").stdout)
    assert (said["removed"], said["ok"]) == (NAMES[2], True)
    assert said["freed"] >= 10_000
    assert not (prefix / "wheels" / "f2").exists()
    assert (prefix / "wheels" / "f1" / "toy.whl").exists()


def test_uninstalling_the_current_one_leaves_no_dead_link(mxbuild: Run, prefix: Path) -> None:
    done = mxbuild("uninstall", "mini")
    assert done.returncode == 0
    assert "no environment is the current one now" in done.stdout
    assert not os.path.lexists(prefix / "current")
    assert (prefix / "wheels" / "f1" / "toy.whl").exists(), "it was not asked for"
    assert "no environment is the current one" in mxbuild("env").stderr


def test_one_verification_at_a_time(mxbuild: Run) -> None:
    done = mxbuild("verify", "--deep", "--upstream")
    assert (done.returncode, done.stdout) == (2, "")
    assert "one at a time" in done.stderr


def test_rollback_leaves_what_does_not_verify_alone(mxbuild: Run, prefix: Path) -> None:
    """The receipts here do not say what was verified."""
    done = mxbuild("rollback", NAMES[1])
    assert (done.returncode, done.stdout) == (2, "")
    assert "it is no environment that mxbuild finished" in done.stderr
    assert os.readlink(prefix / "current") == f"envs/{NAMES[0]}"


def test_rollback_to_the_current_one_changes_nothing(mxbuild: Run, prefix: Path) -> None:
    done = mxbuild("rollback", "mini")
    assert (done.returncode, done.stdout) == (0, f"✓ {NAMES[0]} is the current one already; nothing was changed\n")


def test_rollback_with_nothing_to_go_back_to(mxbuild: Run, prefix: Path) -> None:
    (prefix / "trail.json").write_text("[]")
    done = mxbuild("rollback")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"none was the current one before {NAMES[0]}" in done.stderr
    assert f"mxbuild rollback {NAMES[1]}" in done.stderr
    done = mxbuild("rollback", "--json", "--prefix", str(prefix / "none"))
    assert (done.returncode, json.loads(done.stdout)["error"]["remedy"]) == (2, "mxbuild install")


def test_gc_says_what_goes_and_removes_it(mxbuild: Run, prefix: Path, tmp_path: Path) -> None:
    (prefix / "wheels" / "f9").mkdir()
    (prefix / "wheels" / "f9" / "old.whl").write_bytes(b"x" * 100_000)
    places = {"MXBUILD_CACHE_DIR": str(tmp_path / "cache"), "MXBUILD_STATE_DIR": str(tmp_path / "state")}
    shown = mxbuild("gc", "--dry-run", env=places).stdout.splitlines()
    assert shown[0].endswith(" in 2 things that nothing needs any more")
    assert [line.split()[1:] for line in shown if "f9" in line] == [["kB", "f9", "no", "environment", "has", "it"]]
    assert "half-done" in " ".join(shown)
    assert shown[-2:] == ["Nothing was removed.", "Next: mxbuild gc"]
    assert (prefix / "wheels" / "f9" / "old.whl").exists()
    last = json.loads(mxbuild("gc", "--dry-run", "--json", env=places).stdout)
    assert [item["kind"] for item in last["items"]] == ["environments", "wheels"]
    done = mxbuild("gc", env=places)
    assert (done.returncode, done.stdout.splitlines()[-1].endswith(" freed, 2 things removed")) == (0, True)
    assert not (prefix / "wheels" / "f9").exists()
    assert len(list((prefix / "envs").iterdir())) == len(list((prefix / "wheels").iterdir())) + 1 == 3
    again = mxbuild("gc", "--yes", env=places)
    assert (again.returncode, again.stdout) == (0, "✓ everything that is here is needed\n")
    assert "Next:" not in mxbuild("gc", "--dry-run", env=places).stdout
