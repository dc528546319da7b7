"""The ledger: one JSON line when a compile starts and one when it ends, appended by the launchers.

Fields: event (start, end; compile where no cache had it and the gate let the compiler itself begin, at `start`; room
where the gate gave that memory to spare; away where a worker compiled it, back where one should have and did not:
worker, and why), source (as the compiler was told), object (absolute), pid (of the compiler), start and end (Unix
time), code (exit status, negative for a signal), memory (peak resident bytes of one process), cpu (seconds, user and
system), size (bytes of the object), ccache (whether it was asked first).
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Literal

import msgspec

from mxbuild.foreign import decoded
from mxbuild.model.base import Moment

HEAD = b'{"event":'
"""How each line begins. Quotes in names are escaped, so nothing else in a line looks like it."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    event: Literal["start", "compile", "room", "away", "back", "end"]
    source: str = ""
    object: str
    pid: int = 0
    start: Moment = 0.0
    end: Moment = 0.0
    code: int = -1
    memory: int = 0
    cpu: float = 0.0
    size: int = 0
    ccache: bool | None = None
    """None in ledgers that do not say it."""
    worker: str = ""
    why: str = ""


def entries(lines: bytes) -> Iterator[Entry]:
    """What these lines of a ledger say, in their order."""
    for line in lines.splitlines():
        with suppress(ValueError):
            # A line torn by a crash or a full disk stands in front of the next one.
            yield decoded(line[max(0, line.rfind(HEAD)) :], Entry)


class Ledger:
    """What a ledger says, later lines for an object before earlier ones; `update` reads what was appended."""

    def __init__(self, path: str, *, offset: int = 0, until: float = inf) -> None:
        """What it says of compiles that ended before some time.

        Args:
            offset: byte from which on it is read; the ledger's size: only what is still to come.
            until: Unix time.
        """
        self._path = Path(path)
        self._until = until
        self._offset = offset
        self.finished: dict[str, Entry] = {}
        """object -> its last compile, where that has ended; in the order of their ends."""
        self.running: dict[str, Entry] = {}
        """object -> its last compile, where that has no end: it runs, or was killed with its launcher."""
        self.roomy: set[str] = set()
        """Objects whose last finished compile had room: it took more memory and less time than a plain one."""
        self.away: dict[str, str] = {}
        """Objects whose last finished compile was a worker's -> its name. What they took here says nothing of them."""
        self.back: dict[str, tuple[str, str]] = {}
        """Objects that a worker should have compiled and that were compiled here -> (its name, why)."""
        self._given: set[str] = set()
        self._places: dict[str, Entry] = {}

    def update(self) -> None:
        """Take in the whole lines that were appended since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for entry in entries(whole):
            if max(entry.start, entry.end) < self._until:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        name = os.path.normpath(entry.object)
        if entry.event == "room":
            self._given.add(name)
        elif entry.event in ("away", "back"):
            self._places[name] = entry
        elif entry.event == "compile":
            pass
        elif entry.event == "start":
            self.finished.pop(name, None)
            self.running[name] = entry
        elif self.running.get(name, entry).pid == entry.pid:
            self.running.pop(name, None)
            self.finished.pop(name, None)
            self.finished[name] = entry
            # Its line may stand before the one of the start: the launcher writes that when the compiler runs.
            (self.roomy.add if name in self._given else self.roomy.discard)(name)
            self._given.discard(name)
            self.away.pop(name, None)
            self.back.pop(name, None)
            place = self._places.pop(name, None)
            if place is not None and place.event == "away":
                self.away[name] = place.worker
            elif place is not None:
                self.back[name] = (place.worker, place.why)


def read(path: str, *, until: float = inf) -> Ledger:
    """The whole ledger, or what it was at a Unix time; empty where there is none."""
    ledger = Ledger(path, until=until)
    ledger.update()
    return ledger
