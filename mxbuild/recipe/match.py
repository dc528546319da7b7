"""Does a version lie in a range, is this the distribution meant: answers with reasons. Pure.

The host's own text is kept for display: packaging would print Ubuntu's 20.04 as 20.4.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mxbuild.recipe.ranges import parse

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

LEADING = re.compile(r"(?:[0-9]{1,9}:)?[vV]?([0-9]{1,18}(?:\.[0-9]{1,18})*)")
"""The upstream part of a version: an epoch before it and whatever follows it say nothing about the range."""


class Matched(NamedTuple):
    """The answer, and the sentence that goes with it."""

    ok: bool
    why: str


class Selector(NamedTuple):
    """A distribution, and which of its releases."""

    id: str
    range: "SpecifierSet"
    text: str
    """The range as written; "" for every release."""


@lru_cache(maxsize=4096)
def version_matches(name: str, version: str, wanted: str) -> Matched:
    """Whether `version` of `name` lies in the range.

    Args:
        version: as the host prints it (0.3.21+ds-4, 1:2.39.5); "" where it is not known.
        wanted: PEP 440 range; "" for any.

    Raises:
        ValueError: `wanted` is no range (a loaded recipe has none such).
    """
    from packaging.version import Version

    versions = parse(wanted)
    wanted = wanted.strip()
    if not wanted:
        return Matched(True, f"{name} {version}".rstrip() + ": any version will do")
    leading = LEADING.match(version.strip())
    if leading is None:
        unknown = (
            f'{name}\'s version "{version}" has no number' if version.strip() else f"{name}'s version is not known"
        )
        return Matched(False, f"{unknown}; {wanted} is needed")
    inside = versions.contains(Version(leading[1]))
    return Matched(inside, f"{name} {version} {'matches' if inside else 'is outside'} {wanted}")


def parse_selector(text: str) -> Selector:
    """The parts of "debian" or "ubuntu >=20.04,<22.04".

    Raises:
        ValueError: it is no selector, in words.
    """
    wanted_id, _, wanted = text.strip().partition(" ")
    if not re.fullmatch("[a-z0-9][a-z0-9._-]*", wanted_id):
        raise ValueError(f'"{text}" is no distribution and range like ubuntu >=20.04,<22.04')
    return Selector(wanted_id, parse(wanted), wanted.strip())


def selector_matches(selector: str, os_id: str, os_version: str, like: Sequence[str]) -> Matched:
    """Whether the machine's distribution is the one meant.

    A derivative matches the distribution it is like only where no range is asked for: its own numbers say nothing.

    Raises:
        ValueError: it is no selector.
    """
    wanted = parse_selector(selector)
    if wanted.id == os_id:
        return version_matches(os_id, os_version, wanted.text)
    if wanted.id in like and not wanted.text:
        return Matched(True, f"{os_id} is like {wanted.id}")
    machine = f"{os_id} {os_version}".strip()
    if wanted.id in like:
        return Matched(False, f"{machine} is like {wanted.id}, but its releases are numbered otherwise")
    return Matched(False, f"the machine runs {machine or 'an unknown system'}, not {wanted.id}")


def best_selector(
    selectors: Iterable[str], os_id: str, os_version: str, like: Sequence[str]
) -> tuple[str, Matched] | None:
    """The one of several selectors that counts here: its own distribution before those it is like, nearest first.

    (Ubuntu says that it is like Debian: whatever the order in the file, `ubuntu` has to win there.)
    """
    matching = [(s, m) for s in selectors if (m := selector_matches(s, os_id, os_version, like)).ok]
    order = {name: rank for rank, name in reversed([*enumerate((os_id, *like))])}
    return min(matching, key=lambda pair: order[parse_selector(pair[0]).id], default=None)
