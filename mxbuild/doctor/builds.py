"""Builds that run, were stopped, or failed: by their records and their locks."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from mxbuild.doctor.model import BuildState
from mxbuild.execute import runlog
from mxbuild.garbage.builds import recorded
from mxbuild.locations import Locations
from mxbuild.model import Begun, Installed, StepFailed

NAME = re.compile(r"^(?P<recipe>.+)-[0-9a-f]{12,}$")
"""Of a build's records."""
PROCESS = re.compile(r"^process (\d+)")


def builds(where: Locations, here: Mapping[str, Installed]) -> Iterator[BuildState]:
    for name, build in recorded(where.state, here).items():
        match = NAME.match(name)
        if match is None or not (build.running or build.stopped):
            continue
        records = f"{where.state}/builds/{name}"
        holder = _text(f"{records}/lock") if build.running else ""
        process = PROCESS.match(holder)
        alive = process is not None and os.path.exists(f"/proc/{process[1]}")
        failed = None
        for line in runlog.read(records):
            if isinstance(line.event, Begun):
                failed = None
            elif isinstance(line.event, StepFailed):
                failed = line.event
        log = f"{records}/{failed.id}.log" if failed else ""
        yield BuildState(
            name=name,
            recipe=match["recipe"],
            running=build.running,
            holder=holder,
            alive=alive or not build.running,
            orphans=tuple(_holding(f"{records}/lock")) if build.running and not alive else (),
            step=failed.title if failed else "",
            message=failed.message if failed else "",
            log=log if os.path.isfile(log) else "",
        )


def _holding(path: str) -> Iterator[int]:
    """Processes of ours that have the file open."""
    wanted = os.path.realpath(path)
    for directory in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            if any(os.readlink(link) == wanted for link in directory.iterdir()):
                yield int(directory.parent.name)


def _text(path: str) -> str:
    try:
        return Path(path).read_bytes()[:4096].decode("utf-8", "replace").strip()
    except OSError:
        return ""
