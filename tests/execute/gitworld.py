"""A superproject with nested submodules, as bare repositories OWNER/NAME.git that lie in a directory.

All dates are fixed, so a commit's id is the same in every run.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mxbuild.execute.context import Context
from mxbuild.model import Event, FetchSource, Message, Paths, Progress, Repository

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}
BASE = "https://git.invalid"
BALLAST = "".join(f"{n * 2654435761 % 2**32:08x}\n" for n in range(30_000))
"""270 kB that hardly compress: an example that nobody needs."""


def git(directory: Path | str, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=directory, env=ENVIRON, input=stdin.encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def commit(bare: Path, files: Mapping[str, str], ref: str = "refs/heads/main", parent: str = "") -> str:
    """A commit with these files; a value that begins with "link " is a submodule's commit, "-> " a symbolic link."""
    text = f"commit {ref}\ncommitter A <a@example.org> 1500000000 +0000\ndata 1\nm\n"
    text += f"from {parent}\n" if parent else ""
    for path, content in files.items():
        if content.startswith("link "):
            text += f"M 160000 {content[5:]} {path}\n"
        elif content.startswith("-> "):
            text += f"M 120000 inline {path}\ndata {len(content) - 3}\n{content[3:]}\n"
        else:
            text += f"M 100644 inline {path}\ndata {len(content)}\n{content}\n"
    git(bare, "fast-import", "--quiet", "--force", stdin=text)
    return git(bare, "rev-parse", ref)


def bare(path: Path, *, able: bool = True) -> Path:
    """An empty repository; `able`: it filters and gives any commit, as public hosts do."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "--bare", "--template=", "-b", "main")
    if able:
        git(path, "config", "uploadpack.allowFilter", "true")
        git(path, "config", "uploadpack.allowAnySHA1InWant", "true")
    return path


@dataclass
class World:
    """main (graph (core, plugin/fusion), core), every pin one commit behind its branch."""

    tmp: Path
    mirror: Path
    pins: dict[str, str]
    events: list[Event]

    def step(self, base: str = "", **changes: object) -> FetchSource:
        """The step; `base` is a mirror's, the directory's where left out. Keyword arguments change pins by path."""
        pins = {**self.pins, **{path: value for path, value in changes.items() if value is not None}}
        for path, value in changes.items():
            if value is None:
                del pins[path]
        names = {"": "main", "graph": "graph", "graph/core": "core", "graph/plugin/fusion": "fusion", "core": "core"}
        base = base or str(self.mirror)
        return FetchSource(
            tree=str(self.tmp / "trees" / "tree"),
            repositories=tuple(
                Repository(
                    path=path,
                    url=f"{base}/owner/{names.get(path, 'core')}.git",
                    origin=f"{BASE}/owner/{names.get(path, 'core')}.git",
                    commit=str(pin),
                )
                for path, pin in pins.items()
            ),
            exclude=("example", "docs"),
            embedded="",
        )

    def context(self, **environ: str) -> Context:
        paths = Paths(
            prefix="", cache=str(self.tmp / "cache"), state="", tree="", wheel="", environment="", current="",
            receipt="", records="",
        )  # fmt: skip
        return Context({**ENVIRON, **environ}, self.events.append, paths, {})

    def messages(self) -> str:
        return "\n".join(e.text for e in self.events if isinstance(e, Message))

    def progress(self) -> list[Progress]:
        return [e for e in self.events if isinstance(e, Progress)]

    def bare(self, name: str) -> Path:
        return self.mirror / "owner" / f"{name}.git"

    def unable(self) -> None:
        """Make the mirror a plain one: no filters, and only advertised commits."""
        for name in ("main", "graph", "core", "fusion"):
            git(self.bare(name), "config", "--remove-section", "uploadpack")

    def copy(self, tmp: Path) -> "World":
        shutil.copytree(self.mirror, tmp / "mirror")
        return World(tmp, tmp / "mirror", dict(self.pins), [])

    @property
    def tree(self) -> Path:
        return self.tmp / "trees" / "tree"


def make(tmp: Path) -> World:
    mirror = tmp / "mirror"
    world = World(tmp, mirror, {}, [])
    for name in ("main", "graph", "core", "fusion"):
        bare(world.bare(name))
    core = commit(world.bare("core"), {"include/core.h": "int core();\n"})
    older = commit(world.bare("core"), {"include/core.h": "int core_();\n"}, ref="refs/heads/older")
    fusion = commit(world.bare("fusion"), {"fusion.cc": "// fusion\n"})
    graph = commit(
        world.bare("graph"),
        {"graph.cc": "// graph\n", "core": f"link {older}", "plugin/fusion": f"link {fusion}"},
    )
    main = commit(
        world.bare("main"),
        {
            "Makefile": "all:\n",
            "src/a.cc": "int a;\n",
            "src/deep/b.cc": "int b;\n",
            "docs/index.md": "docs\n",
            "example/ballast.txt": BALLAST,
            "core": f"link {core}",
            "graph": f"link {graph}",
        },
    )
    git(world.bare("main"), "tag", "1.0", main)
    for name, tip in (("main", main), ("graph", graph), ("core", core), ("fusion", fusion)):
        commit(world.bare(name), {"later.txt": f"{name} went on\n"}, parent=tip)
    world.pins = {"": main, "core": core, "graph": graph, "graph/core": older, "graph/plugin/fusion": fusion}
    return world
