"""The ledger: one JSON line when a compile starts and one when it ends, appended by the launchers.

Fields: event (start, end), source and object (absolute), pid, start and end (Unix time), code (exit status, negative
for a signal), memory (peak resident bytes), cpu (seconds, user and system), size (bytes of the object).
"""

from pathlib import Path

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    event: str
    source: str
    object: str
    pid: int
    start: float
    end: float = 0.0
    code: int = -1
    memory: int = 0
    cpu: float = 0.0
    size: int = 0


class Ledger:
    """A ledger that is being written; `update` reads what is new. A torn or foreign line is passed over."""

    def __init__(self, path: str, since: float = 0.0) -> None:
        """Args: `since`: Unix time; what started earlier is another run's and only counts as history."""
        self._path = Path(path)
        self._offset = 0
        self._since = since
        self.finished: dict[str, Entry] = {}
        """object -> its latest end."""
        self.running: dict[int, Entry] = {}
        """pid -> a compile of this run that has started and not ended."""

    def update(self) -> None:
        """Take in the lines that were appended since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            try:
                entry = msgspec.json.decode(line, type=Entry)
            except msgspec.MsgspecError:
                continue
            if entry.event == "end":
                self.finished[entry.object] = entry
                self.running.pop(entry.pid, None)
            else:
                self.finished.pop(entry.object, None)
                if entry.start >= self._since:
                    self.running[entry.pid] = entry


def read(path: str) -> Ledger:
    """The whole ledger; empty where there is none."""
    ledger = Ledger(path)
    ledger.update()
    return ledger
