"""Run-time checks: each a script in a process of its own, from an empty directory, with as good as no environment."""

import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mxbuild.execute.evidence import failed, passed
from mxbuild.execute.scrub import for_checks
from mxbuild.model import CheckResult
from mxbuild.process import Ended, run_limited, signal_name

SCRIPTS = Path(__file__).parent / "checks"
TOGETHER = 2
LIMIT = 300.0
"""Seconds for one check; the slowest takes three on an idle machine."""
GPU_LIMIT = 1800.0
"""Where the library has no machine code for a GPU, the driver compiles all of its PTX when it is first used."""

FIRST = "import"
"""Where this fails all others would: they are not run."""

REQUIREMENTS = "requirements"
"""What `pip check` asks; the answer is worth most where the import fails."""

ON_GPU = "gpu_"
"""How the names of checks begin that need a GPU."""

LINES = 3
"""Of a failed check's last words, in its result; all of them are in the log."""

NOISE = ("[bt]", "Stack trace", "Traceback ", "  File ", "    ", "Current thread", "Thread 0x", "Fatal Python error",
         "Extension modules", "  <no Python frame>", "During handling", "The above exception")  # fmt: skip
"""Beginnings of lines that say where, not what."""


@dataclass(frozen=True)
class Subject:
    """What is checked."""

    environment: str
    package: str
    release: str
    library: str
    environ: Mapping[str, str]
    log: str
    libraries: str = ""
    """Directory that the loader looks into first; "" for none."""
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Check -> what it gets on its command line besides package, release and library."""


def run(subject: Subject, names: Sequence[str], done: Callable[[CheckResult], None]) -> dict[str, CheckResult]:
    """Run each check once, two at a time.

    Args:
        names: of scripts in checks/, without `.py`.
        done: called in this thread with each result as it comes.

    Raises:
        OSError: the log cannot be written.
    """
    results: dict[str, CheckResult] = {}
    alone = (FIRST, REQUIREMENTS)  # while the one imports, the other, which need not, runs beside it
    rest = [name for name in dict.fromkeys(names) if name not in alone]
    stop = threading.Event()

    def keep(name: str, result: CheckResult) -> None:
        results[name] = result
        done(result)

    with ThreadPoolExecutor(TOGETHER) as pool:
        try:
            begun = {name: pool.submit(_one, subject, name, stop) for name in alone if name in names}
            if FIRST in begun:
                keep(FIRST, begun.pop(FIRST).result())
                if results[FIRST].status == "failed":
                    for name in rest:
                        keep(name, CheckResult(name=name, status="not run", detail="the import failed"))
                    rest = []
            futures = {pool.submit(_one, subject, name, stop): name for name in rest}
            futures |= {future: name for name, future in begun.items()}
            for future in as_completed(futures):
                keep(futures[future], future.result())
        except BaseException:
            stop.set()
            raise
    return results


def _one(subject: Subject, name: str, stop: threading.Event) -> CheckResult:
    """A crash (the library may abort or die by a signal) is a failed check like any other."""
    started = time.monotonic()
    command = [f"{subject.environment}/bin/python", "-IB", "-X", "faulthandler", str(SCRIPTS / f"{name}.py")]
    limit = GPU_LIMIT if name.startswith(ON_GPU) else LIMIT
    with tempfile.TemporaryDirectory(prefix="mxbuild-check-") as directory:
        environment = for_checks(subject.environ, directory)
        if subject.libraries:
            environment["LD_LIBRARY_PATH"] = subject.libraries
        try:
            ended = run_limited(
                [*command, subject.package, subject.release, subject.library, *subject.more.get(name, ())],
                env=environment,
                cwd=directory,
                timeout=limit,
                stopped=stop.is_set,
            )
        except OSError as error:
            return failed(name, f"{command[0]} cannot be started: {error.strerror}")
    seconds = round(time.monotonic() - started, 2)
    with open(subject.log, "a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"+ {' '.join(command)}\n{ended.stdout}{ended.stderr}status {ended.code}, {seconds} s\n")
    said = ended.stdout.strip().splitlines()
    if ended.code == 0 and said and not ended.late:
        return passed(name, said[-1], seconds)
    return failed(name, fault(ended, limit), seconds)


def fault(ended: Ended, limit: float) -> str:
    """How a process ended that did not end well, in a line."""
    words = last_words(ended.stdout + ended.stderr)
    if ended.late:
        return f"did not end within {limit:.0f} s; {words}".removesuffix("; ")
    if ended.code < 0:
        return f"crashed with {signal_name(-ended.code)}; {words}".removesuffix("; ")
    return words or (f"ended with status {ended.code} and said nothing")


def last_words(text: str) -> str:
    """What a process said last that tells what was wrong, without the places in the code that lead there."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(NOISE)]
    errors = [i for i, line in enumerate(lines) if line.split(" ")[0].endswith(("Error:", "Exception:", "Interrupt:"))]
    first = errors[-1] if errors else max(0, len(lines) - LINES)
    return " / ".join(lines[first : first + LINES])
