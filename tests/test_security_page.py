"""docs/explanation/security.md names the test of each promise, and there is such a test."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/explanation/security.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_promise_has_a_test() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if re.match(r"\| S\d+ ", line)]
    assert [row[1].strip() for row in rows] == [f"S{number}" for number in range(1, 11)]
    assert all(NAMED.search(row[4]) for row in rows)


def test_every_test_that_is_named_is_there() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 20
    for file, name in named:
        functions = {n.name for n in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(n, ast.FunctionDef)}
        assert name in functions, f"{file} has no {name}"
