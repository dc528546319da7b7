"""Embedded sources: plain directories beside a recipe become git repositories that can be fetched like any other.

`directory/OWNER/NAME/` is the tree of one repository; its `.gitmodules` names others by `embedded:OWNER/NAME`. What is
made depends on the files alone (one commit, fixed author and date), so a recipe can pin it.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import final

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.execute import lock
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError

WHO = "mxbuild <mxbuild@example.invalid> 1767225600 +0000"
"""Author and committer of every commit, with the time: 2026-01-01."""
SCHEME = "embedded:"
SETTINGS = {"uploadpack.allowFilter": "true", "uploadpack.allowAnySHA1InWant": "true"}
"""So that a commit can be fetched by its id, and without what a sparse checkout leaves out."""
LONGEST = 255
"""Bytes of a file's name, and characters of a pattern for one (NAME_MAX)."""
LAYOUT = b"1"
"""Part of the cache's key: another number where the same files would become other repositories."""


def materialize(directory: Path, cache: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Make the repositories of an embedded source, or take those that an earlier call made.

    Args:
        directory: holds OWNER/NAME/ for each repository.
        cache: where they are kept, each state of the directory apart.
        environ: the caller's environment; this process's own where None.

    Returns:
        A directory with a bare repository OWNER/NAME.git for each; the branch `main` is its commit.

    Raises:
        SourceError: the directory holds no repository, or something that cannot be one; git fails.
        OSError: the cache cannot be written.
    """
    trees = {f"{path.parent.name}/{path.name}": _files(path) for path in sorted(directory.glob("*/*")) if path.is_dir()}
    if not trees:
        raise SourceError(f"{directory} holds no OWNER/NAME directory", remedy="reinstall mxbuild, which brings it")
    name = _digest(trees)
    root = cache / name
    if root.is_dir():
        return root
    cache.mkdir(parents=True, exist_ok=True)
    with lock.held(str(cache / f"{name}.lock"), lambda holder: None):
        if not root.is_dir():
            partial = cache / f"{name}.partial"
            if partial.exists():
                shutil.rmtree(partial)
            try:
                _Factory(trees, partial, Git(os.environ if environ is None else environ)).make()
            except GitFailedError as failed:
                raise SourceError(
                    f"{partial} cannot be made: {failed.reason}", remedy=failed.remedy, details=[failed.text]
                ) from failed
            durable.rename(partial, root)
    return root


def _files(tree: Path) -> dict[str, bytes]:
    """Path -> content; what the tree's own .gitignore names is left out (patterns for single names only).

    Raises:
        SourceError: there is a link, or a pattern longer than any name, over which fnmatch could sit for minutes.
    """
    try:
        ignored = [
            line.rstrip("/") for line in (tree / ".gitignore").read_text(errors="replace").splitlines() if line.strip()
        ]
    except FileNotFoundError:
        ignored = []
    if long := next((pattern for pattern in ignored if len(pattern) > LONGEST), ""):
        why = f"has a pattern of {len(long):,} characters; no name has more than {LONGEST}"
        raise SourceError(f"{tree}/.gitignore {why}")
    found: dict[str, bytes] = {}
    for top, directories, files in os.walk(tree):
        directories[:] = sorted(d for d in directories if not any(fnmatchcase(d, pattern) for pattern in ignored))
        for name in (*directories, *files):
            if os.path.islink(f"{top}/{name}"):
                raise SourceError(f"{top}/{name} is a link; an embedded source has plain files only")
        for file in sorted(f for f in files if not any(fnmatchcase(f, pattern) for pattern in ignored)):
            path = Path(top, file)
            found[path.relative_to(tree).as_posix()] = path.read_bytes()
    return found


def _digest(trees: Mapping[str, Mapping[str, bytes]]) -> str:
    digest = hashlib.sha256(LAYOUT)
    for name, files in trees.items():
        for path, content in files.items():
            digest.update(f"\0{name}\0{path}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


@final
class _Factory:
    """Makes the repositories below `root`, submodules first."""

    def __init__(self, trees: Mapping[str, Mapping[str, bytes]], root: Path, git: Git) -> None:
        self._trees = trees
        self._root = root
        self._git = git
        self._commits: dict[str, str] = {}

    def make(self) -> None:
        for name in self._trees:
            self._commit(name, ())

    def _commit(self, name: str, above: tuple[str, ...]) -> str:
        """The repository's commit; it is made where it was not yet."""
        if name in above:
            raise SourceError(f"embedded submodules go in a circle: {' -> '.join((*above, name))}")
        if name not in self._trees:
            raise SourceError(f"{above[-1]} has a submodule {SCHEME}{name}, which is not there")
        if name not in self._commits:
            repository = self._root / f"{name}.git"
            repository.mkdir(parents=True)
            where = str(repository)
            self._git.run(where, "init", "--quiet", "--bare", "--template=")
            self._git.run(where, "symbolic-ref", "HEAD", "refs/heads/main")
            for key, value in SETTINGS.items():
                self._git.run(where, "config", key, value)
            links = {path: self._commit(other, (*above, name)) for path, other in self._submodules(name)}
            with tempfile.TemporaryFile() as stream:
                stream.writelines(_stream(name, self._trees[name], links))
                stream.seek(0)
                said = self._git.run(where, "fast-import", "--quiet", stdin=stream).stdout
            self._commits[name] = said.decode().strip()
        return self._commits[name]

    def _submodules(self, name: str) -> Iterator[tuple[str, str]]:
        """(path, OWNER/NAME) out of .gitmodules."""
        if ".gitmodules" not in self._trees[name]:
            return
        with tempfile.NamedTemporaryFile() as file:
            file.write(self._trees[name][".gitmodules"])
            file.flush()
            said = self._git.run("/", "config", "--file", file.name, "--list", "-z").stdout.decode(errors="replace")
        # A key without a value has no line break behind it.
        values = {key: value for key, _, value in (entry.partition("\n") for entry in said.split("\0") if entry)}
        for key, path in values.items():
            if key.endswith(".path"):
                url = values.get(f"{key.removesuffix('path')}url", "")
                if not url.startswith(SCHEME):
                    raise SourceError(f"{name}: submodule {path} has the URL {url!r}, not {SCHEME}OWNER/NAME")
                yield path, url.removeprefix(SCHEME)


def _stream(name: str, files: Mapping[str, bytes], links: Mapping[str, str]) -> Iterator[bytes]:
    """What `git fast-import` reads: one commit on `main`, whose id it prints."""
    message = f"{name}\n".encode()
    yield f"commit refs/heads/main\nmark :1\nauthor {WHO}\ncommitter {WHO}\ndata {len(message)}\n".encode() + message
    for path, content in files.items():
        yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    for path, commit in links.items():
        yield f"M 160000 {commit} {path}\n".encode()
    yield b"\nget-mark :1\ndone\n"
