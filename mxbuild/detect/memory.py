"""Memory: what the machine has, what is free, and what the control groups still grant."""

from collections.abc import Iterator

from mxbuild.detect import cgroup, parse
from mxbuild.model import Fact, Memory, Note
from mxbuild.system import System

INFO = "/proc/meminfo"


def look(system: System, notes: list[Note]) -> Memory:
    """In bytes. 0 where the machine does not say."""
    info = parse.fields(system.read(INFO))
    total, available = _kib(info, "MemTotal"), _kib(info, "MemAvailable")
    source = f"{INFO}: MemAvailable"
    if total is None:
        notes.append(Note("memory", f"{INFO} has no readable MemTotal"))
    if available is None:  # kernels before 3.14
        available = sum(_kib(info, key) or 0 for key in ("MemFree", "Buffers", "Cached"))
        source = f"{INFO}: MemFree + Buffers + Cached"
    return Memory(
        total=Fact(total or 0, f"{INFO}: MemTotal"),
        available=Fact(available, source),
        limit=_limit(system),
    )


def _limit(system: System) -> Fact[int] | None:
    groups = [
        *_granted(system, cgroup.unified(system), "memory.max", "memory.current", "inactive_file"),
        *_granted(
            system,
            cgroup.controller(system, "memory"),
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ]
    return min(groups, key=lambda fact: fact.value, default=None)


def _granted(
    system: System, directories: Iterator[str], limit: str, usage: str, reclaimable: str
) -> Iterator[Fact[int]]:
    """What each limited group still grants.

    File pages that nobody uses count as used, but the kernel gives them up before anything fails; without
    taking them off, an unpacked archive would look like memory that is gone.
    """
    for directory in directories:
        most = parse.number(system.read(f"{directory}/{limit}"))  # no limit: "max", in version 1 a number near 2 ** 63
        if most is None:
            continue
        used = parse.number(system.read(f"{directory}/{usage}")) or 0
        cache = parse.number(parse.fields(system.read(f"{directory}/memory.stat"), " ").get(reclaimable)) or 0
        yield Fact(max(0, most - max(0, used - cache)), f"{directory}/{limit} less {usage}")


def _kib(info: dict[str, str], key: str) -> int | None:
    value = parse.number(info.get(key, "").removesuffix("kB"))
    return None if value is None or value * 1024 >= parse.LARGEST else value * 1024
