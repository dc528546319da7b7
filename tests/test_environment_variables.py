"""What the caller's environment does to each kind of child: let through, scrubbed, or replaced. One row a variable."""

import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

import platformdirs
import pytest

from mxbuild import rights
from mxbuild.errors import UsageError
from mxbuild.execute import apt, scrub
from mxbuild.execute.git import Git
from mxbuild.locations import locations
from mxbuild.model import Make, Request
from mxbuild.plan import paths, steps
from mxbuild.resolve import resolve
from tests.machines import bookworm, recipe

GONE, KEPT = "", "x"
"""What is left of a variable that was `x`."""

TABLE: tuple[tuple[str, str, str, str, str], ...] = (
    # variable                  git     pip     checks  make
    ("MAKEFLAGS",               KEPT,   KEPT,   GONE,   GONE),
    ("MAKEFILES",               KEPT,   KEPT,   GONE,   GONE),
    ("MFLAGS",                  KEPT,   KEPT,   GONE,   GONE),
    ("GNUMAKEFLAGS",            KEPT,   KEPT,   GONE,   GONE),
    ("CC",                      KEPT,   KEPT,   GONE,   GONE),
    ("CXX",                     KEPT,   KEPT,   GONE,   GONE),
    ("CFLAGS",                  KEPT,   KEPT,   GONE,   GONE),
    ("CXXFLAGS",                KEPT,   KEPT,   GONE,   GONE),
    ("LDFLAGS",                 KEPT,   KEPT,   GONE,   GONE),
    ("CPATH",                   KEPT,   KEPT,   GONE,   GONE),
    ("LIBRARY_PATH",            KEPT,   KEPT,   GONE,   GONE),
    ("COMPILER_PATH",           KEPT,   KEPT,   GONE,   GONE),
    ("GCC_EXEC_PREFIX",         KEPT,   KEPT,   GONE,   GONE),
    ("NVCC_APPEND_FLAGS",       KEPT,   KEPT,   GONE,   GONE),
    ("LD_PRELOAD",              KEPT,   GONE,   GONE,   GONE),
    ("LD_LIBRARY_PATH",         KEPT,   GONE,   GONE,   GONE),
    ("LD_AUDIT",                KEPT,   GONE,   GONE,   GONE),
    ("SHELL",                   KEPT,   KEPT,   GONE,   GONE),
    ("BASH_ENV",                KEPT,   KEPT,   GONE,   GONE),
    ("ENV",                     KEPT,   KEPT,   GONE,   GONE),
    ("IFS",                     KEPT,   KEPT,   GONE,   GONE),
    ("CCACHE_DIR",              KEPT,   KEPT,   GONE,   GONE),
    ("CCACHE_PREFIX",           KEPT,   KEPT,   GONE,   GONE),
    ("CCACHE_CONFIGPATH",       KEPT,   KEPT,   GONE,   GONE),
    ("CCACHE_COMPILER",         KEPT,   KEPT,   GONE,   GONE),
    ("DISTCC_HOSTS",            KEPT,   KEPT,   GONE,   GONE),
    ("DISTCC_CMDLIST",          KEPT,   KEPT,   GONE,   GONE),
    ("PYTHONPATH",              KEPT,   GONE,   GONE,   GONE),
    ("PYTHONHOME",              KEPT,   GONE,   GONE,   GONE),
    ("PYTHONSTARTUP",           KEPT,   GONE,   GONE,   GONE),
    ("PYTHONWARNINGS",          KEPT,   GONE,   GONE,   GONE),
    ("VIRTUAL_ENV",             KEPT,   GONE,   GONE,   GONE),
    ("CONDA_PREFIX",            KEPT,   GONE,   GONE,   GONE),
    ("MXNET_LIBRARY_PATH",      KEPT,   GONE,   GONE,   GONE),
    ("PIP_INDEX_URL",           KEPT,   KEPT,   GONE,   GONE),
    ("PIP_CERT",                KEPT,   KEPT,   GONE,   GONE),
    ("PIP_CONFIG_FILE",         KEPT,   KEPT,   GONE,   GONE),
    ("PIP_TARGET",              KEPT,   GONE,   GONE,   GONE),
    ("PIP_PREFIX",              KEPT,   GONE,   GONE,   GONE),
    ("PIP_NO_BINARY",           KEPT,   GONE,   GONE,   GONE),
    ("PIP_PRE",                 KEPT,   GONE,   GONE,   GONE),
    ("PIP_CONSTRAINT",          KEPT,   GONE,   GONE,   GONE),
    ("PIP_REQUIRE_HASHES",      KEPT,   GONE,   GONE,   GONE),
    ("PIP_PLATFORM",            KEPT,   GONE,   GONE,   GONE),
    ("PIP_LOG",                 KEPT,   GONE,   GONE,   GONE),
    ("PIP_WHAT_COMES_NEXT",     KEPT,   GONE,   GONE,   GONE),
    ("https_proxy",             KEPT,   KEPT,   GONE,   "http://127.0.0.1:9"),
    ("GIT_DIR",                 GONE,   KEPT,   GONE,   GONE),
    ("GIT_WORK_TREE",           GONE,   KEPT,   GONE,   GONE),
    ("GIT_INDEX_FILE",          GONE,   KEPT,   GONE,   GONE),
    ("GIT_OBJECT_DIRECTORY",    GONE,   KEPT,   GONE,   GONE),
    ("GIT_ALTERNATE_OBJECT_DIRECTORIES", GONE, KEPT, GONE, GONE),
    ("GIT_TEMPLATE_DIR",        GONE,   KEPT,   GONE,   GONE),
    ("GIT_SSH",                 GONE,   KEPT,   GONE,   GONE),
    ("GIT_SSH_COMMAND",         GONE,   KEPT,   GONE,   GONE),
    ("GIT_PROXY_COMMAND",       GONE,   KEPT,   GONE,   GONE),
    ("GIT_ASKPASS",             GONE,   KEPT,   GONE,   GONE),
    ("GIT_EXTERNAL_DIFF",       GONE,   KEPT,   GONE,   GONE),
    ("GIT_PAGER",               GONE,   KEPT,   GONE,   GONE),
    ("GIT_EDITOR",              GONE,   KEPT,   GONE,   GONE),
    ("GIT_TRACE",               GONE,   KEPT,   GONE,   GONE),
    ("GIT_CONFIG_PARAMETERS",   GONE,   KEPT,   GONE,   GONE),
    ("GIT_DEFAULT_HASH",        GONE,   KEPT,   GONE,   GONE),
    ("GIT_CONFIG_GLOBAL",       KEPT,   KEPT,   GONE,   GONE),
    ("GIT_SSL_CAINFO",          KEPT,   KEPT,   GONE,   GONE),
    ("SSH_ASKPASS",             GONE,   KEPT,   GONE,   GONE),
    ("GIT_PROTOCOL_FROM_USER",  "0",    KEPT,   GONE,   GONE),
    ("GIT_TERMINAL_PROMPT",     "0",    KEPT,   GONE,   GONE),
    ("LC_ALL",                  "C.UTF-8", "C.UTF-8", "C.UTF-8", "C.UTF-8"),
    ("HOME",                    KEPT,   KEPT,   "/empty", GONE),
    ("TMPDIR",                  KEPT,   KEPT,   KEPT,   GONE),
    ("WHAT_NOBODY_KNOWS",       KEPT,   KEPT,   GONE,   GONE),
)  # fmt: skip
"""Git and pip are told by others where the network is, so they keep what nobody knows; make and what tests a library
get nothing that is not in the plan."""


