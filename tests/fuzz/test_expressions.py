"""No expression of the package looks at all of a text again from each place of it: a log has words of any length."""

import importlib
import pkgutil
import re
import signal
from collections import deque
from collections.abc import Iterator
from itertools import accumulate, product
from typing import Any

import pytest

import mxbuild
from mxbuild.failures.entries import book
from mxbuild.failures.scan import MATCHED

SIZE = 30_000
"""Characters of a text."""
LIMIT = 0.5
"""Seconds of CPU for one; a right expression takes some milliseconds, a wrong one several seconds."""
BOUNDED = {"mxbuild.failures": MATCHED}
"""Rooms whose texts are cut before they are looked at -> characters of one; there are as many as make up SIZE."""
ANCHORED = {
    "mxbuild.execute.notebook.places NAME": "names of files, which fullmatch takes",
    "mxbuild.execute.pins SECTION": "lines, which match takes",
    "mxbuild.execute.pins SETTING": "lines, which fullmatch takes",
    "mxbuild.execute.toolkit VERSIONED": "names of files, which fullmatch takes",
    "mxbuild.failures.scan THROWN": "lines, which match takes",
    "mxbuild.recipe.locate TEXT": "match takes it where a text begins",
    "mxbuild.resolve.workers FORM": "words, which fullmatch takes",
    "mxbuild.ui.github PLACE": "messages, which match takes",
}
"""What nobody searches for -> what it is for."""
ELSEWHERE = ("mxbuild.__main__", "mxbuild.data", "mxbuild.execute.cases", "mxbuild.execute.checks")
"""Programs: what they do is done when they are imported."""
PARTS = ("a", "/", ".", "0", "-", "_", " ", "\n", ": ", "(", "[", "\\", '"', "'", "a.", "../", "${")
SYNTAX = re.compile(r"\\([^a-zA-Z0-9])|\\[a-zA-Z]|\(\?P<\w+>|\(\?<?[:=!]|\[[^\]]*\]|\{\d*,?\d*\}|[()^$|?*+]")
"""What is not text in an expression; the group is, behind its backslash."""
FEW = 4
"""Of an expression's own parts that are put together with the others."""


def expressions() -> Iterator[tuple[str, "re.Pattern[Any]"]]:
    """All that modules hold, and those of the failure book, which are compiled when first needed."""
    for module in pkgutil.walk_packages(mxbuild.__path__, "mxbuild."):
        if module.name.startswith(ELSEWHERE):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for one in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
                for pattern in one if isinstance(one, tuple) else (one,):
                    if isinstance(pattern, re.Pattern):
                        yield f"{module.name} {name}", pattern
    for entry in book().entries:
        yield from (("mxbuild.failures " + entry.failure.id, p) for p in (entry.signature, *entry.near))
    yield from ((f"mxbuild.failures form {number}", p) for number, (_, p) in enumerate(book().forms))


ALL = {pattern: name for name, pattern in expressions()}


def repeated(pattern: "re.Pattern[Any]") -> Iterator[str]:
    """Texts of one part over and over, of one that the expression itself names, of two, and of its beginning."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("utf-8", "replace")
    plain = SYNTAX.sub(lambda match: match[1] or "\0", source)
    own = tuple(dict.fromkeys(part for part in plain.split("\0") if part))
    yield from PARTS
    yield from own
    yield from accumulate(own)
    yield from map("".join, product(own[:FEW], PARTS))
    yield from map("".join, product(own[:FEW], own[:FEW]))


@pytest.mark.parametrize("pattern", ALL, ids=ALL.values())
def test_it_takes_time_in_proportion_to_the_text(pattern: "re.Pattern[Any]") -> None:
    name = ALL[pattern]
    size = next((size for room, size in BOUNDED.items() if name.startswith(room)), SIZE)

    def all_of_them(text: Any) -> None:
        """Also what comes after the first, which sub and finditer go on to."""
        deque(pattern.finditer(text), maxlen=0)

    calls = (pattern.match, pattern.fullmatch) if name in ANCHORED else (all_of_them,)
    before = signal.signal(signal.SIGVTALRM, _ring)
    try:
        for part in dict.fromkeys(repeated(pattern)):
            text = (part * (size // len(part) + 1))[:size]
            signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
            for call, _ in product(calls, range(SIZE // size)):
                call(text if isinstance(pattern.pattern, str) else text.encode())
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except TimeoutError:
        pytest.fail(f"more than {LIMIT} s of CPU for {part[:50]!r}, {size:,} characters of it")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_what_is_said_not_to_be_searched_for_is_there() -> None:
    assert ANCHORED.keys() <= set(ALL.values())


def _ring(*_: object) -> None:
    raise TimeoutError
