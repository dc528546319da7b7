"""A System that keeps what it was asked and what it found, in memory."""

import os
from collections.abc import Sequence
from typing import Any

from mxbuild.system import Answer, System


class _Looked(dict[str, str]):
    """An environment that remembers which of its variables were looked at."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__(environ)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


class Recorder(System):
    """Passes every question on to another System and keeps what it answers; what is absent leaves no trace.

    Paths are kept as they really are, with the links that lead there beside them.
    """

    def __init__(self, system: System) -> None:
        super().__init__(system.root, system.environ, system.answers)
        self.inner = system
        self.environ: _Looked = _Looked(system.environ)
        self.files: dict[str, str] = {}
        """Path -> text, "" where only its presence was asked for."""
        self.programs: set[str] = set()
        self.directories: set[str] = set()
        self.links: dict[str, str] = {}
        self.commands: dict[str, Answer] = {}

    def read(self, path: str) -> str | None:
        text = self.inner.read(path)
        if text is not None:
            self.files[self._trace(path)] = text
        return text

    def exists(self, path: str) -> bool:
        there = self.inner.exists(path)
        if there:
            self._keep(path)
        return there

    def is_dir(self, path: str) -> bool:
        there = self.inner.is_dir(path)
        if there:
            self._keep(path)
        return there

    def glob(self, pattern: str) -> tuple[str, ...]:
        return self._kept(self.inner.glob(pattern))

    def listdir(self, path: str) -> tuple[str, ...]:
        names = self.inner.listdir(path)
        self._kept([f"{path}/{name}" for name in names])
        return names

    def readlink(self, path: str) -> str | None:
        target = self.inner.readlink(path)
        if target is not None:
            self._keep(path)
        return target

    def realpath(self, path: str) -> str:
        if self.inner.exists(path):
            self._keep(path)
        return self.inner.realpath(path)

    def executable(self, path: str) -> bool:
        there = self.inner.executable(path)
        if there:
            self.programs.add(self._trace(path))
        return there

    def search_path(self) -> tuple[str, ...]:
        self.environ.names.add("PATH")
        return self.inner.search_path()

    def which(self, name: str) -> str | None:
        found = self.inner.which(name)
        if found is not None:
            self.executable(found)
        return found

    def which_all(self, pattern: str) -> tuple[str, ...]:
        found = self.inner.which_all(pattern)
        for path in found:
            self.executable(path)
        return found

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        answer = self.inner.run(argv, timeout)
        if answer is not None:
            self.commands[" ".join(argv)] = answer
        return answer

    def lock_holder(self, path: str) -> int | None:
        pid = self.inner.lock_holder(path)
        if pid is not None:
            self.commands[f"fuser {path}"] = Answer(0, f" {pid}")
        return pid

    def disk(self, path: str) -> tuple[int, int] | None:
        usage = self.inner.disk(path)
        if usage is not None:
            free, total = (size // 1024 for size in usage)
            head = "Filesystem 1024-blocks Used Available Capacity Mounted on"
            self.commands[f"df -Pk {path}"] = Answer(0, f"{head}\n- {total} {total - free} {free} - {path}\n")
        return usage

    def _kept(self, paths: Sequence[str]) -> tuple[str, ...]:
        for path in paths:
            self._keep(path)
        return tuple(paths)

    def _keep(self, path: str) -> None:
        real = self._trace(path)
        if self.inner.is_dir(real):
            self.directories.add(real)
        elif self.inner.exists(real):
            self.files.setdefault(real, "")

    def _trace(self, path: str) -> str:
        """Where `path` leads; the links on the way are kept. /proc stays as it is: its links change by the process."""
        if path.startswith("/proc/"):
            return path
        todo, here = [p for p in path.split("/") if p and p != "."], "/"
        for _ in range(1000):
            if not todo:
                return here
            part = todo.pop(0)
            if part == "..":
                here = os.path.dirname(here)
                continue
            target = self.inner.readlink(os.path.join(here, part))
            if target is None:
                here = os.path.join(here, part)
                continue
            self.links[os.path.join(here, part)] = target
            todo = [p for p in target.split("/") if p and p != "."] + todo
            here = "/" if target.startswith("/") else here
        return path
