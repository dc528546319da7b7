from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import UsageError
from mxbuild.execute import runlog
from mxbuild.model import Message, StepFailed, StepFinished, StepStarted
from mxbuild.report.compare import compare
from mxbuild.report.find import Found, find
from mxbuild.report.model import Build
from mxbuild.report.read import read
from mxbuild.report.trace import trace
from mxbuild.ui.page import render
from tests.report.records import MIB, NAME, OTHER, START, compiled, compiling, log, made, where, write
from tests.ui import values

BEGUN = msgspec.structs.replace(runlog.begun(values.PLAN), host="Debian", jobs=2)


def build(root: Path) -> Build:
    """Three files, of which the last one was compiled in a second run."""
    directory = write(
        root,
        [*compiled("a", 1, 5, pid=1), *compiled("b", 1, 9, pid=2), *compiled("c", 103, 105, pid=3)],
    )
    log(
        directory,
        (0.0, BEGUN),
        (0.5, StepStarted(id="make", title="Compile", why="")),
        (3.0, compiling(1, free=900 * MIB, left=(5.0, 9.0), expected=14.0)),
        (10.0, compiling(2, left=(2.0, 3.0), expected=14.0)),  # here it was killed
        (100.0, BEGUN),
        (102.0, StepStarted(id="make", title="Compile", why="")),
        (104.0, compiling(2)),
        (106.0, StepFinished(id="make", title="Compile", seconds=4.0, detail="3 objects")),
        (108.0, StepFinished(id="wheel", title="Pack", seconds=2.0, detail="a.whl")),
    )
    return read(Found(directory, values.RECEIPT, 0))


def test_an_interrupted_build_is_one_without_the_pause(tmp_path: Path) -> None:
    found = build(tmp_path)
    assert [(s.at - START, s.start, s.end) for s in found.sessions] == [(0.5, 0.0, 9.5), (102.0, 9.5, 14.5)]
    assert [(c.source, c.start, c.slot) for c in found.compiles] == [
        ("src/a.cc", 0.5, 0), ("src/b.cc", 0.5, 1), ("src/c.cc", 10.5, 0),
    ]  # fmt: skip
    assert [(s.at, s.free, s.left) for s in found.samples] == [
        (2.5, 900 * MIB, (5.0, 9.0)), (9.5, 0, (2.0, 3.0)), (11.5, 0, None),
    ]  # fmt: skip
    assert (found.expected, found.recorded, found.jobs, found.wall) == (14.0, True, 2, 14.5)
    assert [(s.id, s.seconds) for s in found.steps] == [("make", 4.0), ("wheel", 2.0)]
    assert found.decisions == values.BUILD.decisions
    assert [c.object for c in found.slowest] == ["build/src/b.o", "build/src/a.o", "build/src/c.o"]


def failed(root: Path) -> Build:
    """One whose make fails; its remote cache did not answer."""
    directory = write(root, compiled("a", 1, 5, pid=1, code=1))
    log(
        directory,
        (0.0, BEGUN),
        (0.4, StepStarted(id="make", title="Compile", why="")),
        (0.5, Message(id="make", text="redis://***@host did not answer for 3 compiles", level="warning")),
        (0.6, Message(id="make", text="2 objects are whole and stay")),
        (6.0, StepFailed(id="make", title="Compile", seconds=5.6, message="a.cc:1: error")),
    )
    return read(Found(directory, None, 0))


def killed(root: Path) -> Build:
    """One that was killed while its source was fetched."""
    directory = Path(where(root).state, "builds", NAME)
    directory.mkdir(parents=True)
    before = StepFailed(id="source", title="", seconds=1.0, message="in a run before")
    log(directory, (0.0, BEGUN), (1.0, before), (9.0, BEGUN), (9.5, StepStarted(id="source", title="", why="")))
    return read(Found(directory, None, 0))


def fetched(root: Path) -> Build:
    """One that a store had."""
    directory = Path(where(root).state, "builds", NAME)
    directory.mkdir(parents=True)
    done = StepFinished(id="wheel", title="Fetch", seconds=1.0, detail="a.whl")
    log(directory, (0.0, BEGUN), (2.0, done), (3.0, StepFinished(id="verify", title="", seconds=1.0, detail="")))
    receipt = msgspec.structs.replace(
        values.RECEIPT, origin="built on Debian; fetched from s3://bucket/toy", target="zen3 (-march=znver3)"
    )
    return read(Found(directory, receipt, 0))


