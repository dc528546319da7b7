"""Run-time checks: scripts, from an empty directory, with as good as no environment.

To import MXNet takes longer than most of them, so several share a process at first. Only what passes there, in one
that ends well, has passed; all else is run in a process of its own, which has the last word: a check that crashes or
fails takes no other one along.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from mxbuild import durable
from mxbuild.execute.evidence import failed, passed
from mxbuild.execute.scrub import for_checks
from mxbuild.foreign import decoded
from mxbuild.model import CheckResult
from mxbuild.process import Ended, run_limited, signal_name

SCRIPTS = Path(__file__).parent / "checks"
COMPANY = SCRIPTS / "_company.py"
TOGETHER = 2
LIMIT = 300.0
"""Seconds for one check; the slowest takes three on an idle machine."""
COMPANY_LIMIT = 100.0
"""Seconds for those that share a process: some three on an idle machine."""
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

    bytecode: bool = False
    """Whether what is imported leaves its bytecode there: somebody who may not write it is going to use it."""

    @property
    def python(self) -> str:
        """The environment's."""
        return f"{self.environment}/bin/python"


class _NotStartedError(Exception):
    """The environment's Python cannot be started."""


class _Said(Struct, frozen=True):
    """A check that passed in company."""

    name: str
    words: str
    """The last line of what it said."""
    seconds: float


def run(subject: Subject, names: Sequence[str], done: Callable[[CheckResult], None]) -> dict[str, CheckResult]:
    """Run each check, two processes at a time.

    Args:
        names: of scripts in checks/, without `.py`.
        done: called in this thread with each result as it comes.

    Raises:
        OSError: the log cannot be written.
    """
    results: dict[str, CheckResult] = {}
    names, stop = list(dict.fromkeys(names)), threading.Event()
    social = [name for name in names if not _alone(subject, name)]
    companies = [company for n in range(TOGETHER) if (company := social[n::TOGETHER])[1:]]
    left = [name for name in names if name != REQUIREMENTS and not any(name in company for company in companies)]

    def keep(found: Mapping[str, CheckResult]) -> None:
        for name, result in found.items():
            results[name] = result
            done(result)

    with ThreadPoolExecutor(TOGETHER) as pool:
        try:
            running = {pool.submit(_company, subject, company, stop): company for company in companies}
            beside = [pool.submit(_one, subject, name, stop) for name in names if name == REQUIREMENTS]
            for future in as_completed(running):
                keep(found := future.result())
                left += [name for name in running[future] if name not in found]
            if FIRST in left:
                left.remove(FIRST)
                keep(first := _one(subject, FIRST, stop))
                if first[FIRST].status == "failed":
                    keep({name: CheckResult(name=name, status="not run", detail="the import failed") for name in left})
                    left = []
            for future in as_completed([*beside, *(pool.submit(_one, subject, name, stop) for name in left)]):
                keep(future.result())
        except BaseException:
            stop.set()
            raise
    return results


def _alone(subject: Subject, name: str) -> bool:
    """Whether it is never in company: the driver may have to compile for long, or MXNet is not what it is about."""
    return name == REQUIREMENTS or name in subject.more or name.startswith(ON_GPU)


def _company(subject: Subject, names: Sequence[str], stop: threading.Event) -> dict[str, CheckResult]:
    """Those that pass in one process; none where it does not end well."""
    with durable.scratch("checks") as directory:
        results, work = Path(directory, "results"), Path(directory, "work")
        work.mkdir()
        script = [str(COMPANY), str(results), str(SCRIPTS), ",".join(names)]
        try:
            ended = _ended(subject, script, (), str(work), COMPANY_LIMIT, stop)
            lines = results.read_bytes().splitlines() if ended.code == 0 and not ended.late else []
            told = {said.name: said for said in (decoded(line, _Said) for line in lines)}
        except (_NotStartedError, FileNotFoundError, ValueError):
            return {}
    return {name: passed(name, told[name].words, round(told[name].seconds, 2)) for name in names if name in told}


def _one(subject: Subject, name: str, stop: threading.Event) -> dict[str, CheckResult]:
    """A crash (the library may abort or die by a signal) is a failed check like any other."""
    started = time.monotonic()
    limit = GPU_LIMIT if name.startswith(ON_GPU) else LIMIT
    with durable.scratch("check") as directory:
        try:
            more = subject.more.get(name, ())
            ended = _ended(subject, [str(SCRIPTS / f"{name}.py")], more, directory, limit, stop)
        except _NotStartedError as error:
            return {name: failed(name, f"{subject.python} cannot be started: {error}")}
    seconds = round(time.monotonic() - started, 2)
    said = ended.stdout.strip().splitlines()
    if ended.code == 0 and said and not ended.late:
        return {name: passed(name, said[-1], seconds)}
    return {name: failed(name, fault(ended, limit), seconds)}


def _ended(
    subject: Subject, script: Sequence[str], more: Sequence[str], directory: str, limit: float, stop: threading.Event
) -> Ended:
    """Run a script of ours in the environment, and write down what it said.

    Raises:
        _NotStartedError: there is no process.
        OSError: the log cannot be written.
    """
    started = time.monotonic()
    command = [subject.python, "-I" if subject.bytecode else "-IB", "-X", "faulthandler", *script]
    environment = for_checks(subject.environ, directory)
    if subject.libraries:
        environment["LD_LIBRARY_PATH"] = subject.libraries
    arguments = [subject.package, subject.release, subject.library, *more]
    try:
        ended = run_limited([*command, *arguments], env=environment, cwd=directory, timeout=limit, stopped=stop.is_set)
    except OSError as error:
        raise _NotStartedError(error.strerror) from error
    seconds = round(time.monotonic() - started, 2)
    with open(subject.log, "a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"+ {' '.join(command)}\n{ended.stdout}{ended.stderr}status {ended.code}, {seconds} s\n")
    return ended


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
