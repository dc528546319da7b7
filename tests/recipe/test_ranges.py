"""Ranges as sets: empty ones, common versions, gaps; against a plain search through many versions."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxbuild.recipe.ranges import common, parse, uncovered

VERSIONS = [".".join(map(str, v)) for n in (1, 2, 3) for v in itertools.product(range(5), repeat=n)]
operators = st.sampled_from([">=", "<=", ">", "<", "==", "!="])
texts = st.lists(
    st.one_of(
        st.builds("{}{}".format, operators, st.sampled_from(VERSIONS[:30])),
        st.builds("=={}.*".format, st.sampled_from(VERSIONS[:30])),
        st.builds("~={}".format, st.sampled_from(VERSIONS[5:30])),
    ),
    max_size=3,
).map(",".join)


@pytest.mark.parametrize(
    ("ranges", "version"),
    [
        ([""], "0"),
        ([">=4.8,<13"], "4.8"),
        ([">=13,<4.8"], ""),
        ([">4,<4.0.1"], "4.0.0.1"),
        (["==4.*,>=5"], ""),
        (["~=4.8"], "4.8"),
        (["<18.04", ">=18.04"], ""),
        (["<=18.04", ">=18.04"], "18.04"),
        (["", ">=18.04"], "18.04"),
        ([">=18.04,<22.04", ">=20.04"], "20.04"),
        (["!=12", "==12"], ""),
        (["==4.*", "==4.8.*", "<4.8"], ""),
    ],
)
def test_common(ranges: list[str], version: str) -> None:
    assert common(*map(parse, ranges)) == version


@pytest.mark.parametrize(
    ("whole", "parts", "gap"),
    [
        (">=3.6,<3.14", ["<3.8", ">=3.8"], ""),
        (">=3.6,<3.14", ["<3.8", ">3.8"], "3.8"),
        (">=3.6,<3.14", ["<3.8"], "3.8"),
        (">=3.6,<3.14", [], "3.6"),
        (">=3.6", ["<3.14"], "3.14"),
        ("==3.11.*", [">=3.11,<3.12"], ""),
        ("", [""], ""),
    ],
)
def test_uncovered(whole: str, parts: list[str], gap: str) -> None:
    assert uncovered(parse(whole), [parse(p) for p in parts]) == gap


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts, texts)
def test_common_misses_nothing(first: str, second: str) -> None:
    a, b = parse(first), parse(second)
    if not common(a, b):
        assert not [v for v in VERSIONS if a.contains(v) and b.contains(v)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts, st.lists(texts, max_size=3))
def test_uncovered_misses_nothing(whole: str, parts: list[str]) -> None:
    w, ps = parse(whole), [parse(p) for p in parts]
    if not uncovered(w, ps):
        assert not [v for v in VERSIONS if w.contains(v) and not any(p.contains(v) for p in ps)]


@pytest.mark.parametrize("text", ["4.8", ">=", ">=4.8,13", ">=4.*", "~=4", "===4", "=>4", ">= <", "*"])
def test_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="is no version range"):
        parse(text)


@pytest.mark.parametrize("text", [">=" + "9" * 5000, "<1." + "1" * 4301, ">=1,!=1." + "9" * 19], ids=range(3))
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more digits than a version's"):
        parse(text)