def test_a_build_that_failed_says_where_and_what_was_otherwise(tmp_path: Path) -> None:
    found = failed(tmp_path)
    assert found.stopped is not None
    assert (found.stopped.id, found.stopped.detail, found.stopped.ended) == ("make", "a.cc:1: error", True)
    assert found.warnings == ("redis://***@host did not answer for 3 compiles",)


def test_a_build_that_never_came_to_make_is_one(tmp_path: Path) -> None:
    found = killed(tmp_path)
    assert (found.compiles, found.at, found.wall) == ((), START + 9.0, 0.0)
    assert found.decisions == values.BUILD.decisions
    assert found.stopped is not None
    assert (found.stopped.id, found.stopped.ended) == ("source", False)
    assert trace(found)["traceEvents"]


def test_a_build_that_a_store_had_is_one(tmp_path: Path) -> None:
    found = fetched(tmp_path)
    assert (found.compiles, found.stopped) == ((), None)
    assert [step.id for step in found.steps] == ["wheel", "verify"]
    assert (found.origin, found.target) == ("built on Debian; fetched from s3://bucket/toy", "zen3 (-march=znver3)")
    assert trace(found)["traceEvents"]


def test_a_make_that_was_killed_has_no_end(tmp_path: Path) -> None:
    directory = write(tmp_path, compiled("a", 1, 5, pid=1))
    log(directory, (0.0, BEGUN), (0.5, StepStarted(id="make", title="", why="")), (9.0, compiling(1)))
    (step,) = read(Found(directory, None, 0)).steps
    assert (step.id, step.seconds, step.ok, step.ended) == ("make", 8.5, False, False)


@pytest.mark.parametrize("at", [-2e9, 253402300800.0, 1e17, 1e300])
def test_a_record_at_a_time_that_no_calendar_has_is_none(tmp_path: Path, at: float) -> None:
    """The page gives the day of what was written last; Python has none for these, and raises three kinds of error."""
    directory = write(
        tmp_path,
        [*compiled("a", 1, 5, pid=1), *({**line, "end": START + at} for line in compiled("b", at, at, pid=2))],
    )
    log(directory, (0.0, BEGUN), (at, StepFinished(id="make", title="Compile", seconds=4.0, detail="3 objects")))
    found = read(find(where(tmp_path), None))
    assert [c.source for c in found.compiles] == ["src/a.cc"]
    assert "2023-11-14 22:13 UTC" in render(found)


def test_a_ledger_that_ends_before_it_begins_is_no_fault_of_mxbuild(tmp_path: Path) -> None:
    start, end = compiled("a", 1, 5, pid=1)
    directory = write(tmp_path, [start | {"event": "room"}, end | {"end": 0.0}])
    log(
        directory,
        (0.0, BEGUN),
        (1.0, compiling(1)),
        (9.0, StepFinished(id="make", title="Compile", seconds=4.0, detail="3 objects")),
    )
    assert "2023-11-14 22:13 UTC" in render(read(find(where(tmp_path), None)))


def test_records_from_before_the_log_are_read_too(tmp_path: Path) -> None:
    """What was known before is worked out from the records that are older."""
    write(
        tmp_path,
        compiled("a", -900, -880, pid=1, name=OTHER) + compiled("b", -900, -890, pid=2, name=OTHER),
        name=OTHER,
    )
    directory = write(tmp_path, [*compiled("a", 1, 5, pid=1), *compiled("b", 1, 9, pid=2)])
    made(directory, 10.0, 9.5, jobs=1)
    found = read(Found(directory, None, 0))
    assert (found.jobs, found.expected, found.recorded) == (1, 30.0, False)
    assert {c.source: c.expected for c in found.compiles} == {"src/a.cc": 20.0, "src/b.cc": 10.0}
    assert (found.compiler, found.decisions, found.receipt) == ("", (), None)
    assert found.inferred


def test_each_compilation_of_a_build_can_be_had(tmp_path: Path) -> None:
    directory = write(tmp_path, [*compiled("a", 1, 5, pid=1), *compiled("a", 500, 501, pid=2)])
    now, before = (read(Found(directory, None, n)) for n in (0, 1))
    assert (now.wall, now.earlier, before.wall, before.earlier) == (1.0, 1, 4.0, 0)
    assert now.compiles[0].expected == 4.0
    with pytest.raises(UsageError, match="was compiled twice"):
        read(Found(directory, None, 2))
    (directory / "ledger.jsonl").write_text("")
    with pytest.raises(UsageError, match="no compile is recorded"):
        read(Found(directory, None, 0))


