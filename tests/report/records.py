"""Records of builds that never were."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mxbuild.execute import journal, runlog
from mxbuild.locations import Locations
from mxbuild.model import Begun, Compiling, Event, JournalEntry, Receipt, Recorded
from tests.ui import values

TREE = "/home/user/.cache/mxbuild/trees"
NAME = "toy-1.2-1a2b3c4d5e6f"
OTHER = "toy-1.2-1affffffffff"
START = 1_700_000_000.0
MIB = 1 << 20


def where(root: Path) -> Locations:
    return Locations(prefix=f"{root}/prefix", cache=f"{root}/cache", state=f"{root}/state")


def compiled(source: str, start: float, end: float, *, pid: int, name: str = NAME, **more: Any) -> list[dict[str, Any]]:
    """The lines of one compile; times are seconds from START."""
    target = f"{TREE}/{name}/build/src/{source}.o"
    base = {"source": f"src/{source}.cc", "object": target, "pid": pid, "start": START + start}
    usual = {"code": 0, "memory": 200 * MIB, "cpu": end - start, "size": 1000, **more}
    return [{"event": "start", **base}, {"event": "end", **base, "end": START + end, **usual}]


def let_in(source: str, at: float, *, name: str = NAME, event: str = "compile") -> dict[str, Any]:
    return {"event": event, "object": f"{TREE}/{name}/build/src/{source}.o", "start": START + at}


def write(root: Path, lines: Iterable[dict[str, Any]], *, name: str = NAME) -> Path:
    """A build's ledger."""
    directory = Path(where(root).state, "builds", name)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ledger.jsonl").write_text("".join(json.dumps(e, separators=(",", ":")) + "\n" for e in lines))
    return directory


def log(directory: Path, *events: tuple[float, Begun | Event]) -> None:
    rows = [Recorded(at=START + at, event=event) for at, event in events]
    (directory / runlog.NAME).write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def made(directory: Path, finished: float, seconds: float, jobs: int = 2) -> None:
    """The journal's line of a make."""
    entry = JournalEntry(
        id="make", digest="0", finished=START + finished, seconds=seconds, detail="3 objects", evidence={"jobs": jobs}
    )
    (directory / journal.NAME).write_bytes(msgspec.json.encode(entry) + b"\n")


def environment(root: Path, name: str, receipt: Receipt = values.RECEIPT) -> None:
    path = Path(where(root).prefix, "envs", name)
    path.mkdir(parents=True)
    (path / "receipt.json").write_bytes(msgspec.json.encode(receipt))


def compiling(
    done: int, *, free: int = 0, left: tuple[float, float] | None = None, expected: float | None = None
) -> Event:
    return Compiling(
        id="make", done=done, total=3, running=(), memory=300 * MIB, eta=left, free=free, expected=expected
    )
