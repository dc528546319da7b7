"""What is to be thought of a result."""

import pytest

from mxbuild.execute.upstream.judging import applying, covers, differences, judge
from mxbuild.model import Case, Difference, Suite, SuiteRun
from mxbuild.recipe.upstream import KnownFailure


def known(*tests: str, id_: str = "k", **when: str) -> KnownFailure:
    return KnownFailure(id=id_, tests=tests, why="because", kind="numpy", when=when)  # type: ignore[arg-type]


def ran(**results: str) -> SuiteRun:
    """Args: `results`: test -> result."""
    cases = [Case(name=f"test_a.py::{n}", result=r, said=f"{n} {r}") for n, r in results.items()]  # type: ignore[arg-type]
    file = Suite(name="test_a.py", cases=tuple(cases), seconds=1.0, processes=1)
    return SuiteRun(python="/p", version="3.11.1", packages={}, files=(file,), seconds=1.0)


def verdicts(run: SuiteRun, *entries: KnownFailure, reference: SuiteRun | None = None) -> list[str]:
    return [one.verdict for one in judge(run, entries, reference)]


@pytest.mark.parametrize(
    ("pattern", "test", "covered"),
    [
        ("test_a.py", "test_a.py::test_x", True),
        ("test_a.py", "test_b.py::test_x", False),
        ("test_*.py", "test_b.py::test_x", True),
        ("test_a.py::test_x", "test_a.py::test_x", True),
        ("test_a.py::test_x", "test_a.py::test_xy", False),
        ("test_a.py::test_x*", "test_a.py::test_xy", True),
        ("test_a.py::test_x", "test_a.py::test_x[1-b]", True),
        ("test_a.py::test_x[1]", "test_a.py::test_x[1]", True),
        ("test_a.py::test_x[1]", "test_a.py::test_x[2]", False),
        ("test_a.py", "test_a.py::(exit)", True),
        ("onnx/test_a.py", "test_a.py::test_x", False),
    ],
)
def test_what_a_pattern_covers(pattern: str, test: str, covered: bool) -> None:
    assert covers(known(pattern), test) is covered


def test_a_known_failure_applies_where_all_of_its_conditions_hold() -> None:
    facts = {"numpy": "1.23.5", "python": "3.11.7", "gcc": "12.2.0", "arch": "x86_64"}
    entries = [
        known("a.py"),
        known("a.py", numpy=">=1.23"),
        known("a.py", numpy=">=1.24"),
        known("a.py", numpy=">=1.23", python="<3.8"),
        known("a.py", scipy=">=1"),
        known("a.py", arch="aarch64"),
        known("a.py", arch="x86_64", gcc=">=12"),
    ]
    assert [entry in applying(entries, facts) for entry in entries] == [True, True, False, False, False, False, True]


def test_a_verdict_for_each_way_to_end() -> None:
    run = ran(good="passed", bad="failed", left="skipped", said="failed", well="passed")
    entries = (known("test_a.py::said"), known("test_a.py::well"))
    assert verdicts(run, *entries) == ["passed", "failed", "skipped", "known", "cured"]
    assert verdicts(ran(good="passed"), known("test_a.py")) == ["passed"], "a whole file is known: one test is no news"


def test_a_failure_that_the_reference_has_too_says_nothing() -> None:
    run = ran(one="failed", two="failed", three="failed")
    assert verdicts(run, reference=ran(one="failed", two="passed")) == ["same", "failed", "failed"]


def test_differences_and_which_of_them_are_worse() -> None:
    ours = ran(same="failed", worse="failed", better="passed", left="skipped", known="failed", ours="passed")
    theirs = ran(same="failed", worse="passed", better="failed", left="passed", known="passed", theirs="passed")
    found = differences(ours, (known("test_a.py::known"),), theirs)
    assert [(d.test.partition("::")[2], d.ours, d.reference, d.worse) for d in found] == [
        ("worse", "failed", "passed", True),
        ("better", "passed", "failed", False),
        ("left", "skipped", "passed", True),
        ("known", "failed", "passed", False),
        ("ours", "passed", "missing", False),
        ("theirs", "missing", "passed", True),
    ]
    assert [d.said for d in found[:2]] == ["worse failed", "better failed"]
    assert isinstance(found[0], Difference)
    assert differences(ours, (), ours) == ()
