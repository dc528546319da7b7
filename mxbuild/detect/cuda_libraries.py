"""cuDNN and NCCL: every header that can be included, with the library that belongs to it and both their versions."""

import re
from collections.abc import Iterator, Sequence
from glob import escape
from typing import Literal, NamedTuple

from mxbuild.detect import parse
from mxbuild.detect.toolkits import site_packages
from mxbuild.model import CudaLibrary, Note, Toolkit
from mxbuild.system import System

Name = Literal["cudnn", "nccl"]

VERSIONS: dict[Name, tuple[str, str]] = {"cudnn": ("CUDNN", "PATCHLEVEL"), "nccl": ("NCCL", "PATCH")}
"""Library -> the prefix of its version macros, and the last of them."""

TITLES: dict[Name, str] = {"cudnn": "cuDNN", "nccl": "NCCL"}


class _Place(NamedTuple):
    include: str
    libraries: tuple[str, ...]


def look(
    system: System,
    triplet: str,
    toolkits: Sequence[Toolkit],
    notes: list[Note],
    cudnn: str | None = None,
) -> tuple[CudaLibrary, ...]:
    """Every cuDNN, then every NCCL; of each the one first that a plain #include takes.

    Args:
        toolkits: those that were found; their own directories are searched first, as nvcc does.
        cudnn: the path of `--cudnn`, looked at before all others.
    """
    found: list[CudaLibrary] = []
    for name in VERSIONS:
        given = cudnn if name == "cudnn" else None
        places = list(_places(system, name, triplet, toolkits, given))
        seen: set[str] = set()
        for place in places:
            for header in _headers(system, name, place.include):
                real = system.realpath(header)
                if real not in seen and (library := _library(system, name, header, place, notes)):
                    found.append(library)
                    seen.add(real)
        variable = f"{name.upper()}_ROOT"
        for label, prefix in ((f"--{name}", given), (variable, system.environ.get(variable))):
            if prefix and not any(library.header.startswith(f"{prefix.rstrip('/')}/") for library in found):
                notes.append(
                    Note(name, f"{label} names {prefix}, but it has no include/{name}.h that says its version")
                )
        if not any(library.name == name for library in found):
            _runtime_only(system, name, places, notes)
    return tuple(found)


def _places(
    system: System, name: Name, triplet: str, toolkits: Sequence[Toolkit], given: str | None
) -> Iterator[_Place]:
    """Directories in the order in which a compile that names none of them searches."""
    own = system.environ.get(f"{name.upper()}_ROOT", "")
    for prefix in (given or "", own):
        if prefix.startswith("/"):
            bare = prefix.rstrip("/")
            yield _Place(f"{bare}/include", tuple(f"{bare}/{lib}" for lib in ("lib64", "lib", f"lib/{triplet}")))
    for toolkit in toolkits:
        if toolkit.layout != "debian":
            yield _Place(toolkit.include, tuple(filter(None, (toolkit.libraries, f"{toolkit.root}/lib64"))))
    yield _Place("/usr/local/include", ("/usr/local/lib", "/usr/local/lib64"))
    usual = (f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib64", "/usr/lib")
    yield _Place("/usr/include", usual)
    yield _Place(f"/usr/include/{triplet}", usual)
    conda = system.environ.get("CONDA_PREFIX", "").rstrip("/")
    if conda.startswith("/"):
        yield _Place(f"{conda}/include", (f"{conda}/lib",))
    for directory in site_packages(system):
        yield _Place(f"{directory}/nvidia/{name}/include", (f"{directory}/nvidia/{name}/lib",))


def _headers(system: System, name: Name, include: str) -> Iterator[str]:
    """The header itself, then those that Debian's alternatives choose among: cudnn_v9.h, cudnn_v8.h."""
    if system.exists(f"{include}/{name}.h"):
        yield f"{include}/{name}.h"
    numbered = [
        p for p in system.glob(f"{escape(include)}/{name}_v[0-9]*.h") if re.search(r"_v[0-9]{1,3}\.h$", p, re.ASCII)
    ]
    yield from sorted(numbered, key=lambda path: parse.newest(path.rsplit("/", 1)[-1]), reverse=True)


def _library(system: System, name: Name, header: str, place: _Place, notes: list[Note]) -> CudaLibrary | None:
    version, source = _version(system, name, header)
    if not version:
        notes.append(Note(name, f"{header} does not say its version; left out"))
        return None
    plain = header.endswith(f"/{name}.h")
    major = version.partition(".")[0]
    library = next((p for d in place.libraries if system.exists(p := f"{d}/lib{name}.so")), "") if plain else ""
    named = [library] if library else []
    named += [p for d in place.libraries if system.exists(p := f"{d}/lib{name}.so.{major}")]
    built = next((v for path in named if (v := _of_name(system, name, path))), "")
    if built and built.partition(".")[0] != major:
        text = f"{header} is {TITLES[name]} {version}, but {library} is {built}; a build against both cannot work"
        notes.append(Note(name, text))
    return CudaLibrary(name=name, version=version, library_version=built, header=header, library=library, source=source)


def _version(system: System, name: Name, header: str) -> tuple[str, str]:
    """(version, file). cuDNN keeps it in cudnn.h up to 7, from 8 on in cudnn_version.h beside it."""
    directory, _, file = header.rpartition("/")
    real = system.realpath(header)
    aside, _, real_file = real.rpartition("/")
    macro, last = VERSIONS[name]
    paths = [header]
    if name == "cudnn":
        paths += [f"{aside}/{real_file.replace('cudnn', 'cudnn_version', 1)}", f"{directory}/cudnn_version.h"]
        paths += [f"{aside}/cudnn_version.h"] if file == "cudnn.h" else []
    for path in dict.fromkeys(paths):
        text = system.read(path)
        parts = [parse.version(text, rf"#\s*define\s+{macro}_{part}\s+") for part in ("MAJOR", "MINOR", last)]
        if all(parts):
            return ".".join(part.partition(".")[0] for part in parts), path
    return "", ""


def _of_name(system: System, name: Name, path: str) -> str:
    """The version in the name of the file that a link leads to: libcudnn.so -> ... -> libcudnn.so.8.9.2."""
    return parse.version(system.realpath(path).rsplit("/", 1)[-1], rf"^lib{name}\.so\.")


def _runtime_only(system: System, name: Name, places: list[_Place], notes: list[Note]) -> None:
    """Notes a library without a header: the run-time package alone."""
    for directory in dict.fromkeys(d for place in places for d in place.libraries):
        if libraries := system.glob(f"{escape(directory)}/lib{name}.so*"):
            text = f"{libraries[0]} is there, but {name}.h is not: the package for developers is missing"
            notes.append(Note(name, text))
            return
