"""What the tests need besides the library: in a directory of its own in the cache, never in the user's environment."""

import hashlib
import os
import shutil
from glob import glob

from mxbuild import durable
from mxbuild.errors import BuildError, UsageError
from mxbuild.execute import lock, pip, virtualenv
from mxbuild.execute.context import Context
from mxbuild.execute.environment import installed
from mxbuild.execute.upstream.interpreter import Interpreter
from mxbuild.model import Message
from mxbuild.recipe.lockfile import Lockfile
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.upstream import UpstreamTests


def pins(tests: UpstreamTests, python: str) -> tuple[str, ...]:
    """The recipe's pins for an interpreter.

    Args:
        python: its version.

    Raises:
        UsageError: the recipe has none for it.
    """
    for requirements in tests.packages:
        if version_matches("python", python, requirements.python).ok:
            return requirements.packages
    raise UsageError(f"the recipe does not say what upstream's tests need with Python {python}")


def provide(
    directory: str,
    wanted: tuple[str, ...],
    one: Interpreter,
    step: str,
    log: str,
    context: Context,
    locked: Lockfile | None = None,
) -> tuple[str, dict[str, str]]:
    """Install the pins, or take what an earlier call installed: complete or absent, in one rename.

    Args:
        directory: in the cache; holds a directory for each set of pins and interpreter.
        step: id of the step that reports it.
        locked: the wheels of the recipe's pins: what it has is installed by its hashes alone.

    Returns:
        The directory that the modules are in, and name -> version of what is there.

    Raises:
        BuildError: a pin cannot be had, or the disk refuses.
    """
    digest = hashlib.sha256("\0".join((one.base, one.version, *wanted)).encode()).hexdigest()[:8]
    place = f"{directory}/py{one.minor}-{digest}"
    try:
        os.makedirs(directory, exist_ok=True)
        with lock.held(f"{place}.lock", _nobody):
            if not os.path.isdir(place):
                partial = f"{place}.partial"
                shutil.rmtree(partial, ignore_errors=True)
                installation = virtualenv.Installation(step, one.base, log)
                virtualenv.create(partial, installation, context)
                installer = pip.Pip(installation, partial, context)
                if locked is not None and (found := locked.found(wanted, one.version)):
                    installer.install_pinned(locked.lines(found.pins))
                else:
                    text = f"no lock has what the tests need with Python {one.minor}: it is installed without hashes"
                    context.watch(Message(id=step, text=text, level="warning"))
                    installer.install(["--no-deps", "--only-binary", ":all:", *wanted])
                durable.rename(partial, place)
    except OSError as error:
        raise BuildError(f"{error.filename or directory}: {error.strerror}") from error
    modules = glob(f"{place}/lib/python*/site-packages")[0]
    return modules, versions(modules, wanted)


def versions(modules: str, wanted: tuple[str, ...]) -> dict[str, str]:
    """Name -> version of the pinned ones; pip and setuptools, which lie beside them, are left out."""
    names = {pin.partition("==")[0].lower().replace("_", "-") for pin in wanted}
    return {n: v for n, v in installed([modules]).items() if n.lower().replace("_", "-") in names}


def _nobody(holder: str) -> None:
    """Another process that installs the same is waited for; it takes seconds."""
