"""What was finished earlier: one line per finished step, appended after the step has proved its own work."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from mxbuild.foreign import decoded
from mxbuild.model import JournalEntry, Outcome, Step
from mxbuild.plan import digest

NAME = "journal.jsonl"


def read(records: str) -> dict[tuple[str, str], JournalEntry]:
    """(step id, digest) -> the latest entry. A torn last line, as a crash leaves it, is passed over."""
    entries: dict[tuple[str, str], JournalEntry] = {}
    try:
        lines = Path(records, NAME).read_bytes().splitlines()
    except OSError:
        return entries
    for line in lines:
        try:
            entry = decoded(line, JournalEntry)
        except ValueError:
            continue
        entries[entry.id, entry.digest] = entry
    return entries


def assess(
    steps: Sequence[Step], records: str, damage: Callable[[Step, JournalEntry], str]
) -> Mapping[str, JournalEntry]:
    """Step id -> its finished entry, with what is wrong with its product now. Changes nothing."""
    entries = read(records)
    found: dict[str, JournalEntry] = {}
    for step in steps:
        entry = entries.get((step.id, digest(step)))
        if entry is not None:
            wrong = damage(step, entry)
            found[step.id] = msgspec.structs.replace(entry, damage=wrong)
    return found


def append(records: str, step: Step, outcome: Outcome) -> JournalEntry:
    """Record a finished step, durably: the line is on the disk when this returns.

    Raises:
        OSError: the journal cannot be written.
    """
    entry = JournalEntry(
        id=step.id,
        digest=digest(step),
        finished=time.time(),
        seconds=outcome.seconds,
        detail=outcome.detail,
        evidence=outcome.evidence,
    )
    os.makedirs(records, exist_ok=True)
    descriptor = os.open(Path(records, NAME), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, b"\n" * torn + msgspec.json.encode(entry) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return entry
