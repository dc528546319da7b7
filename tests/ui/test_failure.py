import pytest

from mxbuild.errors import BuildError, HostError, RecipeError, SourceError
from mxbuild.redaction import redacted
from mxbuild.ui.failure import render
from tests.ui import values


def test_a_failed_step_names_all_that_is_needed_to_go_on() -> None:
    shown = render(values.BUILD_ERROR, step="Compile lib/libtoy.so with 2 jobs", resume="mxbuild install toy")
    for part in (values.BUILD_ERROR.message, values.BUILD_ERROR.details[1], values.MAKE.log, values.BUILD_ERROR.remedy):
        assert part is not None
        assert part in shown
    assert "step    Compile lib/libtoy.so with 2 jobs\n" in shown
    assert "resume  mxbuild install toy\n" in shown


def test_every_complaint_stands_with_its_remedy() -> None:
    shown = render(values.HOST_ERROR, 200)
    for complaint in values.HOST_ERROR.complaints:
        before, _, after = shown.partition(complaint.text)
        assert before
        assert after.split("\n")[1].strip() == complaint.remedy
    assert values.HOST_ERROR.nearest in shown


def test_without_anything_that_works_nothing_is_promised() -> None:
    error = HostError("no", complaints=values.HOST_ERROR.complaints)
    assert "What can be built here" not in render(error)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@example.org/a.git",
        "https://:secret@example.org",
        "https://secretsecretsecretsecret@example.org/a",
    ],
)
def test_passwords_and_tokens_are_not_shown(url: str) -> None:
    assert "secret" not in redacted(f"fetch {url} failed")
    assert "example.org" in redacted(url)
    error = SourceError(f"{url} cannot be had", details=[f"git says: {url}"], remedy=f"try {url}")
    assert "secret" not in render(error, resume=f"mxbuild install --mirror {url}")


@pytest.mark.parametrize(
    "harmless", ["https://example.org/a@b", "git@example.org:a/b.git", "3:4 @ 5", "ssh://git@example.org/a"]
)
def test_what_is_no_password_stays(harmless: str) -> None:
    assert redacted(harmless) == harmless


def test_a_details_layout_is_kept() -> None:
    error = BuildError("bad", details=["  170 | code(  x);\n      |      ^~~~"])
    assert "    170 | code(  x);\n        |      ^~~~\n" in render(error)


def test_what_there_is_instead_is_wrapped_between_names() -> None:
    error = RecipeError("there is no recipe x", details=["there are: mini, mxnet-0.11.0, mxnet-0.12.0, mxnet-0.12.1"])
    assert render(error, 43).splitlines()[2:] == [
        "  there are  mini, mxnet-0.11.0,",
        "             mxnet-0.12.0, mxnet-0.12.1",
    ]
