"""What the plugin in the tests' process wrote down, read while it is written."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, final

import msgspec

from mxbuild.foreign import decoded
from mxbuild.model import Case, Result
from mxbuild.model.upstream import IMPORT
from mxbuild.recipe.fault import printable


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of inside/mxbuild_record.py."""

    event: Literal["collected", "load", "start", "end", "finished"]
    """load: of the file, where it failed or was skipped."""
    test: str = ""
    tests: tuple[str, ...] = ()
    result: Result = "passed"
    said: str = ""
    text: str = ""
    seconds: float = 0.0
    status: int = 0


@final
class Records:
    """All that is known of one file's tests, over all its processes.

    Args:
        file: its name, relative to the tests' directory.
        path: the file that the plugin appends to.
    """

    def __init__(self, file: str, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._path, self._clock = file, path, clock
        self._offset = 0
        self._collected: dict[str, None] = {}
        self.cases: dict[str, Case] = {}
        """Name -> how it ended, in the order in which they ended."""
        self.running = ""
        """The test that began and has not ended."""
        self.finished = False
        """The process said that it had come to its end."""
        self.heard = clock()
        """When something was last written down."""

    def begin(self) -> None:
        """Another process begins."""
        self.running, self.finished, self.heard = "", False, self._clock()

    def read(self) -> bool:
        """Take in what is new; whether something was."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return False
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            with suppress(ValueError):  # what a test itself wrote in here
                self._take(decoded(line, Record))
        if whole:
            self.heard = self._clock()
        return bool(whole)

    def _take(self, record: Record) -> None:
        match record.event:
            case "collected":
                self._collected |= dict.fromkeys(record.tests)
            case "load":
                broken = record.result == "failed"
                self.add(IMPORT, record.result, said=record.said, text=record.text, broken=broken)
            case "start":
                self.running = record.test
            case "end":
                self.running = ""
                took = record.seconds
                self.add(record.test, record.result, said=record.said, text=record.text, seconds=took)
            case "finished":
                self.finished = True

    def add(self, name: str, result: Result, *, said: str, **facts: Any) -> None:
        """Note how a test ended, or something that is none.

        Args:
            name: of the test with its file; of what is none without.
            said: goes to terminals: what they would obey is replaced.
        """
        whole = name if "::" in name else f"{self._file}::{name}"
        self.cases[whole] = Case(name=whole, result=result, said=printable(said), **facts)

    @property
    def total(self) -> int:
        return len(self._collected)

    @property
    def left(self) -> list[str]:
        """Tests that have not ended."""
        return [name for name in self._collected if name not in self.cases]

    def ordered(self) -> tuple[Case, ...]:
        """In the file's order, whatever process ran them; what is no test comes last."""
        order = {name: index for index, name in enumerate(self._collected)}
        return tuple(sorted(self.cases.values(), key=lambda case: order.get(case.name, len(order))))
