"""What others wrote: decoded, or refused with one kind of error; shown, without what acts on a terminal.

Nobody else in the package calls a JSON decoder (a test sees to it): msgspec raises UnicodeDecodeError for a byte that
is no UTF-8 and RecursionError for what is nested too deeply, and neither is one of its own errors.
"""

import re
from typing import Any, TypeVar

T = TypeVar("T")

ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Characters that do something instead of being something: C0 but tab and newline, DEL, C1 (U+009B begins a sequence
as ESC [ does), marks, embeddings, overrides and isolates of writing direction, line separators, invisible tags."""
LONG = re.compile(rb"[0-9]{19}")
"""What a whole number of more than 64 bits has at least, and little else."""


def decoded(text: bytes | str, kind: type[T]) -> T:
    """JSON as a `kind`.

    Raises:
        ValueError: it is no JSON, not UTF-8, nested too deeply, has a whole number of more than 64 bits (which other
            decoders refuse or round, and which cannot be divided), or is something else than a `kind`.
    """
    import msgspec  # `mxbuild --help` has this module too

    try:
        if LONG.search(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")):
            _bounded(msgspec.json.decode(text))
        return msgspec.json.decode(text, type=kind)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _bounded(value: Any) -> None:
    if isinstance(value, int) and not -1 << 63 <= value < 1 << 63:
        raise ValueError("it has a number of more than 64 bits")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(part)


def inert(text: str) -> str:
    """`text` without the characters that act: what is left of an escape sequence is plain text, `[2J`.

    None of them takes a column, so that a layout stays as it was worked out.
    """
    return ACTIVE.sub("", text) if ACTIVE.search(text) else text


def escaped(document: str) -> str:
    """A JSON document with the active characters that JSON lets stand as they are (DEL, C1, directions) escaped."""
    return ACTIVE.sub(_escape, document) if ACTIVE.search(document) else document


def _escape(match: re.Match[str]) -> str:
    return "".join(f"\\u{unit:04x}" for unit in memoryview(match[0].encode("utf-16-le")).cast("H"))
