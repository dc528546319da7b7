"""Making one of the two: a bare virtual environment, the locked wheels, what leads to the environment, a trial."""

import os
import time

from mxbuild import __version__, durable
from mxbuild.execute import contents, pip, virtualenv
from mxbuild.execute.context import Context
from mxbuild.execute.environment import installed
from mxbuild.execute.notebook import kernelspec, places, settings
from mxbuild.execute.notebook.part import Part
from mxbuild.model import Message


def install(part: Part, log: str, context: Context) -> str:
    """Install it; what lay there before is removed.

    Returns:
        A short line of what it is.

    Raises:
        BuildError: the interpreter has no venv, a package cannot be had, the kernel does not find MXNet.
        OSError: the disk refuses.
    """
    os.makedirs(os.path.dirname(part.path), exist_ok=True)
    if os.path.lexists(part.path):
        durable.remove(part.path)
    with open(log, "w", encoding="utf-8"):  # of this install alone
        pass
    step = virtualenv.Installation(part.kind, part.python, log)
    virtualenv.create(part.path, step, context)
    installer = pip.Pip(step, part.path, context)
    if part.wanted.hashed:
        installer.install_pinned(part.wanted.hashed)
    else:
        minor = ".".join(part.version.split(".")[:2])
        text = f"no lock has what a notebook's {part.kind} needs with Python {minor}: it is installed without hashes"
        context.watch(Message(id=part.kind, text=text, level="warning"))
        installer.install(["--only-binary", ":all:", *part.wanted.pins])
    packages = installed(contents.places(part.path))
    seen = kernelspec.Seen("", gluon=False)
    if part.one is None:
        settings.write(part)
    else:
        seen = kernelspec.lay(part, part.one, log, context)
    record = places.Record(
        mxbuild=__version__,
        kind=part.kind,
        environment=part.one.path if part.one else "",
        python=f"{part.python} {part.version}",
        packages=packages,
        hashed=bool(part.wanted.hashed),
        release=seen.release,
        gluon=seen.gluon,
        finished=time.time(),
    )
    places.write(part.path, record)
    named = ", ".join(pin.replace("==", " ") for pin in part.wanted.pins)
    return f"{named}, {len(packages)} packages, Python {part.version}"
