"""pkg-config's files, read directly: it may not be installed yet, and refuses a file whose requirements are missing."""

import re
from typing import NamedTuple

from mxbuild.system import System

LONGEST = 1 << 16
"""Characters of a file that are read; real ones have a few thousand."""
VALUE = 4096
"""Characters of a variable's value."""
VARIABLE = re.compile(r"\$\{([^}$]*)\}")


class Module(NamedTuple):
    path: str
    version: str
    library_directories: tuple[str, ...]
    include_directories: tuple[str, ...]


def directories(system: System, triplet: str) -> tuple[str, ...]:
    """Where pkg-config looks here: PKG_CONFIG_PATH, then PKG_CONFIG_LIBDIR or what distributions compile in."""
    environ = system.environ
    usual = [
        f"{prefix}/{lib}" for prefix in ("/usr/local", "/usr") for lib in (f"lib/{triplet}", "lib64", "lib", "share")
    ]
    default = environ.get("PKG_CONFIG_LIBDIR")
    places = environ.get("PKG_CONFIG_PATH", "").split(":")
    places += default.split(":") if default is not None else [f"{place}/pkgconfig" for place in usual]
    return tuple(dict.fromkeys(place for place in places if place.startswith("/")))


def find(system: System, name: str, places: tuple[str, ...]) -> Module | None:
    """The first `name`.pc in the directories."""
    for place in places:
        text = system.read(f"{place}/{name}.pc")
        if text is not None:
            return _module(f"{place}/{name}.pc", text)
    return None


def _module(path: str, text: str) -> Module:
    variables: dict[str, str] = {"pcfiledir": path.rsplit("/", 1)[0]}
    keywords: dict[str, str] = {}
    for line in text[:LONGEST].replace("\\\n", " ").splitlines():
        match = re.match(r"\s*([A-Za-z0-9_.]+)\s*([=:])\s*(.*)", line, re.ASCII)
        if match and match.group(2) == "=":
            variables.setdefault(match.group(1), _expand(match.group(3).strip(), variables))
        elif match:
            keywords.setdefault(match.group(1).lower(), _expand(match.group(3).strip(), variables))
    libs, cflags = keywords.get("libs", "").split(), keywords.get("cflags", "").split()
    return Module(
        path=path,
        version=keywords.get("version", ""),
        library_directories=_absolute([variables.get("libdir", ""), *(w[2:] for w in libs if w.startswith("-L"))]),
        include_directories=_absolute([w[2:] for w in cflags if w.startswith("-I")]),
    )


def _expand(text: str, variables: dict[str, str]) -> str:
    """Variables stand above their use, so one pass is enough; the cut keeps ${a}${a}... from doubling without end."""
    return VARIABLE.sub(lambda match: variables.get(match[1], ""), text[:VALUE])[:VALUE]


def _absolute(paths: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths if path.startswith("/") and path.strip("/")))
