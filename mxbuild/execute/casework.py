"""Running operator cases (cases/) in an environment: a process per group, which goes on after a crash."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from mxbuild import durable
from mxbuild.execute.runtime import TOGETHER, Subject, fault
from mxbuild.execute.scrub import for_checks
from mxbuild.foreign import decoded
from mxbuild.process import run_limited

CASES = Path(__file__).parent / "cases"
LIMIT = 600.0
"""Seconds for a group; the slowest takes five on an idle machine."""

Said = dict[str, Any]
"""What the runner says of a case: status, worst, detail, seconds, and arrays where it records."""


class _Line(msgspec.Struct):
    """What every line of the runner has."""

    case: str
    status: str


def groups() -> tuple[str, ...]:
    """The files of cases, by name."""
    return tuple(sorted(file.stem for file in CASES.glob("[a-z]*.py")))


def run(
    subject: Subject,
    answers: Mapping[str, Mapping[str, Any] | None],
    *,
    off: Sequence[str] = (),
    skip: Sequence[str] = (),
    done: Callable[[str, Said], None] = lambda case, said: None,
) -> dict[str, Said]:
    """Run the cases of every group, two groups at a time.

    Args:
        answers: group -> recorded arrays of its cases; None: record them.
        off: features that the library was built without.
        skip: cases (`group.case`) that are not run.
        done: called in this thread with each case as its group ends.

    Returns:
        `group.case` -> what was seen. A case that crashed is "failed"; of a group that cannot even begin,
        the only entry is `group.`, failed.

    Raises:
        OSError: the log cannot be written.
    """
    stop, results = threading.Event(), dict[str, Said]()

    def one(group: str) -> dict[str, Said]:
        left_out = [case.partition(".")[2] for case in skip if case.startswith(f"{group}.")]
        request = {"package": subject.package, "group": group, "answers": answers[group], "off": [*off]}
        return dict(_group(subject, request, left_out, stop))

    with ThreadPoolExecutor(TOGETHER) as pool:
        try:
            for future in as_completed([pool.submit(one, group) for group in answers]):
                for case, said in future.result().items():
                    results[case] = said
                    done(case, said)
        except BaseException:
            stop.set()
            raise
    return results


def _group(
    subject: Subject, request: dict[str, Any], skip: list[str], stop: threading.Event
) -> Iterator[tuple[str, Said]]:
    """Start the runner; where a case takes it down, start it again with what is left."""
    group = request["group"]
    while not stop.is_set():
        said, begun, wrong = _start(subject, {**request, "skip": skip}, stop)
        yield from ((f"{group}.{case}", result) for case, result in said.items())
        if not wrong:
            return
        yield f"{group}.{begun}", {"status": "failed", "detail": wrong}
        if not begun:
            return
        skip = [*skip, *said, begun]


def _start(subject: Subject, request: dict[str, Any], stop: threading.Event) -> tuple[dict[str, Said], str, str]:
    """(what was said of each case, the case that was not finished, how the process ended if not well)."""
    command = [f"{subject.environment}/bin/python", "-IB", "-X", "faulthandler", str(CASES / "_run.py")]
    with durable.scratch("cases") as directory:
        asked, results = Path(directory, "request.json"), Path(directory, "results")
        asked.write_text(json.dumps(request))
        environment = for_checks(subject.environ, directory)
        if subject.libraries:
            environment["LD_LIBRARY_PATH"] = subject.libraries
        try:
            ended = run_limited(
                [*command, str(asked), str(results)], env=environment, cwd=directory, timeout=LIMIT, stopped=stop.is_set
            )
        except OSError as error:
            return {}, "", f"{command[0]} cannot be started: {error.strerror}"
        lines = results.read_text(errors="backslashreplace").splitlines() if results.exists() else []
    with open(subject.log, "a", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"+ {' '.join(command)} {request['group']}\n{ended.stdout}{ended.stderr}status {ended.code}\n")
        log.writelines(f"{line}\n" for line in lines)
    said, begun = dict[str, Said](), ""
    for line in lines:
        with suppress(ValueError):  # a line that a crash cut off
            head = decoded(line, _Line)
            begun = head.case if head.status == "begun" else ""
            if not begun:
                said[head.case] = {k: v for k, v in decoded(line, dict[str, Any]).items() if k != "case"}
    return said, begun, "" if ended.code == 0 and not ended.late else fault(ended, LIMIT)
