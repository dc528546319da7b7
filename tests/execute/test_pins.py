"""Pins read from real repositories, nested and annotated, without a checkout."""

from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute.pins import survey
from mxbuild.recipe.draft import CONFIG, MAKEFILE, Upstream
from tests.execute.gitworld import BASE, ENVIRON, bare, commit, git


def modules(**urls: str) -> str:
    return "".join(f'[submodule "{p}"]\n\tpath = {p}\n\turl = {url}\n' for p, url in urls.items())


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    root = tmp_path / "mirror"
    inner = commit(bare(root / "o/inner.git"), {"file": "1"})
    deep = commit(bare(root / "o/deep.git"), {".gitmodules": modules(inner="../inner.git"), "inner": f"link {inner}"})
    files = {
        ".gitmodules": modules(deep=f"{BASE}/o/deep", leaf=f"{BASE}/o/deep.git", docs_more=f"{BASE}/o/lost"),
        "deep": f"link {deep}",
        "leaf": f"link {deep}",
        CONFIG: "USE_X = 1\n",
        MAKEFILE: "ifeq ($(USE_X), 1)\n",
    }
    top = bare(root / "o/top.git")
    commit(top, files)
    git(top, "-c", "user.name=A", "-c", "user.email=a@example.org", "tag", "-a", "-m", "x", "1.0", "main")
    git(top, "tag", "light", "main")
    return root


def look(mirror: Path, tag: str = "1.0") -> Upstream:
    url = f"{BASE}/o/top.git"
    return survey(ENVIRON, url, tag, mirror=str(mirror), leaves=("leaf",), exclude=(), say=lambda text: None)


def test_the_commit_behind_a_tag_and_every_submodule_below(mirror: Path) -> None:
    found = look(mirror)
    assert found.commit == git(mirror / "o/top.git", "rev-parse", "main"), "an annotated tag is peeled"
    assert look(mirror, "light").commit == found.commit
    assert found.date == "2017-07-14"
    assert {path: module.url for path, module in found.submodules.items()} == {
        "deep": f"{BASE}/o/deep",
        "deep/inner": f"{BASE}/o/inner.git",
        "leaf": f"{BASE}/o/deep.git",
    }, "a leaf's own submodules are of no interest, a relative URL is joined to its parent's"
    assert found.submodules["deep/inner"].commit == git(mirror / "o/inner.git", "rev-parse", "main")
    assert found.files == {CONFIG: "USE_X = 1\n", MAKEFILE: "ifeq ($(USE_X), 1)\n"}


def test_a_tag_that_is_not_there(mirror: Path) -> None:
    with pytest.raises(SourceError, match=r"has no tag 9\.9"):
        look(mirror, "9.9")


def test_a_commit_that_upstream_lost(mirror: Path) -> None:
    gone = {".gitmodules": modules(lost=f"{BASE}/o/inner"), "lost": f"link {'a' * 40}"}
    commit(mirror / "o/top.git", gone, "refs/tags/lost")
    with pytest.raises(SourceError, match=f"lost: {'a' * 40} cannot be had") as caught:
        look(mirror, "lost")
    assert "a fork" in str(caught.value.remedy)


def test_a_path_that_leads_out_of_the_tree(mirror: Path) -> None:
    commit(
        mirror / "o/top.git", {".gitmodules": modules(a=f"{BASE}/o/inner"), "-x/a": f"link {'a' * 40}"}, "refs/tags/bad"
    )
    with pytest.raises(SourceError, match="refused"):
        look(mirror, "bad")
