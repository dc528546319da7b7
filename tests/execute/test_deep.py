"""Verdicts on cases, and the recorded answers that come with mxbuild."""

import ast
import base64
import math
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mxbuild.errors import RecipeError, UsageError
from mxbuild.execute import casework, deep
from mxbuild.execute.runtime import Subject
from mxbuild.model import Answers, Comparison
from mxbuild.recipe import answers
from mxbuild.recipe.find import packaged
from tests.execute.pythons import published

FILES = sorted(packaged().glob("*.answers"))
SIZES = {"float16": 2, "float32": 4, "float64": 8, "int32": 4, "int64": 8, "uint8": 1, "int8": 1}
ROW = ("float32", (2,), base64.b64encode(bytes(8)).decode())


def made(**cases: Any) -> Answers:
    about = {"release": "1", "origin": "numpy", "python": "3", "numpy": "2", "date": "2026-01-01", "processor": "any"}
    return Answers(**about, cases={name.replace("__", "."): answer for name, answer in cases.items()})


def declared() -> Iterator[str]:
    """Every case in the files, as `group.case`."""
    for group in casework.groups():
        for node in ast.parse((casework.CASES / f"{group}.py").read_text()).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(d, ast.Call) and isinstance(d.func, ast.Name) and d.func.id == "case"
                for d in node.decorator_list
            ):
                yield f"{group}.{node.name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_has_an_answer_or_a_reason_and_no_other_has(file: Path) -> None:
    assert sorted(deep.read(file).cases) == sorted(declared())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_recorded_answers_are_whole_and_say_where_they_are_from(file: Path) -> None:
    recorded = deep.read(file)
    assert (packaged() / f"{file.stem}.toml").is_file()
    assert f'release = "{recorded.release}"' in (packaged() / f"{file.stem}.toml").read_text()
    assert recorded.origin.endswith("numpy" if file.stem == "mini" else recorded.release) or ".post" in recorded.origin
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", recorded.date)
    assert file.stat().st_size < 100_000
    for answer in recorded.cases.values():
        if isinstance(answer, str):
            assert answer
            assert "/root" not in answer
            continue
        for kind, shape, data in answer.values():
            assert len(base64.b64decode(data)) == SIZES[kind] * math.prod(shape)
    count = sum(isinstance(answer, dict) for answer in recorded.cases.values())
    assert count >= (10 if file.stem == "mini" else 100)


def test_there_are_answers_to_the_release_that_is_installed_by_default() -> None:
    assert {"mini", "mxnet-0.12.1"} <= {file.stem for file in FILES}


