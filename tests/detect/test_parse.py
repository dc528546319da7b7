import pytest

from mxbuild.detect import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        (" 7\n", 7),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("max", None),
        ("1.5", None),
        ("1_000", None),
        ("٣", None),
        ("9" * 30, None),
        ("9" * 5000, None),
        (str((1 << 62) - 1), (1 << 62) - 1),
        (str(1 << 62), None),
        (None, None),
    ],
)
def test_numbers_are_whole_and_fit_into_json(text: str | None, value: int | None) -> None:
    assert parse.number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0-3", 4),
        ("0", 1),
        ("0-3,8,10-11\n", 7),
        ("3-1", None),
        ("", None),
        ("a-b", None),
        ("0-", 1),
        ("0,,1", None),
        (None, None),
    ],
)
def test_counting_cpus_in_a_kernel_list(text: str | None, value: int | None) -> None:
    assert parse.count(text) == value


def test_fields_keep_the_first_of_equal_keys_and_skip_what_is_none() -> None:
    assert parse.fields("a : 1\nb\na: 2\n : x\n") == {"a": "1", "": "x"}


@pytest.mark.parametrize(
    ("text", "before", "version"),
    [
        ("GNU Make 4.3\n", "GNU Make ", "4.3"),
        ("12\n", r"^\s*", "12"),
        ("clang version 14.0.6-++x", "clang version ", "14.0.6"),
        ("make 4", "GNU Make ", ""),
        (None, "", ""),
        ("1." * 3 + "x", "", "1.1.1"),
    ],
)
def test_versions(text: str | None, before: str, version: str) -> None:
    assert parse.version(text, before) == version


def test_parts_of_a_version_stay_numbers_that_can_be_compared() -> None:
    assert parse.version("9" * 5000 + ".1") == "9" * 9


def test_ten_is_newer_than_nine() -> None:
    assert sorted(["9.4", "10.2.1", "9.10"], key=parse.newest) == ["9.4", "9.10", "10.2.1"]
