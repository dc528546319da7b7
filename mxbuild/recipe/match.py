"""Does a version lie in a range, is this the distribution meant: answers with reasons. Pure.

The host's own text is kept for display: packaging would print Ubuntu's 20.04 as 20.4.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

LEADING = re.compile(r"(?:[0-9]+:)?v?([0-9]+(?:\.[0-9]+)*)")
"""The upstream part of a version: an epoch before it and whatever follows it say nothing about the range."""


class Matched(NamedTuple):
    """The answer, and the sentence that goes with it."""

    ok: bool
    why: str


def version_matches(name: str, version: str, wanted: str) -> Matched:
    """Whether `version` of `name` lies in the range.

    Args:
        version: as the host prints it (0.3.21+ds-4, 1:2.39.5); "" where it is not known.
        wanted: PEP 440 range; "" for any.

    Raises:
        ValueError: `wanted` is no range (a loaded recipe has none such).
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    if not wanted:
        return Matched(True, f"{name} {version}".rstrip() + ": any version will do")
    leading = LEADING.match(version.strip())
    if leading is None:
        return Matched(False, f"{name}'s version is not known; {wanted} is needed")
    inside = SpecifierSet(wanted).contains(Version(leading[1]), prereleases=True)
    return Matched(inside, f"{name} {version} {'matches' if inside else 'is outside'} {wanted}")


def selector_matches(selector: str, os_id: str, os_version: str, like: Sequence[str]) -> Matched:
    """Whether the machine's distribution is the one meant: "debian", "ubuntu >=20.04,<22.04".

    A derivative matches the distribution it is like only where no range is asked for: its own numbers say nothing.

    Raises:
        ValueError: the selector's range is none.
    """
    wanted_id, _, wanted = selector.strip().partition(" ")
    if wanted_id == os_id:
        return version_matches(os_id, os_version, wanted.strip())
    if wanted_id in like and not wanted.strip():
        return Matched(True, f"{os_id} is like {wanted_id}")
    if wanted_id in like:
        return Matched(False, f"{os_id} {os_version} is like {wanted_id}, but its releases are numbered otherwise")
    return Matched(False, f"the machine runs {os_id} {os_version}, not {wanted_id}".replace("  ", " "))
