"""A build in the trace event format of Chrome, which ui.perfetto.dev opens, and Catapult's trace2html.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from collections.abc import Iterator
from typing import Any

from mxbuild.report.model import Build

PROCESS = 1
STEPS = 0
"""Thread of the plan's steps; slots follow it."""


def trace(build: Build) -> dict[str, Any]:
    """The whole file, as JSON values. Pauses between two runs of make are as long as they were."""
    zero = min([build.at, *(s.at for s in build.steps), *(s.at for s in build.sessions)])
    return {
        "displayTimeUnit": "ms",
        "otherData": {"build": build.name, "compiler": build.compiler, "host": build.host, "mxbuild": build.mxbuild},
        "traceEvents": [
            *_names(build),
            *_steps(build, zero),
            *_compiles(build, zero),
            *_counters(build, zero),
        ],
    }


def _names(build: Build) -> Iterator[dict[str, Any]]:
    yield _meta("process_name", STEPS, name=f"mxbuild {build.name}")
    for thread in range(2 + max((c.slot for c in build.compiles), default=-1)):
        yield _meta("thread_name", thread, name=f"slot {thread}" if thread else "steps")
        yield _meta("thread_sort_index", thread, sort_index=thread)


def _meta(kind: str, thread: int, **args: object) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": PROCESS, "tid": thread, "args": args}


def _steps(build: Build, zero: float) -> Iterator[dict[str, Any]]:
    for step in build.steps:
        yield _slice(step.id, "step", STEPS, step.at - zero, step.seconds, detail=step.detail, ok=step.ok)


def _compiles(build: Build, zero: float) -> Iterator[dict[str, Any]]:
    for one in build.compiles:
        at, thread = one.at - zero, one.slot + 1
        yield _slice(
            one.source, one.result, thread, at, one.seconds,
            object=one.object, area=one.area, cpu_seconds=one.cpu, peak_bytes=one.memory, object_bytes=one.size,
            exit_code=one.code, worker=one.worker, expected_cpu_seconds=one.expected,
        )  # fmt: skip
        if one.began > one.start:
            yield _slice("preprocessing, cache, wait for memory", "wait", thread, at, one.began - one.start)


def _slice(name: str, category: str, thread: int, at: float, seconds: float, **args: object) -> dict[str, Any]:
    begin, end = round(at * 1e6), round((at + seconds) * 1e6)
    return {
        "ph": "X", "name": name, "cat": category, "pid": PROCESS, "tid": thread,
        "ts": begin, "dur": end - begin, "args": args,
    }  # fmt: skip


def _counters(build: Build, zero: float) -> Iterator[dict[str, Any]]:
    for at, total in build.peaks:
        yield _counter("peaks of running compilers", _unix(build, at) - zero, bytes=total)
    for sample in build.samples:
        yield _counter("memory", _unix(build, sample.at) - zero, compilers=sample.memory, free=sample.free)
        yield _counter("waiting for memory", _unix(build, sample.at) - zero, compilers=sample.waiting)


def _counter(name: str, at: float, **values: float) -> dict[str, Any]:
    return {"ph": "C", "name": name, "pid": PROCESS, "tid": STEPS, "ts": round(at * 1e6), "args": values}


def _unix(build: Build, at: float) -> float:
    session = next((s for s in build.sessions if at <= s.end), build.sessions[-1])
    return session.at + at - session.start
