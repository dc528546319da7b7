"""The first real error of a make log: what comes after it is mostly its echo."""

import re
from pathlib import Path
from typing import NamedTuple

from mxbuild.offline import REFUSED

PLACED = re.compile(
    r"^(?P<file>[^\s:()]+)[:(](?P<line>\d+)\)?(?::\d+)?: (?:fatal |catastrophic )?error(?: #\S+)?:? (?P<text>.*)"
)
"""A compiler's: gcc's FILE:LINE:COLUMN: error: TEXT, and nvcc's FILE(LINE): error: TEXT or error #20-D: TEXT."""
MEMORY = re.compile(
    r"Killed signal terminated program|internal compiler error: Killed|virtual memory exhausted|Cannot allocate memory"
    r"|out of memory allocating|std::bad_alloc|ld terminated with signal 9|died due to signal 9"
    r"|make.*: \*\*\* \[.*\] (Killed|Error 137)$"
)
FULL = re.compile(r"No space left on device|Disk quota exceeded")
OTHER = re.compile(
    r"undefined reference to|multiple definition of|cannot find -l|file (too short|not recognized|truncated)"
    r"|\*\*\* No rule to make target|: \*\*\* .*  Stop\.$|: (command )?not found$"
    r"|^(?!collect2:)\S+: (fatal )?error: "
    r"|^(nvcc|ptxas|nvlink|fatbinary|cicc|cudafe\+\+) (\S+, line \d+; )?(fatal|error) *: "
    r"|^#error -- unsupported GNU version!"
    rf"|^{re.escape(REFUSED)}|^fatal: transport '\w+' not allowed"
    r"|^CMake Error "
)
KNOWN = (
    (
        rf"^{re.escape(REFUSED)}|^fatal: transport '\w+' not allowed",
        "upstream's Makefile wants to bring something in; whatever a build needs is pinned, and fetched before",
        "switch off what asks for it (--set, --without), or name it in the recipe's source",
    ),
    (
        r"#error -- unsupported GNU version!",
        "the host compiler is newer than this nvcc takes",
        "install an older g++; `mxbuild check` names the one that fits",
    ),
    (
        r"nvcc fatal *: Unsupported gpu architecture",
        "this nvcc has no code for that GPU: it is too new, or too old, for this CUDA",
        "ask for other architectures (--cuda-arch), or take another CUDA (--cuda)",
    ),
)
"""Sign of an error -> cause and remedy, where the log's own words do not say what to do."""
STOPPED = re.compile(r"make.*: \*\*\* \[(?:\S+?:\d+: )?(?P<target>[^\]]*)\] (?P<what>.*)")
CONTEXT = 8
"""Lines shown from the first error on."""
LONGEST = 300
"""Characters of a line that are shown."""


class FirstError(NamedTuple):
    """What went wrong first."""

    headline: str
    """One line: the file, its line and the compiler's words where it has them."""
    lines: tuple[str, ...]
    """The log from there on."""
    cause: str
    """In plain words, where there is more to say than the log does; "" where not."""
    remedy: str
    memory: bool
    """Whether a compiler was killed for want of memory."""


def first_error(log: str, offset: int = 0) -> FirstError:
    """Find it in the part of the log that one run of make wrote.

    Args:
        offset: byte at which that part begins.

    Raises:
        OSError: the log cannot be read.
    """
    with Path(log).open("rb") as file:
        file.seek(offset)
        lines = file.read().decode("utf-8", "backslashreplace").splitlines()
    for index, line in enumerate(lines):
        around = tuple(_cut(line) for line in lines[index : index + CONTEXT])
        if FULL.search(line):
            return FirstError(
                "the disk is full", around, "no space is left", "free some room, then run the same command again", False
            )
        if MEMORY.search(line):
            return memory_ran_out(_target(lines[index:]), around)
        if match := PLACED.search(line):
            return FirstError(f"{match['file']}:{match['line']}: {_cut(match['text'])}", around, *_known(line), False)
        if OTHER.search(line):
            return FirstError(_cut(line.strip()), around, *_known(line), False)
    stopped = next((line for line in lines if STOPPED.search(line)), "")
    return FirstError(
        _cut(stopped) or "make failed and named no error", tuple(map(_cut, lines[-CONTEXT:])), "", "", False
    )


def memory_ran_out(what: str, lines: tuple[str, ...]) -> FirstError:
    """A compiler was killed.

    Args:
        what: source or object that it worked on; "" where that is not known.
    """
    return FirstError(
        f"the compiler of {what} was killed" if what else "a compiler was killed",
        lines,
        "memory ran out: the kernel ends the largest process",
        "give the machine more memory or swap, or take fewer jobs (--jobs 1)",
        True,
    )


def _known(line: str) -> tuple[str, str]:
    """Cause and remedy; "" where the line says all that there is to say."""
    return next(((cause, remedy) for sign, cause, remedy in KNOWN if re.search(sign, line)), ("", ""))


def _target(lines: list[str]) -> str:
    return next((m["target"] for line in lines if (m := STOPPED.search(line))), "")


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ..."
