"""Reading what the kernel and tools print; nothing here raises, whatever the text."""

import re

LARGEST = 1 << 62
"""Numbers from here on are nonsense or mean "no limit" (9223372036854771712 in version 1 of cgroups)."""


def number(text: str | None) -> int | None:
    """A non-negative whole number with blanks around it; None for anything else."""
    if text is None or not re.fullmatch(r"\s*[0-9]{1,19}\s*", text, re.ASCII):
        return None
    value = int(text)
    return value if value < LARGEST else None


def count(ranges: str | None) -> int | None:
    """How many CPUs a kernel list such as `0-3,8` names; None where it is no such list."""
    total = 0
    for part in (ranges or "").strip().split(","):
        first, _, last = part.partition("-")
        low, high = number(first), number(last or first)
        if low is None or high is None or high < low:
            return None
        total += high - low + 1
    return total


def fields(text: str | None, separator: str = ":") -> dict[str, str]:
    """`key: value` lines; the first of equal keys wins."""
    found: dict[str, str] = {}
    for line in (text or "").splitlines():
        key, middle, value = line.partition(separator)
        if middle:
            found.setdefault(key.strip(), value.strip())
    return found


def version(text: str | None, before: str = "") -> str:
    """The first dotted number after the pattern `before`; "" where there is none."""
    match = re.search(before + r"([0-9]{1,9}(?:\.[0-9]{1,9})*)", text or "", re.ASCII)
    return match.group(1) if match else ""


def newest(text: str) -> tuple[int, ...]:
    """Sort key of a dotted version."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", text, re.ASCII))
