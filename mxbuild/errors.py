"""Every error that a user can meet, with its exit code.

An exception that is none of these is a bug of mxbuild and ends with ``BUG`` (70).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

DONE = 0
UNWELL = 10
"""Looked, and the answer is no: no error of this command."""
BUG = 70


class MxbuildError(Exception):
    """Base of all errors that are not bugs.

    Args:
        message: one sentence: what is wrong, with the value that is wrong in it.
        remedy: what to do about it; a command that can be pasted where there is one.
        details: further lines (all complaints of one kind, a log's end, a place to look).
    """

    exit_code: ClassVar[int] = BUG
    kind: ClassVar[str] = "error"
    without: str = ""
    """Option without which the same command would go on; "" for none."""

    def __init__(self, message: str, *, remedy: str | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = tuple(details)


class UsageError(MxbuildError):
    """The command line asks for something that does not exist."""

    exit_code = 2
    kind = "usage"


class RecipeError(MxbuildError):
    """A recipe file cannot be found or has faults; `details` holds them all."""

    exit_code = 3
    kind = "recipe"


class Complaint(NamedTuple):
    """One thing that speaks against a build on this machine."""

    text: str
    remedy: str
    """A command that can be pasted where there is one."""
    without: str = ""
    """The feature whose absence would cure it; "" where none would."""


class HostError(MxbuildError):
    """This machine cannot build what was asked; `complaints` holds every reason with its remedy.

    Args:
        nearest: the commands that do work here, one a line, the nearest first; "" where none was found.
    """

    exit_code = 4
    kind = "host"

    def __init__(self, message: str, *, complaints: Sequence[Complaint], nearest: str = "") -> None:
        super().__init__(message, details=[f"{c.text}\n  -> {c.remedy}" for c in complaints])
        self.complaints = tuple(complaints)
        self.nearest = nearest


class SourceError(MxbuildError):
    """The source cannot be had, or is not what the recipe pins."""

    exit_code = 5
    kind = "source"


class AptError(MxbuildError):
    """apt-get failed, is locked, or may not be run."""

    exit_code = 6
    kind = "apt"


class BuildError(MxbuildError):
    """make, the wheel or the environment failed."""

    exit_code = 7
    kind = "build"


class VerificationError(MxbuildError):
    """What was built is not what was asked for.

    `evidence` is what was seen (as a Verify outcome has it), `receipt` the receipt made of it.
    """

    exit_code = 8
    kind = "verification"

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        details: Sequence[str] = (),
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, details=details)
        self.evidence: dict[str, Any] = dict(evidence or {})
        self.receipt: object | None = None


class DiskError(MxbuildError):
    """A file cannot be written or read: no room, no right, or the device fails."""

    exit_code = 9
    kind = "disk"


class Interrupted(MxbuildError):
    """The user stopped the run."""

    exit_code = 130
    kind = "interrupted"


EXIT_CODES: dict[int, str] = {
    DONE: "done",
    2: "usage: the command line is wrong",
    3: "recipe: not found, or has faults",
    4: "host: this machine cannot build what was asked",
    5: "source or network",
    6: "apt",
    7: "build",
    8: "verification: something asked for is not there",
    9: "disk: no room, no right, or it fails",
    UNWELL: "looked, and found: something ill (doctor), nothing known (explain-log)",
    BUG: "a bug in mxbuild",
    130: "interrupted",
}
"""Exit code -> meaning, as the documentation prints it."""
