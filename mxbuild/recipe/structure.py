"""The shape of a recipe: every table, key and value against the model, with all faults and not just the first."""

import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from mxbuild.recipe import urls
from mxbuild.recipe.fault import Fault, closest, either, hint, quoted
from mxbuild.recipe.locate import Path
from mxbuild.recipe.values import PLACEHOLDERS, FlagValue, Url

NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number with a point",
    dict: "a table",
    list: "an array",
}


def _placeholder(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("{"):
        return ""
    return f"there is no placeholder {quoted(value)}{hint(value, PLACEHOLDERS)}"


EXPLAIN: dict[Any, Callable[[object], str]] = {Url: urls.explain, FlagValue: _placeholder}
"""Types for which more can be said than that the value does not fit."""


def structure(data: object, kind: Any, path: Path, faults: list[Fault]) -> Any:
    """What `data` is as a `kind`; adds what is wrong with it to `faults`.

    Returns:
        The value; where it has faults, a whole one of the same shape without what is wrong, so that
        the rest can still be looked at.
    """
    plain = _shape(kind)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return _table(data, plain, path, faults)
    if get_origin(plain) is dict:
        if not isinstance(data, dict):
            faults.append(_unexpected("a table", data, path))
            return {}
        names, values = get_args(plain)
        for name in data:
            _value(name, names, (*path, name), faults, on_key=True)
        return {name: structure(value, values, (*path, name), faults) for name, value in data.items()}
    if get_origin(plain) is tuple:
        if not isinstance(data, list):
            faults.append(_unexpected("an array", data, path))
            return ()
        return tuple(structure(item, get_args(plain)[0], (*path, i), faults) for i, item in enumerate(data))
    return _value(data, kind, path, faults)


def _table(data: object, kind: type[msgspec.Struct], path: Path, faults: list[Fault]) -> Any:
    if not isinstance(data, dict):
        faults.append(_unexpected("a table", data, path))
        return _neutral(kind)
    known = {field.encode_name: field for field in _fields(kind)}
    absent = [name for name in known if name not in data]
    meant: set[str] = set()
    for name in (n for n in data if n not in known):
        close = closest(name, absent)
        spoils = ((*path, close),) if close else ()
        meant |= {close} if close else set()
        text = f"unknown key {quoted(name)}{hint(name, [close] if close else known)}"
        faults.append(Fault((*path, name), text, on_key=True, spoils=spoils))
    missing = [name for name in absent if known[name].required and name not in meant]
    if missing:
        text = either(missing, "and") + (" are missing" if missing[1:] else " is missing")
        faults.append(Fault(path, text, on_key=True, spoils=tuple((*path, name) for name in missing)))
    values = {
        field.name: structure(data[name], field.type, (*path, name), faults) if name in data else _neutral(field.type)
        for name, field in known.items()
        if name in data or field.required
    }
    return kind(**values)


def _value(data: object, kind: Any, path: Path, faults: list[Fault], *, on_key: bool = False) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError:
        faults.append(Fault(path, _why(data, kind), on_key))
    return _neutral(kind)


def _why(data: object, kind: Any) -> str:
    """Why a single value does not fit its type."""
    plain = _plain(kind)
    choices = [c for t in plain if get_origin(t) is Literal for c in get_args(t)]
    if choices:
        close = closest(data, map(str, choices)) if isinstance(data, str) else None
        if close is not None:
            return f"{quoted(data)} is not known here; did you mean {quoted(close)}?"
        return f"{quoted(data)} is {'none of' if choices[1:] else 'not'} {either(choices)}"
    if type(data) not in plain:
        wanted = " or ".join(NAMES[t] for t in plain if t in NAMES)
        quotes = "; put it in quotes" if str in plain and not isinstance(data, dict | list | bool) else ""
        return f"expected {wanted}, got {_name(data)}{quotes}"
    more = EXPLAIN[kind](data) if kind in EXPLAIN else ""
    if more:
        return f"{quoted(data)}: {more}" if quoted(data) not in more else more
    if isinstance(data, int):
        limits = next(m for m in _metas(kind) if m.le is not None)
        return f"{quoted(data)} does not lie between {limits.ge} and {limits.le}"
    meta = [m for m in _metas(kind) if m.description]
    if isinstance(data, str) and len(data) > min((m.max_length for m in meta if m.max_length), default=len(data)):
        return f"{quoted(data)} is too long"
    return f"{quoted(data)} is not {meta[-1].description}" if meta else f"{quoted(data)} does not fit"


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)  # which evaluates all annotations anew each time


def _unexpected(wanted: str, data: object, path: Path) -> Fault:
    return Fault(path, f"expected {wanted}, got {_name(data)}")


@cache
def _shape(kind: Any) -> Any:
    """The kind without what is said about it; of a table that may be absent: the table."""
    members = _parts(kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else members[0] if len(members) == 1 else kind


def _name(data: object) -> str:
    return NAMES.get(type(data), "a date or time")


def _parts(kind: Any) -> list[Any]:
    """The members of a union, but None: TOML has none."""
    if get_origin(kind) in (Union, types.UnionType):
        return [part for member in get_args(kind) for part in _parts(member) if member is not type(None)]
    return [kind]


def _plain(kind: Any) -> list[Any]:
    return [get_args(p)[0] if get_origin(p) is Annotated else p for p in _parts(kind)]


def _metas(kind: Any) -> list[msgspec.Meta]:
    return [m for p in _parts(kind) if get_origin(p) is Annotated for m in get_args(p)[1:]]


def _neutral(kind: Any) -> Any:
    """A value that stands where none can be had; what is spoiled is not judged."""
    plain = _plain(kind)[0]
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        required = [field for field in _fields(plain) if field.required]
        return plain(**{field.name: _neutral(field.type) for field in required})
    return {dict: {}, tuple: (), int: 0}.get(get_origin(plain) or plain, "")
