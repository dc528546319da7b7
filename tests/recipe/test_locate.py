"""Where keys and values stand: tricky TOML by hand, and any TOML against what the reader reads."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxbuild import toml
from mxbuild.recipe.locate import Path, locate
from tests.recipe.corpus import GOOD

TRICKY = '''
# [not.a.table] and "no string
a.b . "c d" = 1 # = 2
"quoted \\u00e9 # [x]" = "a # b = c"
'lite.ral' = 'C:\\'
multi = """
[not.a.table]
key = "value" \\""" still inside
"quotes" at the end"""""
literal = \'\'\'
[neither] # '' one '
\'\'\'
array = [ # comment ] here
  "a,]#", 'b', [1, [2.5, 3]], # ]
  { x = 1, y.z = [ "}", { w = "," } ] },
  1979-05-27 07:32:00Z,
]
empty = [] # nothing
nothing = {}

[t] # comment [x]
k=1
[ t . "u.v" ]
k = true
[[list]]
k = 1
[list.inner]
k = 2
[[list.deep]]
k = 3
[[list.deep]]
k = 4
[[list]]
k = 5
[list.inner]
k = 6
'''


def text_at(text: str, path: Path) -> tuple[str, str]:
    place = locate(text)[path]
    return text[place.key.start : place.key.end], text[place.value.start : place.value.end]


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("a", "b", "c d"), '"c d"', "1"),
        (("a",), "a", "a"),
        (("quoted \u00e9 # [x]",), '"quoted \\u00e9 # [x]"', '"a # b = c"'),
        (("lite.ral",), "'lite.ral'", "'C:\\'"),
        (("array", 0), '"a,]#"', '"a,]#"'),
        (("array", 2, 1, 0), "2.5", "2.5"),
        (("array", 3, "x"), "x", "1"),
        (("array", 3, "y", "z", 1, "w"), "w", '","'),
        (("array", 4), "1979-05-27 07:32:00Z", "1979-05-27 07:32:00Z"),
        (("empty",), "empty", "[]"),
        (("nothing",), "nothing", "{}"),
        (("t",), "[t]", "[t]"),
        (("t", "u.v"), '[ t . "u.v" ]', '[ t . "u.v" ]'),
        (("t", "u.v", "k"), "k", "true"),
        (("list", 0), "[[list]]", "[[list]]"),
        (("list", 0, "inner", "k"), "k", "2"),
        (("list", 0, "deep", 1, "k"), "k", "4"),
        (("list", 1, "k"), "k", "5"),
        (("list", 1, "inner", "k"), "k", "6"),
    ],
)
def test_tricky(path: Path, key: str, value: str) -> None:
    assert text_at(TRICKY, path) == (key, value)


def test_multi_line_strings_hide_what_is_in_them() -> None:
    _, value = text_at(TRICKY, ("multi",))
    assert value.startswith('"""\n[not')
    assert value.endswith('end"""""')
    assert not [path for path in locate(TRICKY) if "not" in path or "neither" in path or "key" in path]


def agrees(text: str) -> None:
    """Exactly what the reader reads has a place, and at each place stands what was read."""
    data, places = toml.loads(text), locate(text)
    read: dict[Path, Any] = {}

    def collect(value: Any, path: Path) -> None:
        read[path] = value
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, inner in items:
            collect(inner, (*path, name))

    collect(data, ())
    assert places.keys() == read.keys()
    for path, value in read.items():
        if not isinstance(value, dict | list):
            stands = text[places[path].value.start : places[path].value.end]
            assert toml.loads(f"x = {stands}")["x"] == value, path


@pytest.mark.parametrize("text", [TRICKY, GOOD, "", "# only\n", "x=1", "x = {}\n", "[a]\n[a.b]\n", 'a = """x"""'])
def test_agrees_with_the_reader(text: str) -> None:
    agrees(text)


def basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
bare = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
keys = st.one_of(bare, words.map(basic), st.sampled_from(["'a b'", "'['", "'#'", '"]"', "''"]))
scalars = st.one_of(
    words.map(basic),
    words.map(lambda w: f'"""\n{basic(w)[1:-1]}"""'),
    st.sampled_from(["''", "'[x]'", "'''a''b\n[c]\n'''", '""""q""""', '"""\\\n  x"""', "'''''e'''''"]),
    st.sampled_from(["1", "-3.5e3", "true", "inf", "0xff", "1979-05-27", "07:32:00", "1979-05-27 07:32:00"]),
)
gaps = st.sampled_from([" ", "\n  ", " # ]}\n", ""])


def inline(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.tuples(gaps, values, gaps).map("".join)
    arrays = st.tuples(st.lists(items, max_size=3), gaps).map(lambda p: f"[{','.join(p[0])}{p[1]}]")
    pairs = st.lists(st.tuples(keys, values), max_size=3).map(lambda p: ", ".join(f"{k} = {v}" for k, v in p))
    return st.one_of(arrays, pairs.map(lambda p: f"{{ {p} }}"))


def comes_to_an_end(text: str) -> None:
    with suppress(ValueError):
        locate(text)


values = st.recursive(scalars, inline, max_leaves=6)
dotted = st.lists(keys, min_size=1, max_size=3).map(" . ".join)
lines = st.one_of(
    st.tuples(dotted, values).map(lambda p: f"{p[0]} = {p[1]}"),
    dotted.map(lambda k: f"[{k}]"),
    dotted.map(lambda k: f" [[ {k} ]] # x"),
    st.sampled_from(["", "# [x]", "\t"]),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines, max_size=8).map("\n".join))
def test_any_toml(text: str) -> None:
    try:
        toml.loads(text)
    except toml.TOMLDecodeError:
        comes_to_an_end(text)
    else:
        agrees(text)


@pytest.mark.parametrize(
    "text", ["]]]", "= = =", "a = [", "a = {", "[", 'x = "', "[[", "a = ['", "\x00", "a = [}", "a = {]"]
)
def test_text_that_is_no_toml_comes_to_an_end(text: str) -> None:
    comes_to_an_end(text)
