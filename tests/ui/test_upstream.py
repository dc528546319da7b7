"""How the results of upstream's tests are shown, and written for CI."""

from xml.etree import ElementTree as ET

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from mxbuild.execute.upstream.judging import differences, judge
from mxbuild.model import Case, Suite, SuiteRun, UpstreamReport
from mxbuild.recipe.upstream import KnownFailure
from mxbuild.ui import junit
from mxbuild.ui.console import ASCII
from mxbuild.ui.console import text as plain
from mxbuild.ui.upstream import before, render

KNOWN = (
    KnownFailure(id="net", tests=("test_io.py::test_fetch",), why="downloads MNIST", kind="network"),
    KnownFailure(id="old", tests=("test_op.py::test_cured",), why="indexes with a list", kind="numpy"),
)


def suite(name: str, *cases: Case) -> Suite:
    return Suite(name=name, cases=cases, seconds=61.5, processes=1)


def run(*suites: Suite, python: str = "/env/bin/python") -> SuiteRun:
    packages = {"numpy": "1.23.5", "pluggy": "1.5.0", "pytest": "7.4.4", "scipy": "1.10.1"}
    return SuiteRun(python=python, version="3.11.7", packages=packages, files=suites, seconds=123.0)


OPERATORS = suite(
    "test_op.py",
    Case(name="test_op.py::test_add", result="passed", seconds=0.25),
    Case(name="test_op.py::test_cured", result="passed"),
    Case(name="test_op.py::test_bad", result="failed", said="AssertionError: 1 < 2 & more", text="line\nE  1 < 2"),
    Case(name="test_op.py::test_dead[1]", result="failed", said="crash: SIGABRT", text="Check failed", broken=True),
    Case(name="test_op.py::test_gpu", result="skipped", said="no GPU"),
)
DATA = suite("test_io.py", Case(name="test_io.py::test_fetch", result="failed", said="OSError: no such host"))


def report(reference: SuiteRun | None = None) -> UpstreamReport:
    mine = run(DATA, OPERATORS)
    judged = judge(mine, KNOWN, reference)
    apart = differences(mine, KNOWN, reference) if reference else ()
    return UpstreamReport(
        environment="mxnet-0.12.1-cpu-py3.11-1a2b3c4d", release="0.12.1", commit="e" * 40, fingerprint="f" * 16,
        compiler="/usr/bin/g++ 12.2.0", finished=1.7e9, selection=(), run=mine, judged=judged, reference=reference,
        differences=apart, ok=all(one.verdict != "failed" for one in judged) and not any(d.worse for d in apart),
    )  # fmt: skip


def reference(bad: str = "failed", dead: str = "failed") -> SuiteRun:
    cases = {c.name: c for c in OPERATORS.cases}
    cases["test_op.py::test_bad"] = Case(name="test_op.py::test_bad", result=bad)  # type: ignore[arg-type]
    cases["test_op.py::test_dead[1]"] = Case(name="test_op.py::test_dead[1]", result=dead)  # type: ignore[arg-type]
    return run(DATA, suite("test_op.py", *cases.values()), python="/wheel/bin/python")


@pytest.mark.parametrize("against", ["nothing", "the same", "another"])
def test_screen(against: str, snapshot: SnapshotAssertion) -> None:
    other = {"nothing": None, "the same": reference(), "another": reference(bad="passed")}[against]
    made = report(other)
    assert made.ok is (against == "the same")
    assert render(made, glyphs=ASCII) == snapshot


def test_junit(snapshot: SnapshotAssertion) -> None:
    assert junit.document(report()).decode() == snapshot


def test_junit_counts_what_it_holds() -> None:
    top = ET.fromstring(junit.document(report(reference())))
    for holder in (top, *top):
        children = [child.tag for case in holder.iter("testcase") for child in case]
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert holder.get(key) == str(children.count(tag))
        assert holder.get("tests") == str(len(list(holder.iter("testcase"))))
    assert top.get("failures") == top.get("errors") == "0", "they fail with the reference too"


def test_whatever_a_test_says_is_xml() -> None:
    said = "".join(map(chr, (*range(160), 0xD800, 0xFFFE, 0x1F600)))
    bad = Case(name="test_op.py::test_bad", result="failed", said=said, text=said)
    made = report()
    mine = run(suite("test_op.py", bad))
    made = msgspec.structs.replace(made, run=mine, judged=judge(mine, ()))
    (failure,) = ET.fromstring(junit.document(made)).iter("failure")
    assert "\U0001f600" in (failure.text or "")


def test_what_an_earlier_run_said_is_one_line() -> None:
    assert plain(*before(None, ASCII)).splitlines()[-1] == "  never run whole: mxbuild verify --upstream"
    *_, line = plain(*before(report(reference()), ASCII), width=200).splitlines()
    assert line.startswith("  + 2023-11-14: 2 passed, 1 failed as known")
    assert line.endswith(", the same as the reference")
    assert plain(*before(report(), ASCII)).splitlines()[-1].startswith("  x 2023-11-14: ")
