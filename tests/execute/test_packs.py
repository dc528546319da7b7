"""Pinned commits as packs, and the repositories that are made of them where there is no network."""

from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import packs, source
from mxbuild.execute.git import Git
from mxbuild.model import FetchSource
from mxbuild.model.vendored import PACKS
from mxbuild.plan import pack_at
from mxbuild.vendor import sources
from tests.execute.gitworld import BALLAST, ENVIRON, World, bare, commit, git
from tests.execute.test_source import assert_whole


def vendored(world: World) -> FetchSource:
    """The step as it is where everything is vendored: upstream's addresses, of which none answers."""
    found = sources.gather(world.step(), str(world.tmp / "work"), world.context())
    there = world.tmp / "there"
    for name, content in found.items():
        assert isinstance(content, Path)
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_bytes(content.read_bytes())
    return msgspec.structs.replace(world.step("https://git.invalid"), packs=str(there / PACKS))


def test_what_is_fetched_from_packs_is_what_is_fetched_from_upstream(world: World) -> None:
    step = vendored(world)
    for name in ("main", "graph", "core", "fusion"):
        world.bare(name).rename(world.tmp / f"{name}.gone")
    outcome = source.run(step, world.context())
    assert_whole(world, step)
    assert outcome.evidence["commits"] == {path or ".": pin for path, pin in world.pins.items()}
    assert world.messages() == ""
    assert not (world.tmp / "work/tree").exists() or not list((world.tmp / "work/tree").iterdir())


def test_packs_are_whole_and_the_same_bytes_whoever_makes_them(world: World, tmp_path: Path) -> None:
    first = sources.gather(world.step(), str(tmp_path / "one"), world.context())
    second = sources.gather(world.step(), str(tmp_path / "two"), world.context(GIT_CONFIG_COUNT="0"))
    assert list(first) == list(second)
    assert len(first) == 5
    for name, content in first.items():
        other = second[name]
        assert isinstance(content, Path)
        assert isinstance(other, Path)
        assert content.read_bytes() == other.read_bytes()
    (main,) = (c for n, c in first.items() if world.pins[""] in n)
    assert isinstance(main, Path)
    assert main.stat().st_size < len(BALLAST) / 100, "what an install leaves out is not in it"


def test_what_was_packed_before_is_not_fetched_again(world: World, tmp_path: Path) -> None:
    before = sources.gather(world.step(), str(tmp_path / "work"), world.context())
    assert sources.gather(world.step("https://git.invalid"), str(tmp_path / "work"), world.context()) == before


def test_a_damaged_pack_and_one_of_another_commit_are_refused(world: World) -> None:
    step = vendored(world)
    main = Path(step.packs, pack_at(step.repositories[0].origin, world.pins[""]))
    whole = main.read_bytes()
    main.write_bytes(whole[:-30] + b"x" * 30)
    with pytest.raises(SourceError, match="is damaged"):
        source.run(step, world.context())
    other = bare(world.tmp / "other")
    strange = commit(other, {"Makefile": "all: evil\n"})
    git(world.tmp, "clone", "-q", "--no-local", str(other), "clone")
    main.write_bytes(packs.pack(Git(ENVIRON), str(world.tmp / "clone"), strange))
    with pytest.raises(SourceError, match="is damaged"):
        source.run(step, world.context())
    assert not world.tree.exists()
    main.write_bytes(whole)
    source.run(step, world.context())
    assert_whole(world, step)
