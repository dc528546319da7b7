"""Taking it away: each thing under the lock of the build that made it, whole or not at all."""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from mxbuild import durable
from mxbuild.execute import lock
from mxbuild.garbage.find import Found, Item, find
from mxbuild.locations import Locations
from mxbuild.model import Message, Progress

STEP = "gc"


def collect(
    found: Found, where: Locations, *, everything: bool, watch: Callable[[Progress | Message], None]
) -> tuple[Item, ...]:
    """Remove what was found, and return what is gone.

    It is looked at once more under the locks: since it was found, somebody may have begun to need it.

    Args:
        everything: as `find` was asked.

    Raises:
        OSError: the state's directory cannot be written.
    """
    gone: list[Item] = []
    total, done = found.bytes, 0
    with ExitStack() as stack:
        alone = stack.enter_context(lock.tried(f"{where.state}/{lock.WORKING}"))
        if not alone and any(item.shared for item in found.items):
            watch(Message(id=STEP, text="a build runs: what builds share stays", level="warning"))
        guarded = sorted({item.build for item in found.items if item.build})
        free = {b: stack.enter_context(lock.tried(_lock(where, b))) for b in guarded}
        for name in (b for b in guarded if not free[b]):
            watch(Message(id=STEP, text=f"{name} is being built now: it stays", level="warning"))
        unused = {i.path: stack.enter_context(lock.tried(f"{i.path}.lock")) for i in found.items if i.alone}
        for path in (path for path, ours in unused.items() if not ours):
            watch(Message(id=STEP, text=f"{os.path.basename(path)} is being used: it stays", level="warning"))
        mine = frozenset(name for name, ours in (*free.items(), *unused.items()) if ours)
        still = {item.path for item in find(where, everything=everything, mine=mine).items}
        # Records last: the lock lies in them.
        for item in sorted(found.items, key=lambda item: item.kind == "records"):
            if (item.build and not free[item.build]) or (item.shared and not alone) or not unused.get(item.path, True):
                continue
            if item.path not in still:
                continue
            try:
                durable.remove(item.path)
                if item.shared or item.alone:
                    Path(f"{item.path}.lock").unlink(missing_ok=True)
            except OSError as error:
                text = f"{item.path} cannot be removed: {error.strerror}"
                watch(Message(id=STEP, text=text, level="warning"))
                continue
            gone.append(item)
            done += item.bytes
            watch(Progress(id=STEP, done=done, total=total, unit="bytes", text=os.path.basename(item.path)))
        for build in free:
            _tidy(_lock(where, build))
    return tuple(gone)


def _lock(where: Locations, build: str) -> str:
    return f"{where.state}/builds/{build}/lock"


def _tidy(path: str) -> None:
    """Of a tree without records nothing stays but the lock that was made for its removal."""
    records = os.path.dirname(path)
    with suppress(OSError):
        if os.listdir(records) == [os.path.basename(path)]:
            durable.remove(records)
