"""The first real error of a make log: what comes after it is mostly its echo."""

import re
from pathlib import Path
from typing import NamedTuple

FIRST = re.compile(
    r"(?P<file>[^\s:]+):(?P<line>\d+)(?::\d+)?: (?:fatal )?error: (?P<text>.*)"
    r"|(?P<link>.*(?:undefined reference to|cannot find -l\S+|multiple definition of).*)"
    r"|(?P<norule>make.*: \*\*\* No rule to make target.*)"
    r"|(?P<killed>.*(?:Killed signal terminated program|internal compiler error: Killed|virtual memory exhausted"
    r"|Cannot allocate memory|out of memory allocating).*)"
    r"|(?P<full>.*No space left on device.*)"
)
STOP = re.compile(r"make(?:\[\d+\])?: \*\*\* \[(?P<where>[^\]]*)\] (?P<what>.*)")
CONTEXT = 5
"""Lines shown after the first error."""


class FirstError(NamedTuple):
    """What went wrong first."""

    headline: str
    lines: tuple[str, ...]
    memory: bool
    """Whether a compiler was killed for want of memory."""
    remedy: str


def first_error(log: str, offset: int = 0) -> FirstError:
    """Find it in the part of the log that one run of make wrote.

    Args:
        offset: byte at which that part begins.
    """
    with Path(log).open("rb") as file:
        file.seek(offset)
        lines = file.read().decode("utf-8", "backslashreplace").splitlines()
    stops = [m for line in lines if (m := STOP.search(line))]
    killed = any("Error 137" in m["what"] or m["what"].startswith("Killed") for m in stops)
    for index, line in enumerate(lines):
        match = FIRST.search(line)
        if match is None:
            continue
        around = tuple(lines[index : index + CONTEXT])
        if match["file"]:
            return FirstError(f"{match['file']}:{match['line']}: {match['text']}", around, False, "")
        if match["full"]:
            return FirstError("the disk is full", around, False, "free some room and run the same command again")
        if match["killed"]:
            return FirstError(line.strip(), around, True, _memory())
        return FirstError(line.strip(), around, False, "")
    if killed:
        where = next((m["where"] for m in stops), "a compiler")
        return FirstError(f"{where} was killed", tuple(m[0] for m in stops[:2]), True, _memory())
    if stops:
        return FirstError(stops[0][0], tuple(lines[-CONTEXT:]), False, "")
    return FirstError("make failed without naming an error", tuple(lines[-CONTEXT:]), False, "")


def _memory() -> str:
    return "give the machine more memory or swap, or take --jobs 1"
