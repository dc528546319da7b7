"""The machine, as detection sees it: a root directory, an environment, and commands that answer.

Under a fake root nothing runs: a command answers what was recorded in `commands.toml`, or None.
"""

import fcntl
import fnmatch
import glob
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mxbuild import toml

FLOCK = "hhqqi4x"
"""`struct flock` of 64-bit Linux: type, whence, start, length, pid."""

LIMIT = 8 << 20
"""Bytes of a file that are read at most; what detection reads is far smaller."""

PIECE = 1 << 20
"""Bytes that are asked of the kernel at once; files in /proc/sys refuse a request of 4 MiB or more."""

CLEAN = {
    "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive",
    "DISTCC_DIR": "/dev/null/none",  # `distcc --version` makes ~/.distcc; there it cannot
}  # fmt: skip
"""Set for every probe, so that its output can be parsed, and nothing is written."""

OWN = {name: f"{os.path.dirname(__file__)}/detect/probes/{name}.py" for name in ("nvml", "libcuda")}
"""Questions that take a library which may hang or crash: `mxbuild-nvml` is that file, run by this Python."""


class Answer(msgspec.Struct, frozen=True):
    """What a command said."""

    code: int
    stdout: str
    stderr: str = ""


class _Command(Answer, frozen=True, kw_only=True):
    """An answer, and to what."""

    code: int = 0
    stdout: str = ""
    run: str


class _Captured(msgspec.Struct, frozen=True):
    """What commands.toml says."""

    environ: dict[str, str] = {}
    command: tuple[_Command, ...] = ()


def _line(argv: Sequence[str]) -> list[str]:
    """What is really started. A probe of our own gets this process's import path as arguments: `-I` knows less."""
    own = OWN.get(argv[0].removeprefix("mxbuild-")) if argv[0].startswith("mxbuild-") else None
    return [sys.executable, "-I", own, *filter(os.path.isabs, sys.path)] if own else list(argv)


