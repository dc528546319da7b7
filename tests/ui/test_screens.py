"""Every screen, whole, at two widths, without colour: a review of a screen is a review of a diff."""

import io
import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from mxbuild.detect import detect
from mxbuild.doctor import findings
from mxbuild.failures import diagnose
from mxbuild.model import Variable
from mxbuild.recipe.diff import Difference, differences
from mxbuild.recipe.history import history
from mxbuild.resolve.explain import explain
from mxbuild.system import System
from mxbuild.ui import (
    bugreport,
    check,
    deep,
    diagnosis,
    doctor,
    environments,
    failure,
    garbage,
    host,
    plan,
    receipt,
    recipes,
)
from mxbuild.ui import explain as reasons
from mxbuild.ui.console import ASCII, UNICODE, WIDEST, text
from mxbuild.ui.layout import rows
from tests.doctor.facts import FACTS, ILL, NOTHING
from tests.hosts.make_hosts import HERE
from tests.ui import values
from tests.ui.machine import HOST

COMMAND = "mxbuild install toy --with opencv"
SCREENS: dict[str, Callable[[int], str]] = {
    "host": lambda width: host.render(HOST, width),
    "host-gpu": lambda width: host.render(detect(System.captured(HERE / "cudnn-9-ubuntu-22.04-cuda-12.4")), width),
    "plan": lambda width: plan.render(values.PLAN, width),
    "plan-verbose": lambda width: plan.render(values.PLAN, width, verbose=True),
    "plan-short": lambda width: text(*plan.short(values.PLAN, UNICODE), width=width),
    "check": lambda width: check.render(HOST, values.BUILD, COMMAND, width),
    "explain-python": lambda width: reasons.render(explain(values.BUILD, "python"), width),
    "explain-feature": lambda width: reasons.render(explain(values.BUILD, "opencv"), width),
    "receipt": lambda width: receipt.render(values.RECEIPT, values.ENVIRONMENT, width),
    "receipt-failed-ascii": lambda width: receipt.render(values.FAILED_RECEIPT, "", width, glyphs=ASCII),
    "receipt-gpu": lambda width: receipt.render(values.GPU_RECEIPT, values.ENVIRONMENT, width),
    "receipt-unchanged": lambda width: text(
        *receipt.short(values.RECEIPT, values.ENVIRONMENT, UNICODE), width=width
    ),
    "recipe": lambda width: recipes.render(values.RECIPE, width),
    "recipes": lambda width: text(*recipes.many(values.LISTED), width=width),
    "recipes-diff": lambda width: text(
        *recipes.compared(values.RECIPE, values.NEXT, differences(values.RECIPE, values.NEXT)), width=width
    ),
    "flags": lambda width: text(
        *recipes.flags(values.RECIPE, list(values.RECIPE.flags), history([values.RECIPE, values.NEXT], "toy")),
        width=width,
    ),
    "garbage": lambda width: garbage.render(values.GARBAGE, width),
    "environments": lambda width: environments.render([(i, 123_456_789) for i in values.INSTALLED], width),
    "deep": lambda width: deep.render(values.COMPARISON, width),
    "diagnosis": lambda width: diagnosis.render(values.DIAGNOSIS, "build.log", width),
    "diagnosis-unknown-ascii": lambda width: diagnosis.render(
        values.UNKNOWN_DIAGNOSIS, "stdin", width, glyphs=ASCII
    ),
    "diagnosis-nothing": lambda width: diagnosis.render(values.NO_DIAGNOSIS, "build.log", width),
    "bug-report": lambda width: bugreport.render(values.MEMBERS, "/home/user/mxbuild-report.tar.gz", 72_000, width),
    "doctor": lambda width: doctor.render(FACTS, findings(FACTS), width),
    "doctor-ill": lambda width: doctor.render(ILL, findings(ILL), width),
    "doctor-ill-ascii": lambda width: doctor.render(ILL, findings(ILL), width, glyphs=ASCII),
    "doctor-empty": lambda width: doctor.render(NOTHING, (), width),
    "failure-host": lambda width: failure.render(values.HOST_ERROR, width),
    "failure-step": lambda width: failure.render(
        values.BUILD_ERROR, width, step="Compile lib/libtoy.so with 2 jobs", resume=COMMAND
    ),
}  # fmt: skip


