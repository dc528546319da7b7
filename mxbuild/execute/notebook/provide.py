"""Both parts, installed or found whole; their locks are held as long as the stack that is given lives."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from mxbuild import durable
from mxbuild.errors import BuildError, MxbuildError
from mxbuild.execute import lock
from mxbuild.execute.context import Context
from mxbuild.execute.notebook import install, places, settings
from mxbuild.execute.notebook.part import Part, damage, kernel, server
from mxbuild.locations import Locations
from mxbuild.model import Event, Installed, Message, StepFailed, StepFinished, StepStarted
from mxbuild.plan import paths_of

TITLES = {"server": "Install Jupyter's server", "kernel": "Install the kernel of {name}"}


@dataclass(frozen=True)
class Ready:
    """What a notebook can be started with."""

    server: Part
    kernel: Part
    record: places.Record
    """The kernel's."""
    locks: tuple[int, ...]
    """Descriptors that a server inherits, so that nobody removes what it runs on."""


def prepare(
    one: Installed, where: Locations, environ: Mapping[str, str], watch: Callable[[Event], None], stack: ExitStack
) -> Ready:
    """Install what is not there.

    Args:
        stack: the locks are released when it is closed.

    Raises:
        UsageError: there is no server or kernel for a Python.
        BuildError: a package cannot be had, or the kernel does not find the environment's MXNet.
        OSError: the disk refuses.
    """
    parts = (server(where.prefix), kernel(where.prefix, one))
    context = Context(environ=environ, watch=watch, paths=paths_of(one, where), outcomes={})
    settings.own(f"{where.state}/{places.DIRECTORY}")
    locks = tuple(_provided(part, one, where, context, stack) for part in parts)
    record = places.read(parts[1].path)
    if record is None:
        _there(one)
        raise BuildError(f"{parts[1].path} was removed meanwhile", remedy="the same command again")
    return Ready(*parts, record, locks)


def _provided(part: Part, one: Installed, where: Locations, context: Context, stack: ExitStack) -> int:
    """The descriptor of its lock, shared with others that use it."""
    title = TITLES[part.kind].format(name=one.name)

    def waits(holder: str) -> None:
        context.watch(Message(id=part.kind, text=f"{os.path.basename(part.path)} is in use by {holder}: waiting"))

    path = places.lock_of(part.path)
    while True:
        shared = ExitStack()
        descriptor = shared.enter_context(lock.held(path, waits, shared=True))
        if not damage(part):
            stack.enter_context(shared)
            return descriptor
        shared.close()
        with lock.held(path, waits), _uninstalled(part):
            if why := damage(part):
                if part.one:
                    _there(part.one)
                log = f"{where.state}/{places.DIRECTORY}/{os.path.basename(part.path)}.log"
                with _step(context.watch, part.kind, title, why) as detail, _uninstalled(part):
                    detail(install.install(part, log, context))
                    if why := damage(part):
                        raise BuildError(f"what was installed is not whole: {why}", details=[f"log: {log}"])


def _there(one: Installed) -> None:
    """Nobody uninstalled it meanwhile.

    Raises:
        BuildError: somebody did.
    """
    if not os.path.exists(f"{one.path}/receipt.json"):
        raise BuildError(f"{one.name} was uninstalled meanwhile", remedy="mxbuild list shows what is there")


@contextmanager
def _uninstalled(part: Part) -> Iterator[None]:
    """Where a kernel cannot be installed since its environment is gone, that is what is said, and half of it goes."""
    try:
        yield
    except (MxbuildError, OSError):
        if part.one is not None:
            try:
                _there(part.one)
            except BuildError:
                with suppress(OSError):
                    durable.remove(part.path)
                with suppress(OSError):
                    os.unlink(places.lock_of(part.path))
                raise
        raise


@contextmanager
def _step(watch: Callable[[Event], None], id_: str, title: str, why: str) -> Iterator[Callable[[str], None]]:
    """Tell of a step's begin and end; yields what takes its detail."""
    started, said = time.monotonic(), [""]
    watch(StepStarted(id=id_, title=title, why=why))
    try:
        yield lambda detail: said.__setitem__(0, detail)
    except (MxbuildError, OSError) as error:
        text = error.message if isinstance(error, MxbuildError) else f"{error.filename}: {error.strerror}"
        watch(StepFailed(id=id_, title=title, seconds=time.monotonic() - started, message=text))
        raise
    watch(StepFinished(id=id_, title=title, seconds=time.monotonic() - started, detail=said[0]))
