"""TOML reading on every supported Python: the standard library's from 3.11 on, tomli on 3.10."""

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["NestingError", "TOMLDecodeError", "loads"]

TOMLDecodeError = tomllib.TOMLDecodeError


class NestingError(ValueError):
    """Tables or arrays are nested too deeply."""


def loads(text: str) -> dict[str, Any]:
    """What a document says.

    Raises:
        TOMLDecodeError: it is no TOML.
        NestingError: it would take the reader's whole stack.
        ValueError: a number has more digits than Python reads.
    """
    try:
        found: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise NestingError("tables or arrays are nested too deeply") from None
    return found
