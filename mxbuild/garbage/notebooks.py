"""Servers and kernels of notebooks that nothing needs: of environments that are gone, or replaced by newer ones."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from mxbuild.execute import lock
from mxbuild.execute.notebook import places


class Idle(NamedTuple):
    """One that can go; no server holds its lock."""

    path: str
    why: str


def idle(prefix: str, environments: Collection[str], mine: Collection[str]) -> Iterator[Idle]:
    """Look; nothing is changed.

    Args:
        environments: paths of those that are whole.
        mine: paths whose lock the caller holds.
    """
    records = {place: places.read(place) for place in places.every(prefix)}
    newest: dict[str, tuple[float, str]] = {}
    for place, record in records.items():
        if record:
            group = record.environment or record.python
            newest[group] = max(newest.get(group, (0.0, "")), (record.finished, place))
    used = any(record and record.environment in environments for record in records.values())
    for place, record in records.items():
        if place not in mine and lock.taken(places.lock_of(place)):
            continue
        if record is None:
            yield Idle(place, "was never finished")
        elif record.kind == "kernel" and record.environment not in environments:
            yield Idle(place, "its environment is gone")
        elif newest[record.environment or record.python][1] != place:
            yield Idle(place, "a newer one has taken its place")
        elif record.kind == "server" and not used:
            yield Idle(place, "no environment has a kernel")
