"""What CONTRIBUTING and the other pages tell maintainers to run and write is so."""

import importlib.util
import re

import msgspec

from mxbuild import toml
from mxbuild.failures import book
from mxbuild.recipe.find import packaged
from tests.docs.pages import ROOT, pages

TEXT = {page: (ROOT / page).read_text() for page in pages()}
TARGETS = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
GUIDE = TEXT["CONTRIBUTING.md"]


def test_every_target_of_make_is_one() -> None:
    for page, text in TEXT.items():
        blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
        named = {*re.findall(r"`make ([a-z-]+)`", text), *re.findall(r"^make ([a-z-]+)\b", blocks, re.MULTILINE)}
        assert sorted(named - set(TARGETS)) == [], page


def test_every_program_of_the_tests_is_one() -> None:
    for page, text in TEXT.items():
        for module in sorted(set(re.findall(r"python -m (tests[\w.]*\w)", text))):
            assert importlib.util.find_spec(module), (page, module)


def test_every_file_of_the_repository_that_is_named_is_there() -> None:
    """Names in which a part stands for others are left out: X.Y.Z, NAME, `*`."""
    for page, text in TEXT.items():
        named = re.findall(r"`((?:mxbuild|tests|recipes|docs)/[\w./*-]+\.\w+)(?:::\w+)?`", text)
        real = [name for name in named if not re.search(r"[*]|X\.Y|NAME|RELEASE|1\.9\.0", name)]
        assert [name for name in real if not (ROOT / name).exists()] == [], page


def test_the_guide_says_how_to_add_each_of_the_three() -> None:
    assert {"## Add a release", "## Add a machine", "## Add a failure"} <= set(GUIDE.splitlines())


def test_the_entry_of_the_failure_book_that_is_shown_is_one() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (shown,) = toml.loads(block)["failure"]
    (real,) = (msgspec.to_builtins(e.failure) for e in book().entries if e.failure.id == shown["id"])
    assert shown["signature"] == real["signature"]
    assert set(shown["commands"]) <= set(real["commands"])
    assert shown.keys() <= real.keys()
    assert shown["example"][0].keys() <= real["example"][0].keys()


def test_what_a_draft_begins_with_is_there() -> None:
    (like,) = re.findall(r"recipes new \S+ --like (\S+)", GUIDE)
    assert (packaged() / f"{like}.toml").is_file()