class Screen(SingleFileSnapshotExtension):
    """A text file for each screen and width."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, width: int, snapshot: SnapshotAssertion) -> None:
    assert SCREENS[name](width) == snapshot(extension_class=Screen)


@pytest.mark.parametrize("width", [60, 200])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_plain_text_without_blanks_at_the_ends(name: str, width: int) -> None:
    shown = SCREENS[name](width)
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in shown.splitlines())
    assert shown.endswith("\n")


@pytest.mark.parametrize("name", ["host", "check", "recipe", "explain-python"])
def test_prose_keeps_to_the_width(name: str) -> None:
    over = [line for line in SCREENS[name](60).splitlines() if len(line) > 60]
    assert [line for line in over if not re.fullmatch(r" *[(]?/[^ ]+", line)] == []


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("width", [60, 80])
def test_no_word_is_broken_so_that_every_path_and_command_can_be_copied(name: str, width: int) -> None:
    words = {word.strip("()") for word in SCREENS[name](WIDEST).split()}
    assert [word for word in SCREENS[name](width).split() if word.strip("()") not in words] == []


def test_what_stands_behind_a_long_word_begins_below_it_in_its_own_column() -> None:
    table = rows([("python", "/opt/of/a/long/name/python3 3.11", "matches what it takes"), ("jobs", "2", "2 CPUs")])
    assert text(table, width=50).splitlines() == [
        "  python  /opt/of/a/long/name/python3",
        "          3.11               matches what it takes",
        "  jobs    2                  2 CPUs",
    ]


WORDS = st.text("ab/-", min_size=1, max_size=40)
LINES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(LINES, max_size=5), fixed=st.integers(0, 4), width=st.integers(20, 120))
def test_a_table_has_all_its_words_whatever_they_are(lines: list[list[str]], fixed: int, width: int) -> None:
    shown = text(rows(lines, fixed=fixed), width=width)
    assert sorted(shown.split()) == sorted(word for line in lines for cell in line for word in cell.split())


def test_an_empty_log_has_no_empty_lines_of_its_own() -> None:
    lines = diagnosis.render(diagnose(io.BytesIO(b"")), "stdin", 80).splitlines()
    assert lines[:2] == ["stdin: 0 lines, 0 B", ""]
    assert lines[2].startswith("  remedy  ")


def test_one_long_path_does_not_take_the_room_of_all_other_reasons() -> None:
    why = "the library runs on any x86_64 processor; --target native compiles for zen3"
    table = rows(
        [
            ("target", "generic", why),
            ("python", "/opt/pyenv/versions/3.11.7/bin/python3 3.11.7", "Python 3.11.7 matches >=3.6,<3.14"),
        ],
        most=40,
    )
    assert text(table, width=80).splitlines() == [
        "  target  generic                             the library runs on any x86_64",
        "                                              processor; --target native",
        "                                              compiles for zen3",
        "  python  /opt/pyenv/versions/3.11.7/bin/python3",
        "          3.11.7                              Python 3.11.7 matches >=3.6,<3.14",
    ]


def test_the_pins_of_two_recipes_are_compared_without_a_break_in_any_name() -> None:
    path = "3rdparty/tvm/3rdparty/dmlc-core"
    pins = (Difference(path, "82bf4c2e2af3 dmlc/dmlc-core", "3943914eed66 dmlc/dmlc-core, not fetched"),)
    shown = [text(*recipes.compared(values.RECIPE, values.NEXT, {"Source": pins}), width=w) for w in (60, 80)]
    assert shown[0].splitlines()[-4:] == [
        f"  {path}  82bf4c2e2af3  3943914eed66",
        f"  {' ' * len(path)}  dmlc/dmlc-core; then",
        f"  {' ' * len(path)}  dmlc/dmlc-core, not",
        f"  {' ' * len(path)}  fetched",
    ]
    same = (Difference("dlpack", "10892ac964f1 dmlc/dlpack", "b90e93907206 dmlc/dlpack"),)
    row = text(*recipes.compared(values.RECIPE, values.NEXT, {"Source": same}), width=80).splitlines()[-1]
    assert row == "  dlpack  10892ac964f1  b90e93907206  dmlc/dlpack"


def test_what_is_to_be_copied_is_never_wrapped() -> None:
    for complaint in values.HOST_ERROR.complaints:
        assert complaint.remedy in failure.render(values.HOST_ERROR, 60)
    shown = plan.render(values.PLAN, 60, verbose=True)
    assert values.WHEEL in shown
    assert "sudo apt-get install -y --no-install-recommends build-essential libopencv-dev\n" in shown


def test_a_variable_with_a_long_path_leaves_the_others_their_room() -> None:
    long = Variable("USE_LAPACK_PATH", "/usr/lib/x86_64-linux-gnu", "lapack is on: LAPACK (openblas) 0.3.21 is there")
    build = msgspec.structs.replace(values.BUILD, variables=(*values.BUILD.variables[:2], long))
    shown = plan.render(msgspec.structs.replace(values.PLAN, build=build), 60, verbose=True).splitlines()
    at = shown.index("Make variables")
    assert shown[at + 1 : at + 7] == [
        "  DEBUG=0                       optimised (-O3)",
        "  USE_OPENCV=1                  opencv is on: OpenCV 4.6.0",
        "                                matches >=2.4,<5",
        "  USE_LAPACK_PATH=/usr/lib/x86_64-linux-gnu",
        "                                lapack is on: LAPACK",
        "                                (openblas) 0.3.21 is there",
    ]


def test_what_is_only_expected_is_marked() -> None:
    lines = plan.render(values.PLAN).splitlines()
    assert next(line for line in lines if " opencv " in line).endswith("(asked for, expected)")
    assert not next(line for line in lines if " blas " in line).endswith("expected)")


def test_a_feature_that_is_off_although_it_could_be_on_is_named_at_the_end_of_a_check() -> None:
    import msgspec

    off = tuple(
        msgspec.structs.replace(f, on=False, asked=False, why="no OpenCV to compile against")
        if f.name == "opencv" else f for f in values.BUILD.features
    )  # fmt: skip
    shown = check.render(HOST, msgspec.structs.replace(values.BUILD, features=off), COMMAND)
    assert "opencv will be off, for the reasons above." in shown
    assert "jemalloc will be off" not in shown, "nobody asked for it"


def test_ascii_glyphs_make_an_ascii_screen() -> None:
    receipt.render(values.RECEIPT, values.ENVIRONMENT, glyphs=ASCII).encode("ascii")
    plan.render(values.PLAN, glyphs=ASCII, verbose=True).encode("ascii")
    failure.render(values.HOST_ERROR, glyphs=ASCII).encode("ascii")


def test_a_receipt_says_what_was_not_as_asked_for() -> None:
    said = "build1 did not answer: its files were compiled here"
    shown = receipt.render(msgspec.structs.replace(values.RECEIPT, warnings=(said,)), "")
    assert f"\nNot as asked for, and made good\n  {UNICODE.warning}  {said}\n" in shown
    assert "made good" not in receipt.render(values.RECEIPT, "")
