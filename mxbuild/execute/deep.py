"""Differential verification: operator cases on the library of an environment against recorded answers."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mxbuild.errors import RecipeError, UsageError
from mxbuild.execute import casework, elf, evidence, receipt
from mxbuild.execute.device import stand_in
from mxbuild.execute.runtime import Subject
from mxbuild.execute.wheel import LIBRARY
from mxbuild.foreign import decoded
from mxbuild.model import Answers, CaseResult, Comparison, Event, Progress
from mxbuild.recipe.answers import find, known

ID = "deep"
"""Of the progress events."""


ABSENT = "there is no "
"""How the recorded reason begins where the release does not have what a case needs."""


def read(file: Path) -> Answers:
    """The answers in a file.

    Raises:
        RecipeError: it cannot be read, or is no such file.
    """
    try:
        return decoded(file.read_bytes(), Answers)
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecipeError(f"{file} holds no recorded answers: {error}") from error


def compare(
    environment: str, environ: Mapping[str, str], path: Sequence[Path], watch: Callable[[Event], None], log: str = ""
) -> Comparison:
    """Run every case in an installed environment.

    Args:
        path: directories of recipes, where the answers lie.
        log: file that the cases' output is appended to; the install's own where "".

    Raises:
        UsageError: it is no environment that mxbuild finished, or nothing is recorded of its release.
        RecipeError: the answers cannot be read.
    """
    proof = receipt.read(f"{environment}/receipt.json")
    if proof is None or (step := proof.verification) is None:
        raise UsageError(f"{environment} has no receipt: it is no environment that mxbuild finished")
    file = find(proof.recipe, proof.release, path)
    if file is None:
        raise UsageError(
            f"there are no recorded answers for {proof.recipe}",
            details=[f"there are for: {', '.join(known(path)) or 'none'}"],
            remedy="mxbuild verify",
        )
    answers = read(file)
    total, done = len(answers.cases), 0

    def count(case: str, said: Mapping[str, Any]) -> None:  # noqa: ARG001
        nonlocal done
        done += 1
        watch(Progress(id=ID, done=min(done, total), total=total, unit="cases", text=case))

    log = log or step.log
    os.makedirs(os.path.dirname(log), exist_ok=True)
    library = evidence.locate(environment, step.package, LIBRARY)
    facts = elf.facts(library) if library else None
    reasons = [case for case, answer in answers.cases.items() if isinstance(answer, str)]
    watch(Progress(id=ID, done=0, total=total, unit="cases"))
    with stand_in(step.device, facts, environ) as libraries:
        said = casework.run(
            Subject(environment, step.package, step.release, library, environ, log, libraries),
            _by_group(answers),
            off=[feature.feature for feature in step.features if not feature.on],
            skip=reasons,
            done=count,
        )
    return Comparison(origin=answers.source, results=judged(answers, said))


def _by_group(answers: Answers) -> dict[str, dict[str, Any]]:
    grouped: dict[str, dict[str, Any]] = {group: {} for group in casework.groups()}
    for name, answer in answers.cases.items():
        group, _, case = name.partition(".")
        if not isinstance(answer, str):
            grouped.setdefault(group, {})[case] = answer
    return grouped


def judged(answers: Answers, said: Mapping[str, Mapping[str, Any]]) -> tuple[CaseResult, ...]:
    """A result for every case that is recorded or was seen, in the recorded order.

    Args:
        said: `group.case` -> what the runner saw.
    """
    names = dict.fromkeys([*answers.cases, *(name for name in said if not name.endswith("."))])
    return tuple(_judged(name, answers.cases.get(name), said) for name in names)


def _judged(name: str, answer: object, said: Mapping[str, Mapping[str, Any]]) -> CaseResult:
    if isinstance(answer, str):
        absent = answer.startswith(ABSENT)
        return CaseResult(
            case=name,
            status="absent" if absent else "not run",
            detail=answer if absent else f"nothing is recorded: {answer}",
        )
    group = name.partition(".")[0]
    seen = said.get(name) or said.get(f"{group}.") or {"status": "failed", "detail": "mxbuild has no such case"}
    status = seen["status"]
    return CaseResult(
        case=name,
        status="passed" if status == "passed" else "not run" if status == "not run" else "failed",
        worst=seen.get("worst", 0.0),
        detail=seen.get("detail", ""),
        seconds=seen.get("seconds", 0.0),
    )
