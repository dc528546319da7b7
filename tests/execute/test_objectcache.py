"""What one tree fetched, the next one has: real git, real repositories behind git's own HTTP server."""

import shutil
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import source
from mxbuild.execute.objectcache import ObjectCache
from mxbuild.model import FetchSource
from tests.execute import gitworld
from tests.execute.gitserver import Server
from tests.execute.gitworld import BASE, World, git


def another_tree(world: World, step: FetchSource) -> FetchSource:
    return msgspec.structs.replace(step, tree=str(world.tmp / "trees" / "another"))


def cached(world: World, name: str) -> ObjectCache:
    return ObjectCache(str(world.tmp / "cache"), f"{BASE}/owner/{name}.git")


def test_a_second_tree_asks_nobody_and_is_the_same(world: World, server: Server) -> None:
    step = world.step(server.base)
    source.run(step, world.context())
    asked = len(server.requests)
    second = another_tree(world, step)
    outcome = source.run(second, world.context())
    assert len(server.requests) == asked
    assert outcome.evidence["bytes"] == 0
    assert set(outcome.evidence["how"].values()) == {"cached", "cached+sparse"}
    assert source.altered(second, world.context()) == []
    first, other = (
        {str(p.relative_to(t.tree)) for p in Path(t.tree).rglob("*") if ".git/" not in f"{p}/"} for t in (step, second)
    )
    assert first == other
    assert git(second.tree, "status", "--porcelain") == ""
    assert git(second.tree, "rev-list", "--count", "HEAD") == "1"


def test_trees_share_their_packs_and_need_no_cache_to_go_on(world: World, server: Server) -> None:
    step = world.step(server.base)
    source.run(step, world.context())
    second = another_tree(world, step)
    source.run(second, world.context())
    inodes = [{p.stat().st_ino for p in Path(t.tree, ".git").rglob("*.pack")} for t in (step, second)]
    assert inodes[0] == inodes[1] != set()
    shutil.rmtree(world.tmp / "cache")
    shutil.rmtree(step.tree)
    assert source.altered(second, world.context()) == []


def test_another_commit_is_fetched_beside_what_is_there(world: World, server: Server) -> None:
    large = {"large.cc": gitworld.BALLAST, "core": f"link {world.pins['core']}"}
    pins = {"graph": None, "graph/core": None, "graph/plugin/fusion": None}
    old = gitworld.commit(world.bare("main"), large, ref="refs/heads/large")
    new = gitworld.commit(world.bare("main"), {**large, "small.cc": "int s;\n"}, ref="refs/heads/large", parent=old)
    first = source.run(world.step(server.base, **{"": old, **pins}), world.context())
    step = another_tree(world, world.step(server.base, **{"": new, **pins}))
    second = source.run(step, world.context())
    assert second.evidence["how"] == {".": "shallow+blobless+sparse", "core": "cached"}
    assert 0 < second.evidence["bytes"] < 1_000 < 100_000 < first.evidence["bytes"]
    assert (Path(step.tree) / "large.cc").stat().st_size == len(gitworld.BALLAST)
    assert source.altered(step, world.context()) == []
    third = another_tree(world, world.step(server.base, **{"": old, **pins}))
    shutil.rmtree(third.tree)
    assert source.run(third, world.context()).evidence["bytes"] == 0


def test_what_another_commit_lacks_of_what_was_left_out_is_fetched(world: World, server: Server) -> None:
    """A file of a directory that was left out moves to where a build needs it: the cache has its name only."""
    pins = {"graph": None, "graph/core": None, "graph/plugin/fusion": None}
    link = {"core": f"link {world.pins['core']}"}
    old = gitworld.commit(world.bare("main"), {"example/x": gitworld.BALLAST, **link}, ref="refs/heads/moves")
    new = gitworld.commit(world.bare("main"), {"src/x": gitworld.BALLAST, **link}, ref="refs/heads/moves")
    source.run(world.step(server.base, **{"": old, **pins}), world.context())
    step = another_tree(world, world.step(server.base, **{"": new, **pins}))
    source.run(step, world.context())
    assert (Path(step.tree) / "src/x").read_text() == gitworld.BALLAST


def test_a_damaged_pack_is_said_and_all_is_fetched_anew(world: World, server: Server) -> None:
    step = world.step(server.base)
    source.run(step, world.context())
    shutil.rmtree(step.tree)
    for pack in cached(world, "core").directory.glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[12:-20] = b"\0" * len(data[12:-20])
        pack.unlink()
        pack.write_bytes(data)
    outcome = source.run(step, world.context())
    assert source.altered(step, world.context()) == []
    assert outcome.evidence["how"]["core"] == "shallow"
    assert "core: what was fetched before is of no use" in world.messages()
    shutil.rmtree(step.tree)
    assert source.run(step, world.context()).evidence["how"]["core"] == "cached", "the next one finds it whole"


def test_a_server_that_is_down_is_not_the_cache_s_fault(world: World, server: Server) -> None:
    step = world.step(server.base)
    source.run(step, world.context())
    kept = cached(world, "core").commits()
    later = git(world.bare("core"), "rev-parse", "main")
    server.status = {"/owner/core": 404}
    with pytest.raises(SourceError, match="cannot be had"):
        source.run(another_tree(world, world.step(server.base, core=later)), world.context())

    assert cached(world, "core").commits() == kept != []


@pytest.mark.parametrize(
    ("origin", "below"),
    [
        ("https://github.com/apache/mxnet.git", "github.com/apache/mxnet"),
        ("https://github.com/apache/mxnet/", "github.com/apache/mxnet"),
        ("https://user:secret@host.example:8443/a/b", "host.example/a/b"),
        ("https://host.example/../../etc", "host.example/_/_/etc"),
        ("/srv/git/a b.git", "local/srv/git/a_b"),
    ],
)
def test_each_repository_has_a_directory_of_its_own_below_the_cache(origin: str, below: str) -> None:
    assert ObjectCache("/cache", origin).directory == Path("/cache/git", below)
