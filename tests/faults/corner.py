"""A corner of a machine in which mxbuild is run again and again, each time in a fork: what is imported is shared."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mxbuild import pipeline
from mxbuild.cli import main
from mxbuild.detect import detect
from mxbuild.environments import installed
from mxbuild.errors import BUG, EXIT_CODES
from mxbuild.execute import contents
from mxbuild.model import Host
from mxbuild.system import System
from tests import forks
from tests.execute import pythons
from tests.faults.injection import Fault, inject

STEPS = ("source", "make", "wheel", "environment", "verify", "activate")
"""Of an install without packages, toolkit and store."""
RECIPES = Path(__file__).parent / "recipes"
OURS = ("prefix", "cache", "state", "tmp")
"""Directories that mxbuild may write to; `home` and all else stay as they are."""
MARK = "MXBUILD_TESTS_CORNER"
SCRATCH = re.compile(r"mxbuild-|tmp|pip-|cc")
"""Names of ours, pip's, the compiler's."""
LIMIT = 600.0
"""Seconds for one run."""
REACHED = 101
"""Exit status of a run that was stopped at the place that it was to reach."""
IMPORT = "import mxnet; print(mxnet.__version__)"


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    """Exit status; negative: the signal."""
    said: str
    fault: str
    """The call that failed; "" where none did."""
    calls: int
    """How many there were, where nothing was to fail."""


class Corner:
    """A HOME, a prefix, a cache, a state and a shop of packages below one directory.

    Args:
        python: interpreter of the environments; `pythons.copying` spares the tests their time.
    """

    def __init__(self, root: Path, python: str) -> None:
        self.root = root
        self.python = python
        self.saved = root.parent / f"{root.name}.saved"
        for name in ("home", "tmp", "shop"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if not list((root / "shop").glob("*.whl")):
            pythons.packed(root / "shop", "alpha", "1.5")
        self._host: Host | None = None

    @property
    def prefix(self) -> Path:
        return self.root / "prefix"

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MXBUILD_", "PIP_", "GITHUB_", "GITLAB_"))}
        places = {f"MXBUILD_{n}": str(self.root / d) for n, d in
                  (("PREFIX", "prefix"), ("CACHE_DIR", "cache"), ("STATE_DIR", "state"))}  # fmt: skip
        return kept | places | {
            "MXBUILD_RECIPES": str(RECIPES), "HOME": str(self.root / "home"), "TMPDIR": str(self.root / "tmp"),
            "PIP_FIND_LINKS": str(self.root / "shop"), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null",
            MARK: str(self.root),
        }  # fmt: skip

    def install(self, loud: int) -> tuple[str, ...]:
        """The command that installs one of the four builds that there are."""
        return ("install", "tiny", "--no-apt", "--no-ccache", "--yes", "--python", self.python, "--set", f"LOUD={loud}")

    def run(
        self,
        *words: str,
        fault: Fault | None = None,
        stop: str = "",
        count: bool = False,
        within: Callable[[Callable[[], int]], int] = lambda once: once(),
    ) -> Ended:
        """`mxbuild WORDS` in a fork.

        Args:
            fault: what goes wrong in it.
            stop: step after which, done now or before, it ends with REACHED.
            count: tell how many calls there are that can fail.
            within: called in the fork with what runs mxbuild and returns its exit code; what it returns is the fork's.
        """
        said, told = self.root.parent / f"{self.root.name}.said", self.root.parent / f"{self.root.name}.calls"
        told.write_text("")
        host = self._machine()
        forks.import_all()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            code = BUG
            with contextlib.suppress(BaseException):
                code = self._inside(words, fault, stop, count, said, told, host, within)
            os._exit(code)
        code = self._wait(child)
        lines = told.read_text().splitlines()
        return Ended(
            code=code,
            said=said.read_text(errors="replace"),
            fault=lines[-1] if lines and fault else "",
            calls=len(lines) if count else 0,
        )

    def _inside(
        self, words: tuple[str, ...], fault: Fault | None, stop: str, count: bool, said: Path, told: Path, host: Host,
        within: Callable[[Callable[[], int]], int],
    ) -> int:  # fmt: skip
        os.setsid()
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        calls = os.open(told, os.O_WRONLY | os.O_APPEND)
        for number in (1, 2):
            os.dup2(output, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(self.environ)
        os.chdir(self.root)
        import tempfile

        tempfile.tempdir = None
        pipeline.detect = lambda *_, **__: host  # type: ignore[attr-defined]
        if stop:
            later = STEPS[STEPS.index(stop) + 1 :] if stop in STEPS else STEPS
            passed = {f"{stop}:after", *(f"{step}:before" for step in later)}
            install = pipeline.install
            pipeline.install = lambda *a, **k: install(  # type: ignore[assignment]
                *a, **k, checkpoint=lambda place: os._exit(REACHED) if place in passed else None
            )
        write = os.write
        if fault or count:
            inject(fault, str(self.root), lambda number, what: (write(calls, f"{what}\n".encode()), None)[1])
        try:
            code = within(lambda: main(words))
        except BaseException:  # noqa: BLE001 - mxbuild's main lets nothing through
            traceback.print_exc()
            code = BUG
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def _wait(self, child: int) -> int:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise AssertionError(f"a run did not end within {LIMIT:.0f} s")

    def _machine(self) -> Host:
        """What detection sees: looked at once, for all runs."""
        if self._host is None:
            environ = self.environ
            self._host = detect(System(environ=environ), places=(str(self.root),), python=self.python)
        return self._host

    def save(self) -> None:
        """Keep the state of now."""
        shutil.rmtree(self.saved, ignore_errors=True)
        _copy(self.root, self.saved)

    def restore(self) -> None:
        """Go back to what was saved, at the same paths."""
        shutil.rmtree(self.root)
        _copy(self.saved, self.root)

    @contextlib.contextmanager
    def kept(self, name: str) -> Iterator[None]:
        """What is saved in the block is put away under a name of its own."""
        before = self.saved
        self.saved = self.root.parent / f"{self.root.name}.{name}"
        try:
            yield
        finally:
            self.saved = before

    def processes(self) -> list[str]:
        """Those that were started here and still run."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self.root}".encode() in (entry / "environ").read_bytes():
                    name = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if name and int(entry.name) != os.getpid():
                        found.append(name)
        return found

    def outside(self) -> list[str]:
        """What lies where nothing may be written."""
        names = {p.name for p in self.root.iterdir()} - {*OURS, "home", "shop"}
        return sorted([*names, *(str(p) for p in (self.root / "home").rglob("*"))])

    # What has to hold at every moment.

    def current(self) -> str:
        """Name of the current environment; "" where there is none. It is whole, and its library loads.

        Raises:
            AssertionError: it leads to something else.
        """
        link = self.prefix / "current"
        if not os.path.lexists(link):
            return ""
        found = [one for one in installed(str(self.prefix)) if one.current]
        assert found, f"current leads to {os.readlink(link)}, which is no environment"
        (one,) = found
        checked = contents.check(one.path, one.receipt.python_packages)
        assert checked, "no packages in it"
        assert checked.ok, checked.detail
        assert one.receipt.ok
        done = subprocess.run(
            [f"{one.path}/bin/python", "-IBc", IMPORT], capture_output=True, text=True, check=False, cwd="/"
        )
        assert done.stdout == f"{one.receipt.release}\n", done.stderr
        return one.name

    def settled(self, ended: Ended) -> None:
        """A run, however it ended, has an exit code with a meaning and left nothing running, nothing outside.

        Raises:
            AssertionError: it has not.
        """
        assert ended.code in (-signal.SIGKILL, REACHED, *EXIT_CODES.keys() - {BUG}), f"{ended.code}: {ended.said}"
        deadline = time.monotonic() + 30
        while (left := self.processes()) and time.monotonic() < deadline:
            # What a killed run had started ends by itself; nobody is there who could end it.
            assert ended.code == -signal.SIGKILL, left
            time.sleep(0.01)
        assert not left, left
        assert self.outside() == []
        self._scratch(ended)
        shutil.rmtree(self.root / "tmp")
        (self.root / "tmp").mkdir()

    def _scratch(self, ended: Ended) -> None:
        """A killed run leaves what it was at; any other one nothing, but the very file that it was not let to delete.

        Raises:
            AssertionError: there is more.
        """
        call, _, path = ended.fault.partition(" ")
        killed = ended.code == -signal.SIGKILL
        refused = Path(f"{self.root}{path}") if killed or call in ("unlink", "rmdir") else None
        mine = {refused, *refused.parents} if refused else set()
        left = [p for p in (self.root / "tmp").rglob("*") if p not in mine]
        if killed:
            left = [p for p in left if not SCRATCH.match(p.relative_to(self.root / "tmp").parts[0])]
        assert not left, f"scratch files are left: {left}"


def _copy(source: Path, target: Path) -> None:
    """The prefix by links: what lies there is replaced, never written to."""
    target.mkdir()
    for entry in source.iterdir():
        links = "-al" if entry.name == "prefix" else "-a"
        subprocess.run(["cp", links, str(entry), str(target)], check=True)


def digest_of(corner: Corner) -> Mapping[str, str]:
    """Name -> SHA-256 of the library, of every environment."""
    return {one.name: one.receipt.library_sha256 for one in installed(str(corner.prefix))}
