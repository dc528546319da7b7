"""What is foreign is decoded in one place, and acts nowhere."""

import ast
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbuild
from mxbuild.foreign import ACTIVE, decoded, escaped, inert

PACKAGE = Path(mxbuild.__file__).parent
DECODERS = {("json", "loads"), ("json", "load"), ("json", "decode"), ("json", "JSONDecoder"), ("pickle", "loads")}
ELSEWHERE = {
    "foreign.py",
    "cli/completing.py",  # a library's own data; a TAB has no time for more
    "recipe/schema.py",  # its own text
    "execute/cases/_run.py",  # these run in the environment, without mxbuild
    "execute/cases/graphs.py",
    "execute/upstream/inside/mxbuild_record.py",
}


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff", b'"\xff"', b"[" * 100_000, b'{"a":' * 100_000, b"[1]", b'{"a": 1}', b'"\\ud800"', b"\0", "\ud800"],
    ids=range(10),
)
def test_whatever_is_wrong_is_one_kind_of_error(text: bytes | str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - of any kind
        decoded(text, dict[str, str])
    assert not isinstance(caught.value, RecursionError)


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, int("9" * 400)])
@pytest.mark.parametrize("text", ["N", "[[1, N]]", '{"a": {"b": N}}'])
def test_a_number_of_more_than_64_bits_is_refused(number: int, text: str) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        decoded(text.replace("N", str(number)).encode(), object)


@pytest.mark.parametrize("value", [(1 << 63) - 1, -(1 << 63), "9" * 30, ["0" * 64, 1.5e300], {"1" * 40: 1}])
def test_what_only_looks_like_one_is_read(value: object) -> None:
    assert decoded(json.dumps(value), object) == value


def test_nobody_else_decodes() -> None:
    found = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if (owner, node.attr) in DECODERS:
                    found.add(str(file.relative_to(PACKAGE)))
    assert found - ELSEWHERE == set()


@given(st.text())
def test_nothing_that_is_left_acts(text: str) -> None:
    left = inert(text)
    assert not [c for c in left if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert not [c for c in left if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI")]
    assert inert(left) == left


@given(st.dictionaries(st.text(), st.text()))
def test_escaped_json_says_the_same(data: dict[str, str]) -> None:
    document = json.dumps(data, ensure_ascii=False)
    assert json.loads(escaped(document)) == data
    assert not ACTIVE.search(escaped(document))
