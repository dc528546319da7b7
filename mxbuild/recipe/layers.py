"""What several recipes share is written once: a recipe and the files that it extends, as one table.

A file that says `extends = "base/mxnet"` begins with what that file says. Its own tables are laid over it key by key,
rules (`[[compat]]`) and known failures of tests by their id; every other array, and every single value, takes the
other's place. `remove` names what is to go first. Nothing is computed: what comes out could have been written in one
file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from mxbuild.recipe.fault import Fault, dotted, hint, position, printable, quoted, shown
from mxbuild.recipe.find import packaged
from mxbuild.recipe.locate import BARE, Path, locate
from mxbuild.recipe.read import File, read, refused

EXTENDS, REMOVE = "extends", "remove"
KEYED: tuple[Path, ...] = (("compat",), ("verify", "upstream", "known"))
"""Arrays of tables that have an id, by which they are laid over each other."""
OWN = (EXTENDS, REMOVE)
"""What a file says about how it is read; no part of the recipe."""
PROVED = "proved"
"""What was seen of one release says nothing of another one that extends it."""


@dataclass
class Node:
    """A value, and which file says it where."""

    file: int
    path: Path
    value: Any = None
    """Of anything but a table or a keyed array."""
    parts: "dict[str | int, Node] | None" = None
    """Of a table by key, of a keyed array by id (a number for an entry that has none)."""


@dataclass(frozen=True)
class Layers:
    """A recipe's data, and where each part of it stands."""

    files: tuple[File, ...]
    """The recipe's own file first, then each that the one before extends."""
    data: dict[str, Any]
    origins: dict[Path, tuple[int, Path]]
    """Path in `data` -> index of the file that has it, and its path there; of what stands in several files, the
    first's."""

    def rendered(self, faults: list[Fault]) -> list[str]:
        """The faults, each with file, line and caret, in the files' order."""
        places = [locate(file.text) for file in self.files]
        found = []
        for fault in faults:
            index, path = self._origin(fault.path)
            local = fault._replace(path=path)
            span = position(local, places[index])
            found.append((index, span, fault.text, _rendered(self.files[index], span, local)))
        return [text for *_, text in sorted(found)]

    def _origin(self, path: Path) -> tuple[int, Path]:
        """File, and path there, of what stands at a path, or of the nearest that holds it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                index, there = self.origins[path[:length]]
                return index, (*there, *path[length:])
        return 0, path


def layers(path: FilePath) -> Layers:
    """Read a recipe and all that it extends.

    Raises:
        RecipeError: one of the files cannot be read or is no TOML, or what `extends` or `remove` name is not there.
    """
    files = _files(path)
    whole = _node({}, len(files) - 1, ())
    for index in range(len(files) - 1, -1, -1):
        data = files[index].data
        _remove(whole, files, index)
        own = {key: value for key, value in data.items() if key not in OWN and (key != PROVED or index == 0)}
        whole = _laid_over(whole, _node(own, index, ()))
    origins: dict[Path, tuple[int, Path]] = {}
    return Layers(files, _plain(whole, (), origins), origins)


def _files(path: FilePath) -> tuple[File, ...]:
    found = [read(path)]
    while (name := found[-1].data.get(EXTENDS)) is not None:
        if not isinstance(name, str) or not all(BARE.match(part) for part in name.split("/")):
            raise _fault(found[-1], (EXTENDS,), 'expected a file\'s name without .toml, like "base/mxnet"')
        # Beside the recipe itself, whichever file names it: so a shared file means the same for all.
        beside = [directory / f"{name}.toml" for directory in (path.parent, packaged())]
        file = next((f for f in beside if f.is_file()), None)
        if file is None:
            looked = " and ".join(dict.fromkeys(printable(str(f.parent)) for f in beside))
            raise _fault(found[-1], (EXTENDS,), f"there is no {printable(name)}.toml in {looked}")
        if any(file.samefile(other.path) for other in found):
            raise _fault(found[-1], (EXTENDS,), f"goes in a circle: {printable(name)} extends this file")
        found.append(read(file))
    return tuple(found)


def _remove(whole: Node, files: tuple[File, ...], index: int) -> None:
    """Take out of what is extended all that the file's `remove` names."""
    file = files[index]
    names = file.data.get(REMOVE, [])
    if names and EXTENDS not in file.data:
        raise _fault(file, (REMOVE,), "there is nothing to remove from: the file extends no other", on_key=True)
    if not isinstance(names, list):
        raise _fault(file, (REMOVE,), 'expected an array of keys, like ["flags.USE_S3"]')
    for number, name in enumerate(names):
        keys = _keys(name) if isinstance(name, str) else []
        if not keys:
            raise _fault(file, (REMOVE, number), 'expected a key, like "flags.USE_S3"')
        node = whole
        for depth, key in enumerate(keys):
            if key not in (node.parts or {}):
                above = dotted(tuple(keys[:depth])) or "it"
                text = f"{above} has no {quoted(key)}{hint(key, map(str, node.parts or {}))}"
                raise _fault(file, (REMOVE, number), f"nothing to remove: {text}")
            assert node.parts is not None
            if depth == len(keys) - 1:
                del node.parts[key]
            else:
                node = node.parts[key]


def _keys(text: str) -> list[str]:
    """The parts of a dotted key, [] where it is none."""
    places = locate(f"{text} = 0") if text and "\n" not in text and "=" not in text else {}
    longest = max(places, key=len, default=())
    return [str(key) for key in longest] if dotted(longest).replace('"', "") == text.replace('"', "") else []


def _node(value: Any, file: int, path: Path) -> Node:
    if isinstance(value, dict):
        parts = {key: _node(inner, file, (*path, key)) for key, inner in value.items()}
        return Node(file, path, parts=dict(parts))
    if path in KEYED and isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        return Node(file, path, parts=dict(_entries(value, file, path)))
    return Node(file, path, value)


def _entries(entries: list[dict[str, Any]], file: int, path: Path) -> Iterator[tuple[str | int, Node]]:
    """The entries by id; one without an id, or with another's, by a number of its own: it will be complained about."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        name = entry.get("id")
        key = name if isinstance(name, str) and name not in seen else (file << 16) + index
        seen |= {name} if isinstance(name, str) else set()
        yield key, _node(entry, file, (*path, index))


def _laid_over(below: Node, above: Node) -> Node:
    if below.parts is None or above.parts is None:
        return above
    parts = dict(below.parts)
    for key, node in above.parts.items():
        parts[key] = _laid_over(parts[key], node) if key in parts else node
    return Node(above.file, above.path, parts=parts)


def _plain(node: Node, path: Path, origins: dict[Path, tuple[int, Path]]) -> Any:
    origins[path] = (node.file, node.path)
    if node.parts is None:
        return node.value
    if path in KEYED:
        return [_plain(entry, (*path, index), origins) for index, entry in enumerate(node.parts.values())]
    return {key: _plain(inner, (*path, str(key)), origins) for key, inner in node.parts.items()}


def _rendered(file: File, span: tuple[int, int], fault: Fault) -> str:
    name = dotted(fault.path)
    return shown(str(file.path), file.text, *span, f"{name}: {fault.text}" if name else fault.text)


def _fault(file: File, path: Path, text: str, *, on_key: bool = False) -> Exception:
    fault = Fault(path, text, on_key)
    return refused(file.path, [_rendered(file, position(fault, locate(file.text)), fault)])