@pytest.fixture(scope="module")
def children() -> dict[str, Mapping[str, str]]:
    """What each child gets of an environment in which every variable is `x`."""
    caller = dict.fromkeys((name for name, *_ in TABLE), "x") | {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "x"}
    host = bookworm()
    build = resolve(recipe("mini"), host, Request(recipe="mini"))
    (make,) = (s for s in steps(build, paths(build, "/p", "/c", "/s")) if isinstance(s, Make))
    from mxbuild import offline

    return {
        "git": Git(caller)._environment,
        "pip": scrub.for_pip(caller),
        "checks": scrub.for_checks(caller, "/empty"),
        "make": {**make.environment, **offline.ENVIRONMENT},
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_what_reaches_whom(row: tuple[str, ...], children: dict[str, Mapping[str, str]]) -> None:
    name, *wanted = row
    assert [children[child].get(name, "") for child in ("git", "pip", "checks", "make")] == wanted


def test_apt_is_told_all_that_it_must_know_by_arguments() -> None:
    """sudo takes the environment away, and what stands behind `env` wins."""
    from mxbuild.model import InstallPackages

    for line in apt.commands(InstallPackages(packages=("g++",), right="root", unconfigured=False)):
        front = line[: line.index("apt-get")]
        assert front[0] == "env"
        assert {word.partition("=")[0] for word in front[1:]} >= {"DEBIAN_FRONTEND", "NEEDRESTART_MODE", "LC_ALL"}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("", os.defpath),
        (":", os.defpath),
        (".", os.defpath),
        ("/usr/bin", "/usr/bin"),
        (":/usr/bin:", "/usr/bin"),
        ("/a::/b:.:bin:../x:./y:/a", "/a:/b"),
        ("~/bin:$HOME/bin:/a", "/a"),
        ("/a b:/c\td", "/a b:/c\td"),
    ],
)
def test_path_never_means_the_current_directory(given: str, left: str) -> None:
    assert rights.absolute(given) == left


