"""A draft is a recipe that loads, and says no more than what is new."""

from pathlib import Path

import pytest

from mxbuild.recipe.draft import CONFIG, MAKEFILE, Upstream, draft
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe, Submodule
from tests.recipe.corpus import GOOD


@pytest.fixture(autouse=True)
def like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.chdir(tmp_path)
    Path("good.toml").write_text(GOOD)
    return load(Path("good.toml"))


def upstream(like: Recipe, **changes: object) -> Upstream:
    config = "".join(f"{name} = {flag.value}\n" for name, flag in like.flags.items())
    facts = {
        "tag": "v2",
        "commit": "c" * 40,
        "date": "2020-02-02",
        "submodules": dict(like.source.submodules),
        "files": {CONFIG: config, MAKEFILE: ""},
    }
    return Upstream(**{**facts, **changes})  # type: ignore[arg-type]


def drafted(like: Recipe, found: Upstream, url: str | None = None) -> tuple[str, Recipe]:
    text = draft(like, "good", "2.0", found, url=url)
    Path("new.toml").write_text(text)
    return text, load(Path("new.toml"))


def test_what_is_as_before_is_not_said_again(like: Recipe) -> None:
    text, recipe = drafted(like, upstream(like))
    assert (recipe.release, recipe.date, recipe.source.tag, recipe.source.commit) == (
        "2.0",
        "2020-02-02",
        "v2",
        "c" * 40,
    )
    assert recipe.source.submodules == like.source.submodules
    assert not any(word in text for word in ("submodules", "[flags]", "remove", "url"))
    assert len(text.splitlines()) < 15


def test_pins_that_changed_came_or_went(like: Recipe) -> None:
    named = {*like.source.skip, *(path for rule in like.compat for path in rule.empty)}
    changed, gone = "core", next(path for path in like.source.submodules if path not in named)
    pins = {path: module for path, module in like.source.submodules.items() if path != gone}
    pins[changed] = Submodule(url="https://git.invalid/o/n", commit="d" * 40)
    pins["third/party"] = Submodule(url="https://git.invalid/o/p", commit="e" * 40)
    _, recipe = drafted(like, upstream(like, submodules=pins))
    assert dict(recipe.source.submodules) == pins


def test_flags_that_came_or_went(like: Recipe) -> None:
    gone, *stay = (n for n in like.flags if not any(n in f.on for f in like.features.values()))
    config = "".join(f"{name} = {flag.value}\n" for name, flag in like.flags.items() if name != gone)
    found = upstream(like, files={CONFIG: config + "# a new thing\nUSE_NEW = 1\n", MAKEFILE: "$(USE_HIDDEN)"})
    text, recipe = drafted(like, found)
    assert gone not in recipe.flags
    assert set(stay) <= recipe.flags.keys()
    assert recipe.flags["USE_NEW"].value == 1
    assert "TODO a new thing" in text
    assert "USE_HIDDEN" in text
    assert "USE_HIDDEN" not in recipe.flags


def test_a_fork(like: Recipe) -> None:
    assert drafted(like, upstream(like), "https://git.invalid/me/fork")[1].source.url == "https://git.invalid/me/fork"


def test_what_was_proved_of_the_other_is_not_proved_of_it(like: Recipe) -> None:
    assert like.proved
    assert drafted(like, upstream(like))[1].proved == ()
