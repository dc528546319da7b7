"""What was finished earlier: one line per finished step, appended after the step has proved its own work."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from mxbuild import durable
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
    durable.append(f"{records}/{NAME}", msgspec.json.encode(entry))
    return entry
