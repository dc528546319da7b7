"""Matching, with its reasons, at both edges of each kind of range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbuild.recipe.match import Matched, best_selector, parse_selector, selector_matches, version_matches

OTHERWISE = "but its releases are numbered otherwise"

EDGES = [
    # range, versions inside, versions outside
    (">=4.8,<13", ["4.8", "4.8.0", "4.8.5", "12.99.9", "12.2.0-14+deb12u1"], ["4.7.99", "4.7", "13", "13.0.0", "13.1"]),
    (">=4", ["4", "4.0", "4.0.0", "4.6.0", "10"], ["3.99.99", "3", "0"]),
    (">4.8,<=5", ["4.8.1", "4.9", "5", "5.0", "5.0.0"], ["4.8", "4.8.0", "5.0.1", "5.1"]),
    ("==4.*", ["4", "4.0", "4.99"], ["3.99", "5"]),
    ("~=4.8", ["4.8", "4.99"], ["4.7.9", "5.0"]),
    ("==1.10", ["1.10", "1.10.0", "1:1.10-3"], ["1.1", "1.10.1", "1.100"]),
    (">=3.81,!=3.82", ["3.81", "3.82.1", "4.3"], ["3.80", "3.82", "3.82-5"]),
    (">=20.04,<22.04", ["20.04", "20.10", "21.10"], ["18.04", "19.10", "22.04", "22.10"]),
    (">=0.3.20", ["0.3.21+ds-4", "0.3.20+ds-1", "0.3.20"], ["0.3.19+ds-9", "0.3.2"]),
]


@pytest.mark.parametrize(("wanted", "inside", "outside"), EDGES, ids=[e[0] for e in EDGES])
def test_edges(wanted: str, inside: list[str], outside: list[str]) -> None:
    for version in inside:
        assert version_matches("gcc", version, wanted) == Matched(True, f"gcc {version} matches {wanted}")
    for version in outside:
        assert version_matches("gcc", version, wanted) == Matched(False, f"gcc {version} is outside {wanted}")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.3.21+ds-4", "0.3.21"),
        ("12.2.0-14+deb12u1", "12.2.0"),
        ("2:1.20.11+really2-0.1~", "1.20.11"),
        ("1:2.39.5-0+deb12u2", "2.39.5"),
        ("4.6.0~rc1", "4.6.0"),
        ("v5.3.0", "5.3.0"),
        ("2.39.5 (Apple Git-154)", "2.39.5"),
        ("9e-1", "9"),
        (" 4.3\n", "4.3"),
        ("20.04", "20.4"),
    ],
)
def test_leading_number_counts(text: str, number: str) -> None:
    assert version_matches("x", text, f"=={number}").ok
    assert not version_matches("x", text, f"!={number}").ok


def test_the_hosts_own_text_is_shown() -> None:
    assert version_matches("ubuntu", "20.04", ">=20.04").why == "ubuntu 20.04 matches >=20.04"
    assert version_matches("OpenBLAS", "0.3.21+ds-4", ">=0.4").why == "OpenBLAS 0.3.21+ds-4 is outside >=0.4"


@pytest.mark.parametrize(
    ("version", "wanted", "matched"),
    [
        ("", "", Matched(True, "OpenCV: any version will do")),
        ("", ">=4", Matched(False, "OpenCV's version is not known; >=4 is needed")),
        ("", "!=4", Matched(False, "OpenCV's version is not known; !=4 is needed")),
        ("rolling", ">=4", Matched(False, 'OpenCV\'s version "rolling" has no number; >=4 is needed')),
        ("4.6.0", "", Matched(True, "OpenCV 4.6.0: any version will do")),
    ],
)
def test_unknown_versions(version: str, wanted: str, matched: Matched) -> None:
    assert version_matches("OpenCV", version, wanted) == matched


@given(st.text())
def test_any_text_of_a_host_has_an_answer(version: str) -> None:
    assert version_matches("x", version, ">=1").why
    assert version_matches("x", "9" * 5000, ">=1").ok


@pytest.mark.parametrize(
    ("selector", "machine", "matched"),
    [
        ("debian", ("debian", "12", ()), (True, "debian 12: any version will do")),
        ("debian", ("debian", "", ()), (True, "debian: any version will do")),
        ("debian >=11", ("debian", "11", ()), (True, "debian 11 matches >=11")),
        ("debian >=11", ("debian", "10", ()), (False, "debian 10 is outside >=11")),
        ("debian >=11", ("debian", "", ()), (False, "debian's version is not known; >=11 is needed")),
        ("debian >=11", ("ubuntu", "22.04", ("debian",)), (False, f"ubuntu 22.04 is like debian, {OTHERWISE}")),
        ("debian", ("ubuntu", "22.04", ("debian",)), (True, "ubuntu is like debian")),
        ("ubuntu >=20.04,<22.04", ("ubuntu", "20.04", ("debian",)), (True, "ubuntu 20.04 matches >=20.04,<22.04")),
        ("ubuntu >=20.04,<22.04", ("ubuntu", "22.04", ("debian",)), (False, "ubuntu 22.04 is outside >=20.04,<22.04")),
        ("ubuntu", ("linuxmint", "21.3", ("ubuntu", "debian")), (True, "linuxmint is like ubuntu")),
        (
            "ubuntu >=20.04",
            ("linuxmint", "21.3", ("ubuntu", "debian")),
            (False, f"linuxmint 21.3 is like ubuntu, {OTHERWISE}"),
        ),
        ("debian", ("fedora", "40", ()), (False, "the machine runs fedora 40, not debian")),
        ("debian", ("", "", ()), (False, "the machine runs an unknown system, not debian")),
    ],
)
def test_selectors(selector: str, machine: tuple[str, str, tuple[str, ...]], matched: tuple[bool, str]) -> None:
    assert selector_matches(selector, *machine) == matched


@pytest.mark.parametrize(
    ("selectors", "machine", "chosen"),
    [
        (["debian", "ubuntu <18.04"], ("ubuntu", "16.04", ("debian",)), "ubuntu <18.04"),
        (["debian", "ubuntu <18.04"], ("ubuntu", "22.04", ("debian",)), "debian"),
        (["debian", "ubuntu"], ("linuxmint", "21", ("ubuntu", "debian")), "ubuntu"),
        (["debian <11", "debian >=11"], ("debian", "12", ()), "debian >=11"),
        (["debian <11", "debian >=11"], ("fedora", "40", ()), None),
        ([], ("debian", "12", ()), None),
    ],
)
def test_best_selector(selectors: list[str], machine: tuple[str, str, tuple[str, ...]], chosen: str | None) -> None:
    found = best_selector(selectors, *machine)
    assert (found[0] if found else None) == chosen
    assert found is None or found[1].ok


@pytest.mark.parametrize("text", ["", ">=11", "Debian", "debian>=11", "debian 11", "-x"])
def test_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_selector(text)
