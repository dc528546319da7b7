"""Python interpreters. Versions come from files where they can: starting an interpreter costs 20 ms, a shim 300."""

import re
from collections.abc import Iterator

from mxbuild.detect import dpkg, parse
from mxbuild.detect.programs import Ask, is_shim, said
from mxbuild.model import Note, Python
from mxbuild.system import System

PROGRAM = re.compile(r"python3(\.[0-9]+)?", re.ASCII)
QUESTION = "import sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:3])))"


def look(
    system: System, packages: dict[str, str], ask: Ask, notes: list[Note], named: str | None = None
) -> tuple[Python, ...]:
    """`python3` on PATH first, then the rest of PATH, pyenv's, /opt/python's and conda's, newest first in each.

    Args:
        packages: installed Debian packages; they know the version of the distribution's own.
        named: the path of an interpreter that comes before all others, wherever it lies.
    """
    unique: dict[str, str] = {}
    own = _base(system, named) if named and system.executable(named) else ""
    for path in ((own,) if own else ()) + tuple(_candidates(system)):
        unique.setdefault(system.realpath(path), path)
    known = {path: _known(system, real, packages) for real, path in unique.items()}
    strangers = [path for path, fact in known.items() if fact is None]
    answers = dict(zip(strangers, ask([[path, "-I", "-S", "-c", QUESTION] for path in strangers]), strict=True))
    found: list[Python] = []
    for real, path in unique.items():
        version, source = known[path] or _said(path, said(answers[path]), notes)
        if version:
            found.append(
                Python(
                    path=path,
                    version=version,
                    venv=_ensurepip(system, real, version),
                    system=path.startswith(("/usr/bin/", "/bin/")),
                    source=source,
                    named=path == own,
                )
            )
    return tuple(found)


def _candidates(system: System) -> Iterator[str]:
    on_path = list(_on_path(system))
    plain = [path for path in on_path if path.endswith("/python3")]
    yield from plain
    numbered = [path for path in on_path if not path.endswith("/python3")]
    yield from sorted(numbered, key=lambda path: parse.newest(path.rsplit("/", 1)[-1]), reverse=True)
    root = _pyenv(system)
    places = [f"{root}/versions/{name}" for name in _newest_first(system.listdir(f"{root}/versions"))] if root else []
    places += [f"/opt/python/{name}" for name in _newest_first(system.listdir("/opt/python"))]
    if conda := system.environ.get("CONDA_PREFIX"):
        places.append(conda)
    for place in places:
        if system.executable(f"{place}/bin/python3"):
            yield _base(system, f"{place}/bin/python3")


def _on_path(system: System) -> Iterator[str]:
    shims = [directory for directory in system.search_path() if is_shim(directory)]
    found = [path for path in system.which_all("python3*") if PROGRAM.fullmatch(path.rsplit("/", 1)[-1])]
    order = {directory: place for place, directory in enumerate(system.search_path())}
    places = {path: order[path.rsplit("/", 1)[0]] for path in found if path.rsplit("/", 1)[0] not in shims}
    chosen = _chosen_by_pyenv(system)
    if chosen and shims:
        places[chosen] = order[shims[0]]
    for path in sorted(places, key=lambda path: places[path]):
        yield _base(system, path)


def _base(system: System, path: str) -> str:
    """The interpreter that a virtual environment was made with; any other path as it is.

    An environment on top of an environment breaks when the lower one is deleted.
    """
    home = parse.fields(system.read(f"{path.rsplit('/', 2)[0]}/pyvenv.cfg"), "=").get("home", "")
    for name in ("python3", path.rsplit("/", 1)[-1]):
        if home.startswith("/") and system.executable(f"{home}/{name}"):
            return f"{home}/{name}"
    return path


def _pyenv(system: System) -> str:
    home = system.environ.get("HOME", "")
    return system.environ.get("PYENV_ROOT") or (f"{home}/.pyenv" if home.startswith("/") else "")


def _chosen_by_pyenv(system: System) -> str:
    """What pyenv's `python3` shim starts, by PYENV_VERSION or pyenv's global version.

    .python-version files are left alone: what is built must not depend on the current directory.
    """
    root = _pyenv(system)
    if not root:
        return ""
    wanted = [name for name in system.environ.get("PYENV_VERSION", "").split(":") if name]
    wanted = wanted or (system.read(f"{root}/version") or "").split()
    installed = _newest_first(system.listdir(f"{root}/versions"))
    for name in wanted:
        for have in [n for n in installed if n == name] + [n for n in installed if n.startswith(f"{name}.")]:
            path = f"{root}/versions/{have}/bin/python3"
            if system.executable(path):
                return path
        if name == "system":
            return ""
    return ""


def _newest_first(names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=lambda name: (parse.newest(name), name), reverse=True)


def _known(system: System, real: str, packages: dict[str, str]) -> tuple[str, str] | None:
    """The version by the package or the header beside the interpreter; None: it has to be asked."""
    prefix, _, name = real.rpartition("/bin/")
    if not re.fullmatch(r"python3\.[0-9]+", name, re.ASCII):
        return None  # another implementation, a free-threaded build, a wrapper
    minor = name.removeprefix("python")
    package = f"{name}-minimal"
    if prefix == "/usr" and dpkg.upstream(packages.get(package, "")).startswith(f"{minor}."):
        return dpkg.upstream(packages[package]), f"dpkg: {package} {packages[package]}"
    for header in (f"{prefix}/include/{name}{flag}/patchlevel.h" for flag in ("", "m")):  # m: up to 3.7
        version = parse.version(system.read(header), r'#define\s+PY_VERSION\s+"')
        if version.startswith(f"{minor}."):
            return version, header
    return None


def _said(path: str, text: str, notes: list[Note]) -> tuple[str, str]:
    version = parse.version(text, r"^cpython ")
    if not version:
        reason = f"is {text.split(maxsplit=1)[0]}, not CPython" if text.strip() else "does not run"
        notes.append(Note("python", f"{path} {reason}; left out"))
    return version, f"{path} -c {QUESTION!r}"


def _ensurepip(system: System, real: str, version: str) -> bool:
    """Debian ships ensurepip in its own package (python3.N-venv); without it `-m venv` gives no pip."""
    prefix = real.rpartition("/bin/")[0]
    minor = ".".join(version.split(".")[:2])
    return any(system.exists(f"{prefix}/{lib}/python{minor}/ensurepip/__init__.py") for lib in ("lib", "lib64"))
