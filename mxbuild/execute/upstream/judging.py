"""What is to be thought of each result: known failures, and what a reference did with the same tests. Pure."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from mxbuild.model import Case, Difference, Judged, SuiteRun, Verdict
from mxbuild.model.upstream import End
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.upstream import KnownFailure

BADNESS: dict[End, int] = {"passed": 0, "skipped": 1, "missing": 2, "failed": 3}
"""Which of two ends is the worse one."""


def applying(known: Sequence[KnownFailure], facts: Mapping[str, str]) -> tuple[KnownFailure, ...]:
    """Known failures whose conditions hold.

    Args:
        facts: python, numpy, scipy, gcc -> version; arch -> name. What is not known matches no range.
    """
    return tuple(k for k in known if all(_holds(subject, text, facts) for subject, text in k.when.items()))


def _holds(subject: str, wanted: str, facts: Mapping[str, str]) -> bool:
    there = facts.get(subject, "")
    return there == wanted if subject == "arch" else version_matches(subject, there, wanted).ok


def covers(known: KnownFailure, test: str) -> bool:
    """Whether a known failure speaks of a test; one without parameters speaks of it with any."""
    return any(_matches(test, pattern) for pattern in known.tests)


def _matches(test: str, pattern: str) -> bool:
    literal = pattern.replace("[", "[[]")  # a test's parameters, no choice of letters
    file, colons, _ = literal.partition("::")
    names = (test, test.partition("[")[0]) if colons else (test.partition("::")[0],)
    return any(fnmatchcase(name, literal if colons else file) for name in names)


def judge(run: SuiteRun, known: Sequence[KnownFailure], reference: SuiteRun | None = None) -> tuple[Judged, ...]:
    """Every test with its verdict.

    Args:
        known: those that apply here.
        reference: the same tests with another build; a failure that it has too says nothing against ours.
    """
    theirs = _results(reference) if reference else {}
    return tuple(
        Judged(case=case, known=entry, verdict=_verdict(case, entry, theirs.get(case.name)))
        for file in run.files
        for case in file.cases
        for entry in [next((k for k in known if covers(k, case.name)), None)]
    )


def _verdict(case: Case, known: KnownFailure | None, theirs: Case | None) -> Verdict:
    if case.result == "skipped":
        return "skipped"
    if case.result == "passed":
        # A whole file or a pattern is known as such: that some of its tests pass is no news.
        exact = known is not None and case.name in known.tests
        return "cured" if exact else "passed"
    if known is not None:
        return "known"
    return "same" if theirs is not None and theirs.result == "failed" else "failed"


def differences(run: SuiteRun, known: Sequence[KnownFailure], reference: SuiteRun) -> tuple[Difference, ...]:
    """Tests that ended otherwise than with the reference, in our order, then those that only the reference has."""
    ours, theirs = _results(run), _results(reference)
    found = []
    for test in dict.fromkeys((*ours, *theirs)):
        mine: End = ours[test].result if test in ours else "missing"
        other: End = theirs[test].result if test in theirs else "missing"
        if mine == other:
            continue
        telling = theirs if other == "failed" else ours
        found.append(
            Difference(
                test=test,
                ours=mine,
                reference=other,
                said=telling[test].said if test in telling else "",
                worse=BADNESS[mine] > BADNESS[other] and not any(covers(k, test) for k in known),
            )
        )
    return tuple(found)


def _results(run: SuiteRun) -> dict[str, Case]:
    return {case.name: case for file in run.files for case in file.cases}
