"""Python and C for tests of wheels, environments and verification: interpreters, tiny packages, tiny libraries."""

import functools
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import platformdirs

from mxbuild.detect import detect
from mxbuild.execute import lock, wheel
from mxbuild.execute.context import Context
from mxbuild.model import Event, PackWheel, Paths
from mxbuild.system import System

PUBLISHED = ("mxnet==1.9.1", "numpy==1.23.5", "graphviz==0.8.4", "requests==2.32.3")
"""The newest MXNet whose wheel loads on today's systems, and it does so with numpy < 1.24 only."""


def context(
    events: list[Event] | None = None,
    environ: Mapping[str, str] | None = None,
    outcomes: Mapping[str, Mapping[str, object]] | None = None,
) -> Context:
    nowhere = dict.fromkeys(Paths.__struct_fields__, "/nonexistent")
    return Context(
        environ=os.environ if environ is None else environ,
        watch=(events if events is not None else []).append,
        paths=Paths(**nowhere),
        outcomes=outcomes or {},
    )


@functools.cache
def interpreters() -> dict[str, str]:
    """Minor version -> path, of all that this machine has with a working venv."""
    found = [p for p in detect(System()).pythons if p.venv]
    return {".".join(p.version.split(".")[:2]): p.path for p in reversed(found)}


MINOR = f"python{sys.version_info.major}.{sys.version_info.minor}"
COPYING = """\
#!/bin/sh
case "$*" in "-I -m venv "*|"-m venv "*)
    for directory; do :; done
    mkdir -p "$directory" && exec cp -a '{made}/.' "$directory"
esac
exec '{python}' "$@"
"""


def copying(place: Path) -> str:
    """This interpreter in a prefix of its own, where `-m venv` copies an environment that was made once.

    For tests of what comes after it: to give an environment its pip costs seconds, a copy a tenth of one.

    Args:
        place: the prefix; made once, whoever asks.

    Returns:
        Path of a program named as interpreters are.
    """
    python, made = f"{sys.base_prefix}/bin/{MINOR}", place / "environment"
    with lock.held(f"{place}.lock", lambda holder: None):
        if not (place / "bin" / MINOR).exists():
            run(python, "-I", "-m", "venv", "--without-pip", str(made))
            (site,) = made.glob("lib/python3*/site-packages")
            with zipfile.ZipFile(bundled(python)) as pip:
                pip.extractall(site)
            program(made / "bin" / "pip", '#!/bin/sh\nexec "${0%/*}/python" -m pip "$@"\n')
            # Of its bytecode only that is made, and copied with it, which an install needs.
            one, quiet = packed(place / "wheels", "one", "1").wheel, ("-q", "--disable-pip-version-check", "--no-index")
            run(f"{made}/bin/python", "-I", "-m", "pip", "install", *quiet, "--target", str(place / "one"), one)
            # What it is asked for as the environment's base is the copier again.
            settings = made / "pyvenv.cfg"
            settings.write_text(re.sub(r"(?m)^home = .*", f"home = {place}/bin", settings.read_text()))
            copier(place)
    return str(place / "bin" / MINOR)


def copier(place: Path) -> str:
    """The program of `copying`, for the environment that lies in the prefix."""
    for name in ("lib", "include"):
        (place / name).symlink_to(f"{sys.base_prefix}/{name}")
    (place / "bin").mkdir()
    (place / "bin" / "python3").symlink_to(MINOR)
    text = COPYING.format(made=place / "environment", python=f"{sys.base_prefix}/bin/{MINOR}")
    return program(place / "bin" / MINOR, text)


def program(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def bundled(python: str) -> str:
    """The wheel that `-m venv` would install pip from; pip runs right out of it."""
    found = "import ensurepip, os; print(os.path.dirname(ensurepip.__file__) + '/_bundled')"
    places = (run(python, "-I", "-c", found).strip(), "/usr/share/python-wheels")
    return next(str(wheel) for place in places for wheel in Path(place).glob("pip-*.whl"))


def run(*command: str, cwd: Path | str = "/") -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def library(path: Path, source: str = "int answer(void) { return 42; }", *flags: str) -> Path:
    """A shared library compiled from C."""
    path.parent.mkdir(parents=True, exist_ok=True)
    code = path.with_suffix(".c")
    code.write_text(source)
    run("gcc", "-shared", "-fPIC", "-o", str(path), str(code), *flags)
    code.unlink()
    return path


def bare_environment(path: Path, package: str, **files: str) -> Path:
    """An environment without pip that has a package `mxnet` and a library in it."""
    run(next(iter(interpreters().values())), "-I", "-m", "venv", "--without-pip", str(path))
    place = next(path.glob("lib/python*/site-packages")) / "mxnet"
    place.mkdir()
    (place / "__init__.py").write_text(package)
    for name, text in files.items():
        (place / f"{name}.py").write_text(text)
    library(place / "libmxnet.so")
    return path


def packed(directory: Path, name: str, version: str, text: str = "", requires: Sequence[str] = ()) -> PackWheel:
    """A wheel for any machine, of a package with one module and one library; returns its step."""
    tree = directory / f"tree-{name}-{version}"
    (tree / name).mkdir(parents=True)
    (tree / name / "__init__.py").write_text(text or f"__version__ = {version!r}\n")
    (tree / "lib.so").write_bytes(b"\x7fELF")
    step = PackWheel(
        tree=str(tree),
        library="lib.so",
        package=name,
        name=name,
        version=version,
        python="",
        requires=tuple(requires),
        platform="any",
        wheel=str(directory / f"{name}-{version}-py3-none-any.whl"),
    )
    wheel.run(step, context())
    return step


def published() -> Path:
    """An environment with MXNet from the package index: downloaded once, then kept in the user's cache."""
    minor = next((m for m in ("3.11", "3.10", "3.9", "3.8") if m in interpreters()), None)
    assert minor is not None, f"MXNet 1.9.1 needs a Python from 3.8 to 3.11, here are {list(interpreters())}"
    python = interpreters()[minor]
    key = hashlib.sha256("\0".join([*PUBLISHED, os.path.realpath(python)]).encode()).hexdigest()[:12]
    place = Path(platformdirs.user_cache_dir("mxbuild-tests")) / f"mxnet-1.9.1-{key}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with lock.held(f"{place}.lock", lambda holder: None):
        if not (place / "complete").exists():
            run(python, "-I", "-m", "venv", "--clear", str(place))
            run(str(place / "bin/python"), "-I", "-m", "pip", "install", "-q", "--only-binary", ":all:", *PUBLISHED)
            (place / "complete").touch()
    return place
