"""What the book says, and what it says of a log: data only."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Meta(min_length=1)]
Tool = Literal[
    "apt", "cmake", "compiler", "cuda", "git", "linker", "make", "nvcc", "pip", "python", "system",
]  # fmt: skip
Kind = Literal["network", "missing", "decided", "unable"]
"""Of git's failures. network: a new try may help. missing: no repository there. decided: nothing will help. unable:
another way may."""


class Example(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines that the entry is about."""

    text: Text
    source: Text
    """The thread that quotes them (OWNER/REPOSITORY#N), or the program that said them, with its version; `in the words
    of` it: nobody has quoted them, they are put together from what the program has to say."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry."""

    id: Id
    tool: Tool
    """Whose words they are."""
    signature: Text
    """A regular expression (Python's), searched for in one line. Its named groups may stand in `cause`, `remedy` and
    `commands` as {name}; but in the cause they are quoted for the shell."""
    near: tuple[Text, ...] = ()
    """Expressions that all have to be found near that line as well."""
    sign: bool = False
    """It ends nothing by itself: a warning, or what is done in silence."""
    cause: Text
    """In plain words."""
    remedy: Text
    """A sentence: what to do."""
    commands: tuple[Text, ...] = ()
    """The same as commands that can be pasted."""
    sources: Annotated[tuple[Text, ...], Meta(min_length=1)]
    """OWNER/REPOSITORY#N, a file of upstream's with its line, or a page."""
    memory: bool = False
    """A process was ended for want of memory: fewer at once may do."""
    disk: bool = False
    git: Kind | None = None
    """What it means to a fetch; None: it is none of git's."""
    example: Annotated[tuple[Example, ...], Meta(min_length=1)]


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a tool marks an error that the book need not know."""

    tool: Tool
    signature: Text
    """Groups `file`, `at` (its line) and `text` (the words), where it has them."""


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    form: tuple[Form, ...]
    failure: tuple[Failure, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the book says of a line."""

    id: str
    line: int
    """Its number, from 1."""
    text: str
    sign: bool
    cause: str
    remedy: str
    commands: tuple[str, ...]
    sources: tuple[str, ...]
    memory: bool = False
    disk: bool = False


class ErrorLine(msgspec.Struct, frozen=True, kw_only=True):
    """The first error of a log."""

    line: int
    """Its number, from 1."""
    text: str
    file: str = ""
    """Source file that it is about; "" where it names none."""
    at: int | None = None
    """Line in that file."""
    words: str
    """The text without file and line."""
    context: tuple[str, ...]
    """The log from there on."""
    command: str = ""
    """The command line that said it; "" where the log does not show it."""
    target: str = ""
    """What was to be made."""
    explanation: Explanation | None = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen in a log."""

    lines: int
    size: int
    """Bytes."""
    first: ErrorLine | None
    signs: tuple[Explanation, ...]
    """What the log says of its own troubles before that error, or anywhere where there is none."""
    others: tuple[Explanation, ...]
    """Further errors that are known; they may be echoes of the first."""
    tail: tuple[str, ...]
    """The last lines."""

    @property
    def explained(self) -> bool:
        return bool(self.signs or self.others or (self.first and self.first.explanation))
