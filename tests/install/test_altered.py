"""A build that goes on does not compile what is not the pinned commit's."""

import os
from pathlib import Path

import pytest

from mxbuild import pipeline
from mxbuild.locations import Locations
from mxbuild.model import Event, Message, Request, StepStarted
from mxbuild.system import System

pytestmark = pytest.mark.xdist_group("install")


class Stopped(Exception):
    """Where make would begin."""


def test_a_source_file_altered_between_two_runs_is_not_compiled(tmp_path: Path) -> None:
    """Of the same size and time, so that nothing but its content tells."""
    where = Locations(prefix=f"{tmp_path}/prefix", cache=f"{tmp_path}/cache", state=f"{tmp_path}/state")
    wanted = dict.fromkeys(("opencv", "lapack", "graphviz", "kernels"), False)

    def go() -> list[Event]:
        events: list[Event] = []

        def checkpoint(place: str) -> None:
            if place == "make:before":
                raise Stopped

        with pytest.raises(Stopped):
            pipeline.install(
                System(environ=os.environ),
                Request(recipe="mini", apt=False, wanted=wanted),
                where,
                events.append,
                checkpoint=checkpoint,
            )
        return events

    go()
    (tree,) = Path(where.cache, "trees").iterdir()
    victim = next((tree / "graph/core").rglob("*.h"))
    pinned, times = victim.read_bytes(), victim.stat()
    assert not any(isinstance(e, StepStarted) for e in go())  # nothing was altered: it goes on
    victim.write_bytes(pinned[:-2] + b"X\n")
    os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
    (tree / "stale.o").touch()
    events = go()
    begun = next(e for e in events if isinstance(e, StepStarted))
    assert begun.id == "source"
    assert f"{victim.relative_to(tree)} in {tree} was changed" in begun.why
    assert victim.read_bytes() == pinned
    assert not (tree / "stale.o").exists()
    assert any(isinstance(e, Message) and "made anew" in e.text for e in events)