def test_steps_are_of_the_runs_that_compiled(tmp_path: Path) -> None:
    """Of a build that was compiled twice, each compilation has those of its own."""
    directory = write(tmp_path, [*compiled("a", 1, 5, pid=1), *compiled("a", 500, 501, pid=2)])
    runs = ((0.0, 7.0, "first"), (499.0, 505.0, "second"))
    log(
        directory,
        *(
            row
            for start, end, word in runs
            for row in (
                (start, BEGUN),
                (start + 0.2, StepFinished(id="source", title="", seconds=0.1, detail=word)),
                (start + 0.5, StepStarted(id="make", title="", why="")),
                (end - 1, StepFinished(id="make", title="", seconds=1.0, detail=word)),
                (end, StepFinished(id="verify", title="", seconds=1.0, detail=word)),
            )
        ),
    )
    made(directory, 504.0, 1.0)
    for earlier, word in enumerate(("second", "first")):
        steps = read(Found(directory, None, earlier)).steps
        assert [(s.id, s.detail) for s in steps] == [("source", word), ("make", word), ("verify", word)]


def test_what_changed_and_what_it_cost(tmp_path: Path) -> None:
    old = read(
        Found(
            write(
                tmp_path,
                [
                    *compiled("same", 0, 5, pid=1),
                    *compiled("slow", 0, 5, pid=2),
                    *compiled("fast", 0, 5, pid=3),
                    *compiled("gone", 0, 5, pid=4),
                    *compiled("warm", 0, 5, pid=5),
                ],
            ),
            values.RECEIPT,
            0,
        )
    )
    variables = tuple(msgspec.structs.replace(v, value="other") for v in values.RECEIPT.variables[:1])
    new = read(
        Found(
            write(
                tmp_path,
                [
                    *compiled("same", 0, 5.2, pid=1, name=OTHER),
                    *compiled("slow", 0, 9, pid=2, name=OTHER),
                    *compiled("fast", 0, 1, pid=3, name=OTHER),
                    *compiled("new", 0, 2, pid=4, name=OTHER),
                    *compiled("warm", 0, 0.1, pid=5, name=OTHER, memory=9 * MIB),
                ],
                name=OTHER,
            ),
            msgspec.structs.replace(values.RECEIPT, compiler="/usr/bin/g++ 13.1.0", variables=variables),
            0,
        )
    )
    found = compare(old, new)
    kinds = {k: [c.source for c in getattr(found, k)] for k in ("slower", "faster", "cached", "added", "removed")}
    assert kinds == {
        "slower": ["src/slow.cc"], "faster": ["src/fast.cc"], "cached": ["src/warm.cc"], "added": ["src/new.cc"],
        "removed": ["src/gone.cc"],
    }  # fmt: skip
    assert (found.same, found.slower[0].cost, found.removed[0].cost) == (1, 4.0, -5.0)
    settings = {(s.kind, s.name): (s.before, s.after) for s in found.settings}
    assert settings[("compiler", "compiler")] == ("/usr/bin/g++ 12.2.0", "/usr/bin/g++ 13.1.0")
    first, *others = values.RECEIPT.variables
    assert settings[("flag", first.name)] == (first.value, "other")
    assert set(settings) == {("compiler", "compiler"), ("flag", first.name), *(("flag", v.name) for v in others)}
    assert compare(old, old).settings == ()


def test_a_trace_is_as_the_format_wants_it(tmp_path: Path) -> None:
    events = trace(build(tmp_path))["traceEvents"]
    slices = [e for e in events if e["ph"] == "X"]
    assert all(isinstance(e["ts"], int) and isinstance(e["dur"], int) and e["ts"] >= 0 for e in slices)
    assert [(e["name"], e["tid"], e["ts"], e["dur"]) for e in slices if e["cat"] == "compiled"] == [
        ("src/a.cc", 1, 500_000, 4_000_000),
        ("src/b.cc", 2, 500_000, 8_000_000),
        ("src/c.cc", 1, 102_500_000, 2_000_000),
    ]  # fmt: skip
    assert {e["args"]["name"] for e in events if e["name"] == "thread_name"} == {"steps", "slot 1", "slot 2"}
    counters = [e for e in events if e["ph"] == "C"]
    assert {e["name"] for e in counters} == {"memory", "peaks of running compilers", "waiting for memory"}
    assert all(isinstance(v, int) for e in counters for v in e["args"].values())
