"""mxbuild itself in the file, with all that it needs and a script that sets it up where there is nothing.

The wheel is packed anew out of what is installed here: who installs from a wheel does not keep it.
"""

import io
import os
import shlex
from collections.abc import Iterator, Sequence
from email.parser import HeaderParser
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mxbuild
from mxbuild import durable, toml
from mxbuild.errors import UsageError
from mxbuild.execute import wheel
from mxbuild.execute.context import Context
from mxbuild.model import Host, Python
from mxbuild.model.vendored import DEBS, ITSELF
from mxbuild.plan.vendored import system_of
from mxbuild.recipe.find import packaged
from mxbuild.recipe.match import version_matches
from mxbuild.vendor import wheels
from mxbuild.vendor.archive import Members, measured
from mxbuild.version import version

NAME = "mxbuild"
SETUP, SUMS = "setup.sh", "SHA256SUMS"
NEEDS = ">=3.10"
VERSION = "mxbuild/_version.py"
"""Says in a wheel which version it is of."""
WITHOUT = "give --no-mxbuild, and set mxbuild up there in another way"


def interpreter(host: Host, chosen: Python) -> Python:
    """The one that will run mxbuild there: the environment's, or the distribution's own.

    Raises:
        UsageError: neither is new enough.
    """
    for python in (chosen, *(p for p in host.pythons if p.system)):
        if version_matches("Python", python.version, NEEDS).ok:
            return python
    raise UsageError(f"mxbuild needs Python {NEEDS}; the environment's is {chosen.version}", remedy=WITHOUT)


def gather(host: Host, chosen: Python, packages: Members, work: str, context: Context) -> Members:
    """Its wheel, those that it needs in the versions that run here, and the script.

    Args:
        host: like the machine that the file is for.
        chosen: interpreter of the environment.
        packages: the Debian packages that go into the same file.

    Raises:
        UsageError: this mxbuild is neither installed nor a checkout.
        BuildError: a wheel cannot be had.
    """
    about, entry_points = described()
    python = interpreter(host, chosen)
    own = Path(work, ITSELF, f"{NAME}-{version()}-py3-none-any.whl")
    durable.write(own, packed(about, entry_points))
    listed = Path(work, ITSELF, "constraints.txt")
    durable.write(listed, "".join(f"{line}\n" for line in constraints(about)).encode())
    found: Members = {
        f"{ITSELF}/{wheels.named(file.name)}": file
        for file in wheels.gather(python, [str(own)], work, context, ["-c", str(listed)])
    }
    sums = "".join(f"{m.sha256}  {name}\n" for name, m in measured(found | packages).items())
    directories = ITSELF + f" {DEBS}" * bool(packages)
    return found | {SUMS: sums.encode(), SETUP: script(host, python, directories).encode()}


def script(host: Host, python: Python, directories: str) -> str:
    """What sets it up, on a machine like the host.

    Args:
        directories: of the file, with all that it takes.
    """
    text = files(mxbuild).joinpath(f"data/{SETUP}").read_text()
    words = {
        "PYTHON": "python" + ".".join(python.version.split(".")[:2]),
        "SYSTEM": shlex.quote(system_of(host.os)),
        "ARCH": shlex.quote(host.os.arch.value),
        "DIRECTORIES": directories,
    }
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


def described() -> tuple[str, str]:
    """Its METADATA and entry points: a checkout's own, which may have changed since it was installed, or a wheel's.

    Raises:
        UsageError: there is neither.
    """
    project = Path(mxbuild.__file__).parents[1] / "pyproject.toml"
    if project.is_file():
        facts = toml.loads(project.read_text())["project"]
        lines = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {version()}"]
        lines += [f"Requires-Python: {facts['requires-python']}"]
        lines += [f"Requires-Dist: {need}" for need in facts["dependencies"]]
        scripts = [f"{name} = {place}" for name, place in facts["scripts"].items()]
        return "\n".join([*lines, ""]), "\n".join(["[console_scripts]", *scripts, ""])
    try:
        found = metadata.distribution(NAME)
    except metadata.PackageNotFoundError as error:
        raise UsageError("this mxbuild was never installed: its needs are not known", remedy=WITHOUT) from error
    return found.read_text("METADATA") or "", found.read_text("entry_points.txt") or ""


def packed(about: str, entry_points: str) -> bytes:
    """The wheel, the same bytes each time."""
    info = f"{NAME}-{version()}.dist-info"
    tags = "Wheel-Version: 1.0\nGenerator: mxbuild\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    texts = {
        f"{info}/WHEEL": tags,
        f"{info}/METADATA": about,
        f"{info}/entry_points.txt": entry_points,
        VERSION: f'VERSION = "{version()}"\n',
    }
    members = [wheel.Member(name, text.encode(), 0o644) for name, text in texts.items()]
    package = Path(mxbuild.__file__).parent
    members += _files(package, NAME)
    if packaged().parent != package:  # in a checkout they lie beside it
        members += _files(packaged(), f"{NAME}/recipes")
    target = io.BytesIO()
    wheel.write(target, members, f"{info}/RECORD", lambda count: None)
    return target.getvalue()


def _files(root: Path, name: str) -> Iterator[wheel.Member]:
    for directory, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        inside = os.path.normpath(f"{name}/{os.path.relpath(directory, root)}")
        for file in sorted(names):
            if f"{inside}/{file}" != VERSION:
                yield wheel.Member(f"{inside}/{file}", f"{directory}/{file}", 0o644)


def constraints(about: str) -> Sequence[str]:
    """Every package that runs with it here, at its version.

    Args:
        about: its METADATA.
    """
    seen: dict[str, str] = {}
    todo = [tuple(HeaderParser().parsestr(about).get_all("Requires-Dist", ()))]
    while todo:
        for text in todo.pop():
            need = Requirement(text)
            name = canonicalize_name(need.name)
            if name in seen or not (need.marker is None or need.marker.evaluate({"extra": ""})):
                continue
            try:
                found = metadata.distribution(name)
            except metadata.PackageNotFoundError:
                continue
            seen[name] = found.version
            todo.append(tuple(found.requires or ()))
    return [f"{name}=={version}" for name, version in sorted(seen.items())]
