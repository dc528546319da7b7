"""Seconds, bytes and estimates in words."""

import math
from datetime import datetime, timezone
from typing import Literal


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `4 min 12 s`, `1 h 02 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: float) -> str:
    """`512 B`, `48 kB`, `5.2 MB`, `1.3 GB`: decimal, as download sizes are given."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        value = count / factor
        if value < 999.5 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"
    raise AssertionError


def memory(count: float) -> str:
    """`430 MiB`, `1.4 GiB`: binary, as memory is sold."""
    return f"{count / 2**20:.0f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"


def occupied(resident: float, waiting: int) -> str:
    """`1.4 GiB, 3 wait for memory`: what compilers have, and how many do not start for want of it."""
    wait = f", {waiting} {'wait' if waiting > 1 else 'waits'} for memory" if waiting else ""
    return memory(resident) + wait


def remaining(eta: tuple[float, float] | None) -> str:
    """`about 12-16 min left`; rounded outwards, so that the range is not narrower than what is known."""
    if eta is None:
        return "estimating"
    low, high = max(0.0, min(eta)), max(0.0, *eta)
    if high < 10:
        return "a few seconds left"
    step, unit = (10, "s") if high <= 90 else (60, "min") if high <= 5400 else (1800, "h")
    first, last = math.floor(low / step), math.ceil(high / step)
    if unit == "s":
        first, last = first * step, last * step
    elif unit == "h":
        return f"about {_range(first / 2, last / 2)} h left"
    return f"about {_range(first, last)} {unit} left"


def _range(first: float, last: float) -> str:
    return f"{last:g}" if first in (0, last) else f"{first:g}-{last:g}"


def amount(count: int, unit: str) -> str:
    """A number in its unit: bytes as MB, everything else counted."""
    return size(count) if unit == "bytes" else f"{count:,}"


def unit(name: str) -> str:
    """The unit's word after a number; bytes bring their own."""
    return "" if name == "bytes" else name


def quantity(count: float, unit: Literal["seconds", "bytes", "count"]) -> str:
    """A number in the words of its unit."""
    if unit == "count":
        return f"{count:,.0f}"
    return duration(count) if unit == "seconds" else memory(count)


def difference(count: float, unit: Literal["seconds", "bytes", "count"] = "seconds") -> str:
    """The same with its sign: `+12 s`, `-1.4 GiB`."""
    return f"{'-' if count < 0 else '+'}{quantity(abs(count), unit)}"


def day(at: float) -> str:
    """`2026-11-26 02:21 UTC`, of a Unix time."""
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M} UTC"