def test_root_runs_no_program_of_a_directory_that_everybody_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    path = f":{tmp_path}:/usr/bin"
    before = os.umask(0o022)
    try:
        for user, kept, said in ((0, "/usr/bin", 1), (1000, f"{tmp_path}:/usr/bin", 0)):
            monkeypatch.setattr(os, "geteuid", lambda user=user: user)
            environ = {"PATH": path}
            remarks = rights.settle(environ)
            assert environ["PATH"] == kept
            assert len(remarks) == said
            assert all(f"{tmp_path} is left out of PATH" in remark for remark in remarks)
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "elsewhere"}, {"HOME": ""}, {"HOME": "/h", "XDG_DATA_HOME": "data"}, {"HOME": "~"},
        {"HOME": "/h", "XDG_CACHE_HOME": "./c"}, {"HOME": "/h", "XDG_STATE_HOME": "../state"}, {},
    ],
    ids=str,
)  # fmt: skip
def test_where_things_lie_never_depends_on_the_current_directory(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with suppress(UsageError):
        assert not [place for place in astuple(locations(os.environ)) if place.startswith(str(tmp_path))]


def test_a_relative_home_is_refused_and_needed_by_nobody_who_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older platformdirs hand on what HOME says."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: f"elsewhere/{name}")
    with pytest.raises(UsageError, match="HOME or XDG_DATA_HOME has to be one"):
        locations({})
    assert locations({"MXBUILD_PREFIX": "/p"}).prefix == "/p"


def test_nothing_that_is_planted_runs(tmp_path: Path) -> None:
    """One real run in a directory full of programs, with variables that want to be heard."""
    here, canary, startup = tmp_path / "here", tmp_path / "canary", tmp_path / "startup"
    here.mkdir()
    programs = (
        *("git", "make", "gmake", "gcc", "g++", "g++-12", "clang++", "cc", "python3", "ccache", "pkg-config", "cmake"),
        *("env", "sudo", "apt-get", "dpkg", "dpkg-query", "uname", "getconf", "nvcc", "nvidia-smi", "dot", "sh"),
    )  # fmt: skip
    for name in programs:
        (here / name).write_text(f"#!/bin/sh\necho {name} >> {canary}\n")
        (here / name).chmod(0o755)
    startup.write_text(f"echo startup >> {canary}\n")
    here.chmod(here.stat().st_mode | stat.S_IWOTH)
    usual = {"HOME": str(tmp_path), "PYTHONPATH": str(Path(rights.__file__).parents[1])}
    hostile = {
        "PATH": f"::.:./:../here:/usr/local/bin:/usr/bin:/bin{':' + str(here) if os.geteuid() == 0 else ''}:",
        "BASH_ENV": str(startup), "ENV": str(startup), "IFS": "/", "CDPATH": str(here), "LC_ALL": "gar\x1b[2Jbage",
        "LANG": "xx_XX.nothing", "TMPDIR": "nowhere", "COLUMNS": "²", "LINES": "-1", "TERM": "\x1b[2J",
        "MAKEFLAGS": "-f x", "MAKEFILES": str(startup), "TZ": "../../etc/passwd", "PKG_CONFIG_PATH": ".",
        "CUDA_HOME": "here", "MXBUILD_STORE": "",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "mxbuild", "check", "mini", "--json"],
        cwd=here, env=usual | hostile, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode in (0, 4), done.stderr
    assert not canary.exists(), canary.read_text()
    assert "\x1b" not in done.stdout + done.stderr
    assert sorted(path.name for path in here.iterdir()) == sorted(programs)
