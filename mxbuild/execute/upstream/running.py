"""One file of tests, in a process of its own; in another one where it crashes or hangs, for the tests that are left.

Each file gets the tests' directories to itself, since tests write beside themselves. No process forks after it has
imported the library: the engine's threads would not survive that.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mxbuild import durable
from mxbuild.errors import UsageError
from mxbuild.execute.runtime import last_words
from mxbuild.execute.scrub import for_checks
from mxbuild.execute.upstream.records import Records
from mxbuild.model import Suite
from mxbuild.model.upstream import EXIT, IMPORT
from mxbuild.process import Ended, run_limited, signal_name

INSIDE = Path(__file__).parent / "inside"
PLUGIN = "mxbuild_record"
WELL = (0, 1, 2, 5)
"""pytest's own statuses: passed, tests failed, the file did not load, no tests."""
REFUSED = 4
"""pytest's status for a command line that it does not take."""
LEAVING = 60.0
"""Seconds that a process may take to end after its last test."""
LAST = 40
"""Lines of a crashed process that are kept with its test; all of them are in the log."""


@dataclass(frozen=True)
class Setting:
    """What all files have in common."""

    python: str
    packages: str
    """Directory of what the tests need besides the environment's own packages."""
    tree: str
    """A copy of the tests' directories of the tree; is copied for each file."""
    directory: str
    """The tests' own, below `tree`."""
    environ: Mapping[str, str]
    extra: Mapping[str, str]
    """Further variables for the tests' processes."""
    match: str
    """pytest's -k; "" for all tests."""
    limit: float
    """Seconds after which a test that has not ended counts as hung."""
    log: str
    threads: int
    """OpenMP's, in each process."""


def run_file(setting: Setting, file: str, told: Callable[[Records], None], stop: threading.Event) -> Suite:
    """Run all tests of one file, whatever they do to their process.

    Args:
        file: relative to the tests' directory.
        told: called whenever something new is known; may be called from any thread.
        stop: where it is set, the process is ended and what is left is not run.

    Raises:
        OSError: the interpreter cannot be started, or the disk refuses.
        UsageError: pytest does not take `setting.match`.
    """
    started, processes = time.monotonic(), 0
    with durable.scratch("upstream") as scratch:
        shutil.copytree(setting.tree, f"{scratch}/tree")
        for name in ("home", "tmp"):
            os.mkdir(f"{scratch}/{name}")
        Path(scratch, "pytest.ini").write_text("[pytest]\n")
        records = Records(file, f"{scratch}/record")
        while not stop.is_set():
            processes += 1
            Path(scratch, "done").write_text("".join(f"{name}\n" for name in records.cases))
            before = len(records.cases)
            ended, late = _process(setting, file, scratch, records, told, stop)
            if setting.match and ended.code == REFUSED and not records.cases:
                said = last_words(ended.stdout + ended.stderr)
                raise UsageError(f"pytest does not take the expression {setting.match}", details=[said])
            if stop.is_set() or not _go_on(records, ended, late, before):
                break
    return Suite(name=file, cases=records.ordered(), seconds=round(time.monotonic() - started, 2), processes=processes)


def _process(
    setting: Setting,
    file: str,
    scratch: str,
    records: Records,
    told: Callable[[Records], None],
    stop: threading.Event,
) -> tuple[Ended, str]:
    """Run one process to its end; how it ended, and for how long nothing was heard where that ended it."""
    command = [
        setting.python, "-B", "-s", "-X", "faulthandler", "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider",
        # Nothing is captured: what a library says as it dies would be lost with the process.
        "-p", "no:faulthandler", "-s", "-q", "--disable-warnings", "-c", f"{scratch}/pytest.ini",
        "--rootdir", f"{scratch}/tree/{setting.directory}", *(["-k", setting.match] if setting.match else []), file,
    ]  # fmt: skip
    late = ""
    records.begin()

    def over() -> bool:
        nonlocal late
        if records.read():
            told(records)
        limit = min(LEAVING, setting.limit) if records.finished else setting.limit
        late = f"time: had not ended after {limit:.0f} s" if time.monotonic() - records.heard > limit else ""
        return stop.is_set() or bool(late)

    ended = run_limited(
        command,
        env=_variables(setting, scratch),
        cwd=f"{scratch}/tree/{setting.directory}",
        timeout=float("inf"),
        stopped=over,
    )
    records.read()
    told(records)
    with open(setting.log, "a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"+ {' '.join(command)}\n{ended.stdout}{ended.stderr}status {ended.code}\n")
    return ended, late


def _variables(setting: Setting, scratch: str) -> dict[str, str]:
    """Nothing of the caller's but what checks get too."""
    return {
        **for_checks(setting.environ, f"{scratch}/home"),
        "TMPDIR": f"{scratch}/tmp",
        "PYTHONPATH": f"{INSIDE}:{setting.packages}",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "OMP_NUM_THREADS": str(setting.threads),
        "MXBUILD_RECORD": f"{scratch}/record",
        "MXBUILD_DONE": f"{scratch}/done",
        **setting.extra,
    }


def _go_on(records: Records, ended: Ended, late: str, before: int) -> bool:
    """Note what the process did not tell itself; whether tests are left that another one may run.

    Args:
        late: why it was ended, "" where it ended by itself.
        before: how many results there were when it began.
    """
    why = late or (f"crash: {signal_name(-ended.code)}" if ended.code < 0 else "")
    text = "\n".join([*ended.stdout.splitlines()[-LAST:], *ended.stderr.splitlines()[-LAST:]])
    status = f"crash: its process ended with status {ended.code}"
    if records.finished and not records.left:
        if why or ended.code not in WELL:
            records.add(EXIT, "failed", said=why or status, text=text, broken=True)
        return False
    why = why or status
    if records.running:
        seconds = round(time.monotonic() - records.heard, 2)
        records.add(records.running, "failed", said=why, text=text, broken=True, seconds=seconds)
    elif len(records.cases) > before:
        last: Sequence[str] = list(records.cases)
        records.add(last[-1], "failed", said=f"{why}, right after it", text=text, broken=True)
    else:
        records.add(IMPORT, "failed", said=why, text=text, broken=True)
        return False
    return bool(records.left)
