"""TOML reading on every supported Python: the standard library's from 3.11 on, tomli on 3.10."""

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["NestingError", "TOMLDecodeError", "loads"]

TOMLDecodeError = tomllib.TOMLDecodeError


DEEPEST = 100
"""Levels of tables and arrays; ours have six."""
DEEP = "tables or arrays are nested too deeply"


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
        raise NestingError(DEEP) from None
    if _deeper(found, DEEPEST):
        raise NestingError(DEEP)
    return found


def _deeper(table: dict[str, Any], levels: int) -> bool:
    """Whether there are more levels; `a.a.a.a = 1` makes one with each letter, and costs the reader no stack."""
    level: list[Any] = [table]
    while level and levels >= 0:
        inner = (value.values() if isinstance(value, dict) else value for value in level)
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
        levels -= 1
    return bool(level)
