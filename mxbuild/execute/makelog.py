"""The first real error of a make log, and what the failure book says of it: what comes after it is mostly its echo."""

import os
import shlex
from pathlib import Path
from typing import NamedTuple

from mxbuild.failures import Explanation, diagnose
from mxbuild.failures.lines import shortened

UNKNOWN = "no cause of it is known; `mxbuild bug-report` packs all that others need to look at it"
OURS = ("mxbuild ", "sudo ")
"""How commands begin that help under mxbuild; others are for a build by hand."""


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
    command: str = ""
    """The compiler's command line, where the log shows it."""
    known: Explanation | None = None
    place: str = ""
    """The file and its line, as the compiler names them."""


def first_error(log: str, offset: int = 0) -> FirstError:
    """Find it in the part of the log that one run of make wrote.

    Args:
        offset: byte at which that part begins.

    Raises:
        OSError: the log cannot be read.
    """
    with Path(log).open("rb") as file:
        file.seek(offset)
        seen = diagnose(file)
    first = seen.first
    if first is None:
        return FirstError("make failed and named no error", seen.tail, "", "", False)
    known = first.explanation
    if known and known.memory:
        return memory_ran_out(first.target, first.context, known)
    place = f"{first.file}:{first.at}" if first.file else ""
    headline = f"{place}: {first.words}" if place else first.words
    return FirstError(
        "the disk is full" if known and known.disk else headline,
        first.context,
        known.cause if known else "",
        known.remedy if known else "",
        False,
        first.command,
        known,
        place,
    )


def memory_ran_out(what: str, lines: tuple[str, ...], known: Explanation | None = None) -> FirstError:
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
        known=known,
    )


def details(failure: FirstError, log: str, tree: str) -> list[str]:
    """What an error says besides its headline and remedy.

    Args:
        tree: where make ran. What it said of a file may be relative to it, or to a directory below.
    """
    known = failure.known
    file, _, at = failure.place.rpartition(":")
    found = file and os.path.isfile(os.path.join(tree, file))
    enter = f"cd {shlex.quote(tree)} && " if found and not file.startswith("/") else ""
    return [
        *failure.lines,
        *([f"file: {os.path.join(tree, file)}:{at}"] if found else []),
        *([f"command: {enter}{shortened(failure.command)}"] if failure.command else []),
        *([f"cause: {failure.cause}"] if failure.cause else []),
        *(f"try: {command}" for command in (known.commands if known else ()) if command.startswith(OURS)),
        *([f"see: {', '.join(known.sources)}"] if known else []),
        f"log: {log}",
    ]
