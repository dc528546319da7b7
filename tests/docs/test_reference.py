"""The reference is what the code says now."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mxbuild.cli import SECTIONS
from mxbuild.errors import EXIT_CODES
from tests.docs import reference, tables
from tests.docs.markdown import prose
from tests.docs.pages import DOCS, ROOT

WRITTEN = DOCS / "reference"


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_of_the_reference_is_current(name: str) -> None:
    assert (WRITTEN / name).read_text() == reference.PAGES[name](), "run: make reference"


def test_every_command_has_its_heading() -> None:
    headings = {line for line in (WRITTEN / "commands.md").read_text().splitlines() if line.startswith("#")}
    assert {f"### mxbuild {verb}" for verbs in SECTIONS.values() for verb in verbs} <= headings
    assert {"#### mxbuild recipes lock", "#### mxbuild workers check"} <= headings


def test_every_exit_code_is_there_with_its_meaning() -> None:
    text = (WRITTEN / "exit-codes.md").read_text()
    rows = [f"| {code} | {prose(meaning)} |" for code, meaning in EXIT_CODES.items()]
    assert [row for row in rows if row not in text] == []


def test_every_variable_that_the_code_reads_is_on_the_page() -> None:
    text = (WRITTEN / "environment.md").read_text()
    texts = [source for file in tables.sources() if re.search("environ|envvar", source := file.read_text())]
    read = {name for source in texts for name in variables(ast.parse(source))}
    assert {"MXBUILD_STORE", "SUDO_UID", "PYENV_ROOT"} <= read, "the search finds nothing any more"
    assert sorted(name for name in read if f"`{name}`" not in text) == []


def variables(tree: ast.Module) -> Iterator[str]:
    """Literal names of environment variables: `environ.get("X")`, `environ["X"]`, `"X" in environ`, `envvar="X"`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[ast.Constant(value=str(name)), *_]):
                if _environ(of):
                    yield name
            case ast.Subscript(value=of, slice=ast.Constant(value=str(name))) if _environ(of):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[of]) if _environ(of):
                yield name
            case ast.keyword(arg="envvar", value=ast.Constant(value=str(name))):
                yield name


def _environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).split(".")[-1] == "environ"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one file: test_nd*", r"one file: test_nd\*"),
        ("`a_b*` stays", "`a_b*` stays"),
        ("as --store has it", "as `--store` has it"),
        ("in MXBUILD_STORE", "in `MXBUILD_STORE`"),
        ("a | b <c> [d]", r"a \| b \<c> \[d\]"),
    ],
)
def test_words_of_the_code_are_no_markup(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_the_pages_of_the_reference_are_in_the_repository() -> None:
    assert [name for name in reference.PAGES if not Path(ROOT, "docs", "reference", name).is_file()] == []
