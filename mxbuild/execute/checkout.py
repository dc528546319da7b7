"""What lies in a checked-out repository: its commit, its gitlinks, its files, its size; and whether it was altered."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.foreign import decoded

MARKER = "mxbuild.json"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """Lies in a repository's .git, written last: this one is whole, and how it was had."""

    commit: str
    exclude: tuple[str, ...]
    how: str
    """shallow+blobless+sparse, shallow+sparse, full+sparse, cached+sparse, shallow, full, cached."""
    url: str
    bytes: int
    """Size of the packs that were fetched for it; those from before not counted."""
    files: tuple[str, ...]
    """Every tracked file that is checked out."""


def read_marker(directory: str) -> Marker | None:
    try:
        return decoded(Path(directory, ".git", MARKER).read_bytes(), Marker)
    except (OSError, ValueError):
        return None


def write_marker(directory: str, marker: Marker) -> None:
    """Write it whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    durable.write(Path(directory, ".git", MARKER), msgspec.json.encode(marker))


def head(directory: str) -> str:
    """The commit that HEAD names, "" where it is on a branch or there is no repository. Starts no git."""
    try:
        text = Path(directory, ".git", "HEAD").read_text(errors="replace").strip()
    except OSError:
        return ""
    return "" if text.startswith("ref:") else text


def gitlinks(git: Git, directory: str, commit: str) -> dict[str, str]:
    """Path -> commit of every submodule that the commit's trees name.

    Raises:
        GitFailedError: the commit or its trees are not there.
    """
    listing = git.run(directory, *_here(directory), "ls-tree", "-r", "-z", "--full-tree", commit, "--").stdout
    return {os.fsdecode(entry.path): entry.object for entry in entries(listing) if entry.mode == b"160000"}


class TreeEntry(NamedTuple):
    """A row of `git ls-tree -z`."""

    mode: bytes
    kind: bytes
    object: str
    path: bytes


ROW = re.compile(rb"([0-7]{6}) ([a-z]+) ([0-9a-f]{40})\t(.+)", re.DOTALL)


def entries(listing: bytes) -> Iterator[TreeEntry]:
    """The rows of `git ls-tree -r -z`.

    Raises:
        SourceError: they are none.
    """
    for row in filter(None, listing.split(b"\0")):
        match = ROW.fullmatch(row)
        if match is None:
            raise SourceError("git lists a tree in a way that is not known here", details=[repr(row[:200])])
        yield TreeEntry(match[1], match[2], match[3].decode(), match[4])


def differences(path: str, links: Mapping[str, str], pins: Mapping[str, str], exclude: Sequence[str]) -> list[str]:
    """What speaks against a repository's gitlinks being the recipe's submodules, both ways.

    Args:
        path: the repository's own path in the tree, "" for the superproject.
        links: gitlink's path -> commit, in that repository.
        pins: path -> commit of the submodules that the recipe puts right into it.
        exclude: directories that are not checked out; what lies there needs no pin.
    """
    name, outside = path or "the superproject", tuple(f"{directory}/" for directory in exclude)
    found = []
    for link in sorted(links.keys() | pins.keys()):
        place = f"{path}/{link}".lstrip("/")
        if link not in pins:
            if not f"{link}/".startswith(outside):
                found.append(f"{place}: {name} has a submodule at {links[link]} here; the recipe names none")
        elif link not in links:
            found.append(f"{place}: wanted {pins[link]}, but {name} has no submodule here")
        elif links[link] != pins[link]:
            found.append(f"{place}: wanted {pins[link]}, got {links[link]} ({name} pins it)")
    return found


def tracked(git: Git, directory: str) -> tuple[str, ...]:
    """Every tracked file that is checked out (those that sparse checkout leaves out are not).

    Raises:
        GitFailedError: the index cannot be read.
    """
    rows = git.run(directory, *_here(directory), "ls-files", "-t", "-z", "--stage").stdout.split(b"\0")
    found = []
    for row in rows:
        facts, _, name = row.partition(b"\t")
        if facts.startswith(b"H ") and not facts.startswith(b"H 160000"):
            with suppress(UnicodeDecodeError):  # a name that JSON cannot hold is not watched
                found.append(name.decode())
    return tuple(found)


def blob(git: Git, directory: str, commit: str, name: str) -> bytes:
    """A file as the commit has it.

    Raises:
        GitFailedError: it has none of that name.
    """
    return git.run(directory, *_here(directory), "cat-file", "blob", f"{commit}:{name}").stdout


def gone(directory: str, marker: Marker) -> str:
    """The first tracked file that is not there any more; "" where all are. Starts no git."""
    return next((name for name in marker.files if not os.path.lexists(f"{directory}/{name}")), "")


def stored_bytes(directory: str) -> int:
    """Size of all packs and loose objects: what came, without what git computed from it (.idx, .rev)."""
    objects = Path(directory, ".git", "objects")
    files: Iterable[Path] = (*objects.glob("pack/*.pack"), *objects.glob("[0-9a-f][0-9a-f]/*"))
    return sum(file.stat().st_size for file in files)


def altered(git: Git, directory: str, commit: str, exclude: Sequence[str] = ()) -> list[str]:
    """Tracked files whose content is not the commit's, or that are gone, whatever sizes and times say.

    git compares contents where its index knows no time of the file; so it is given a fresh index, outside the tree.

    Args:
        exclude: top-level directories that sparse checkout leaves out.

    Raises:
        GitFailedError: the repository is damaged.
    """
    with durable.scratch("index") as temporary:
        index = {"GIT_INDEX_FILE": f"{temporary}/index"}
        git.run(directory, *_here(directory), "read-tree", commit, extra=index)
        try:
            git.run(directory, *_here(directory), "update-index", "-q", "--ignore-submodules", "--refresh", extra=index)
        except GitFailedError as failed:
            if failed.code != 1:  # 1: some files differ
                raise
        listing = git.run(
            directory, *_here(directory), "diff-files", "--name-status", "-z", "--ignore-submodules=all", extra=index
        ).stdout
    fields = listing.split(b"\0")
    outside = tuple(f"{name}/" for name in exclude)
    changes = ((status, os.fsdecode(name)) for status, name in zip(fields[::2], fields[1::2], strict=False))
    return [name for status, name in changes if not (status == b"D" and name.startswith(outside))]


def _here(directory: str) -> tuple[str, ...]:
    return (f"--git-dir={directory}/.git", f"--work-tree={directory}")