class System:
    """Read-only access to one machine. No method raises on a strange machine.

    Args:
        root: directory that stands for `/`.
        environ: the caller's environment; the process's own where None and root is `/`.
        answers: command line (blank-joined) -> recorded answer; None: run commands for real.
    """

    def __init__(
        self,
        root: str = "/",
        environ: Mapping[str, str] | None = None,
        answers: Mapping[str, Answer] | None = None,
    ) -> None:
        self.root = root
        self.environ: dict[str, str] = dict(os.environ if environ is None else environ)
        self.answers = answers

    @classmethod
    def captured(cls, directory: Path) -> "System":
        """A machine that `mxbuild detect --capture` wrote: its tree, environment and answers.

        Raises:
            OSError, ValueError: the directory is no capture.
        """
        told = msgspec.convert(toml.loads((directory / "commands.toml").read_text(encoding="utf-8")), _Captured)
        answers = {c.run: Answer(c.code, c.stdout, c.stderr) for c in told.command}
        return cls(str(directory / "root"), told.environ, answers)

    @property
    def real(self) -> bool:
        """Whether this is the machine that mxbuild runs on."""
        return self.answers is None

    def _inside(self, path: str) -> str:
        return path if self.root == "/" else self.root + os.path.normpath("/" + path.lstrip("/"))

    def _outside(self, path: str) -> str:
        return path if self.root == "/" else path[len(self.root) :]

    def _leads(self, path: str) -> str:
        """Where `path` lies on this machine, with no link leading out of a fake root."""
        return path if self.root == "/" else self._inside(self.realpath(path))

    def read(self, path: str) -> str | None:
        """The file's text (undecodable bytes escaped), or None where it cannot be read."""
        try:
            with open(self._leads(path), "rb") as file:
                data = b""
                while len(data) < LIMIT and (piece := file.read(PIECE)):
                    data += piece
                return data[:LIMIT].decode("utf-8", "backslashreplace")
        except (OSError, ValueError):  # ValueError: a path with a NUL in it
            return None

    def exists(self, path: str) -> bool:
        return os.path.exists(self._leads(path))

    def is_dir(self, path: str) -> bool:
        return os.path.isdir(self._leads(path))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Matching paths, sorted; absolute, as seen from the root."""
        whole = pattern if self.root == "/" else glob.escape(self.root) + os.path.normpath("/" + pattern.lstrip("/"))
        try:
            return tuple(sorted(self._outside(p) for p in glob.glob(whole)))
        except ValueError:  # a NUL
            return ()

    def listdir(self, path: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(os.listdir(self._leads(path))))
        except (OSError, ValueError):
            return ()

    def readlink(self, path: str) -> str | None:
        """What the link at `path` says; None where there is no link."""
        try:
            return os.readlink(self._inside(path))
        except (OSError, ValueError):
            return None

    def realpath(self, path: str) -> str:
        """Where `path` leads with all links followed, links being read as seen from the root."""
        if self.root == "/":
            try:
                return os.path.realpath(path)
            except ValueError:
                return path
        todo, done, hops = [p for p in path.split("/") if p], "/", 0
        while todo:
            part = todo.pop(0)
            if part == "..":
                done = os.path.dirname(done)
                continue
            here = os.path.join(done, part)
            target = self.readlink(here)
            if target is None:
                done = here
                continue
            hops += 1
            if hops > 40:
                return path
            if target.startswith("/"):
                done = "/"
            todo = [p for p in target.split("/") if p and p != "."] + todo
        return done

    def executable(self, path: str) -> bool:
        real = self._leads(path)
        return os.path.isfile(real) and os.access(real, os.X_OK)

    def search_path(self) -> tuple[str, ...]:
        """Directories of PATH, in order, each once; relative ones are left out."""
        entries = self.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
        return tuple(dict.fromkeys(p.rstrip("/") or "/" for p in entries if p.startswith("/")))

    def which(self, name: str) -> str | None:
        """First executable of that name on PATH."""
        return next((f"{d}/{name}" for d in self.search_path() if self.executable(f"{d}/{name}")), None)

    def which_all(self, pattern: str) -> tuple[str, ...]:
        """All executables on PATH whose name fits the shell pattern, in PATH's order, then by name."""
        return tuple(
            f"{directory}/{name}"
            for directory in self.search_path()
            for name in fnmatch.filter(self.listdir(directory), pattern)
            if self.executable(f"{directory}/{name}")
        )

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        """What a probe says; None where it is not there, hangs, or (fake root) was not recorded.

        stdin is closed; stdout and stderr are decoded with undecodable bytes escaped.
        `mxbuild-nvml` and the like (OWN) are recorded under that name, whatever Python it is that runs them.
        """
        if self.answers is not None:
            return self.answers.get(" ".join(argv))
        try:
            done = subprocess.run(
                _line(argv),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                env={**self.environ, **CLEAN},
                check=False,
            )
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
        return Answer(
            done.returncode,
            done.stdout.decode("utf-8", "backslashreplace"),
            done.stderr.decode("utf-8", "backslashreplace"),
        )

    def lock_holder(self, path: str) -> int | None:
        """Process that holds a lock on the file (0: one that cannot be seen from here); None where nobody does.

        Asked of the kernel for the very file, which takes the right to open it; else read from /proc/locks.
        Under a fake root: the recorded answer of `fuser PATH`.
        """
        if not self.real:
            answer = self.run(["fuser", path])
            fields = answer.stdout.split() if answer and answer.code == 0 else []
            return int(fields[0]) if fields and re.fullmatch("[0-9]{1,10}", fields[0]) else None
        try:
            with open(path, "rb") as file:
                query = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
                kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, query))
            return None if kind == fcntl.F_UNLCK else max(pid, 0)
        except PermissionError:
            return self.listed_lock(path)
        except (OSError, ValueError):
            return None

    def listed_lock(self, path: str) -> int | None:
        """The same from /proc/locks, for those who may not open the file.

        By the inode's number alone: on btrfs and overlayfs the device there is not the one that stat gives.
        """
        try:
            inode = str(os.stat(path).st_ino)
        except (OSError, ValueError):
            return None
        for line in (self.read("/proc/locks") or "").splitlines():
            fields = line.split()  # 1: POSIX  ADVISORY  WRITE 4711 fd:01:131090 0 EOF
            if len(fields) == 8 and fields[3] == "WRITE" and fields[5].rpartition(":")[2] == inode:
                return int(fields[4]) if re.fullmatch("[0-9]{1,9}", fields[4]) else 0
        return None

    def disk(self, path: str) -> tuple[int, int] | None:
        """(free, total) bytes of the file system that holds `path` or its nearest existing parent."""
        if not self.real:
            answer = self.run(["df", "-Pk", path])
            fields = answer.stdout.splitlines()[-1].split() if answer and answer.stdout.strip() else []
            try:
                return int(fields[3]) * 1024, int(fields[1]) * 1024
            except (IndexError, ValueError):
                return None
        while not os.path.exists(path) and path != os.path.dirname(path):
            path = os.path.dirname(path)
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            return None
        return usage.free, usage.total