def test_answers_are_a_recipes_own_or_its_releases(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("mxnet-1.0.0", "other-1.0.0-x"):
        (tmp_path / f"{name}.answers").touch()
    path = [tmp_path / "mine", tmp_path]
    assert answers.find("mxnet-1.0.0", "1.0.0", path) == tmp_path / "mxnet-1.0.0.answers"
    assert answers.find("my-own", "1.0.0", path) == tmp_path / "mxnet-1.0.0.answers"
    assert answers.find("my-own", "0.0", path) is None
    (tmp_path / "mine/my-own.answers").touch()
    assert answers.find("my-own", "1.0.0", path) == tmp_path / "mine/my-own.answers"
    assert answers.known(path) == ("mxnet-1.0.0", "my-own", "other-1.0.0-x")


def test_a_file_that_holds_no_answers(tmp_path: Path) -> None:
    (tmp_path / "a.answers").write_text("{}")
    with pytest.raises(RecipeError, match=r"a\.answers holds no recorded answers"):
        deep.read(tmp_path / "a.answers")
    with pytest.raises(RecipeError, match="cannot be read"):
        deep.read(tmp_path / "b.answers")


def test_a_directory_that_is_no_environment(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no receipt"):
        deep.compare(str(tmp_path), os.environ, [tmp_path], lambda event: None)


def test_verdicts() -> None:
    recorded = made(
        a__one={"x": ROW},
        a__two={"x": ROW},
        a__gone={"x": ROW},
        a__never="there is no nd.never",
        b__any={"x": ROW},
        b__raised="RNN is for GPUs",
    )
    said = {
        "a.one": {"status": "passed", "worst": 0.25, "seconds": 1.0},
        "a.two": {"status": "absent", "detail": "there is no nd.two"},
        "a.more": {"status": "not run", "detail": "has no recorded answer"},
        "b.": {"status": "failed", "detail": "ImportError"},
    }
    results = deep.judged(recorded, said)
    assert [(r.case, r.status, r.detail) for r in results] == [
        ("a.one", "passed", ""),
        ("a.two", "failed", "there is no nd.two"),
        ("a.gone", "failed", "mxbuild has no such case"),
        ("a.never", "absent", "there is no nd.never"),
        ("b.any", "failed", "ImportError"),
        ("b.raised", "not run", "nothing is recorded: RNN is for GPUs"),
        ("a.more", "not run", "has no recorded answer"),
    ]
    assert results[0].worst == 0.25
    seen = Comparison(origin=recorded.source, results=results)
    assert (seen.ok, len(seen.bad)) == (False, 3)
    assert seen.counted == "1 of 4 cases as recorded, 1 not in this release, 2 not run"
    assert Comparison(origin="", results=results[:1]).ok
    assert not Comparison(origin="", results=results[3:4]).ok, "nothing was compared"


DISTANCES = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from _compare import decoded, distance, encoded

f = lambda *v: np.array(v, "float32")
one = f(1, 2, 4)
assert distance(one, one, 0, 0) == (0.0, "")
worst, text = distance(one + f(0, 0.1, 0), one, 0.1, 0)
assert 0.49 < worst < 0.51 and not text, (worst, text)
worst, text = distance(one + f(0, 0, 1), one, 0.1, 0.1)
assert 1.9 < worst < 2.1 and text == "1 of 3 differ, most at [2]: 5, not 4", text
assert distance(f(np.nan, np.inf), f(np.nan, np.inf), 0, 0) == (0.0, "")
for bad in (f(np.nan, 2, 4), f(1, 2), one.astype("float64"), f(np.inf, 2, 4)):
    assert distance(bad, one, 1e-3, 1e-3)[1], bad
whole = np.array([1, 2], "int32")
assert distance(whole + 1, whole, 0.5, 0.5)[1], "whole numbers are exact"
assert not distance(whole + 1, whole, 0, 1)[1], "unless the case says otherwise"
assert distance(np.array([255], "uint8"), np.array([0], "uint8"), 0, 2)[1], "no wrapping round"
assert distance(np.zeros((0, 2), "float32"), np.zeros((0, 2), "float32"), 0, 0) == (0.0, "")
for array in (one, whole, np.array(3.5), np.arange(6, dtype="float16").reshape(2, 3).T):
    again = decoded(encoded(array))
    assert again.dtype == array.dtype and again.shape == array.shape and (again == array).all()
"""


@pytest.fixture(scope="module")
def environment() -> Path:
    return published()


def test_how_far_arrays_are_apart(environment: Path) -> None:
    command = [f"{environment}/bin/python", "-IB", "-c", DISTANCES, str(casework.CASES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_real_mxnet_answers_as_recorded_and_a_wrong_answer_shows(environment: Path, tmp_path: Path) -> None:
    recorded = deep.read(packaged() / "mxnet-1.9.1.answers")
    chosen = {
        name: answer for name, answer in recorded.cases.items() if name.startswith(("ordering.", "linear_algebra."))
    }
    wrong = dict(chosen)
    cases = msgspec.to_builtins(wrong["ordering.topk"])
    kind, shape, data = cases["values"]
    cases["values"] = (kind, shape, base64.b64encode(bytes([*base64.b64decode(data)[:-1], 0])).decode())
    wrong["ordering.topk"] = cases
    grouped: dict[str, dict[str, Any]] = {"ordering": {}, "linear_algebra": {}}
    for name, answer in wrong.items():
        group, _, case = name.partition(".")
        grouped[group][case] = answer
    del grouped["ordering"]["sort"]
    subject = Subject(str(environment), "mxnet", "1.9.1", "", os.environ, str(tmp_path / "log"))
    said = casework.run(subject, grouped, off=["lapack"])
    assert said["ordering.sort"] == {"status": "not run", "detail": "has no recorded answer"} | {
        "seconds": said["ordering.sort"]["seconds"]
    }
    assert said["ordering.topk"]["status"] == "failed"
    assert "values: 1 of 6 differ, most at [2, 1]" in said["ordering.topk"]["detail"]
    assert said["linear_algebra.potrf"]["detail"] == "lapack is off"
    assert said["linear_algebra.gemm2"]["status"] == said["ordering.sort_other_ways"]["status"] == "passed"
    assert set(said) == set(chosen)
