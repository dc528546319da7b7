"""Fetching: real git, real repositories in a directory and behind git's own HTTP server."""

import os
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import source
from mxbuild.execute.staging import Staging
from mxbuild.model import FetchSource, JournalEntry, Substitution
from tests.execute import gitworld
from tests.execute.gitserver import Server
from tests.execute.gitworld import World, git

ENTRY = JournalEntry(id="source", digest="", finished=0.0, seconds=0.0, detail="")
WITHOUT_IDS = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.version", "GIT_CONFIG_VALUE_0": "0"}
"""In version 0 of its protocol git asks for advertised commits only, unless the server says it may ask for any."""


def assert_whole(world: World, step: FetchSource) -> None:
    """The tree is what the pins say, nothing is left beside it, and nothing later than the pins is checked out."""
    assert source.damage(step, ENTRY) == ""
    assert source.altered(step, world.context()) == []
    assert (world.tree / "src/deep/b.cc").read_text() == "int b;\n"
    assert (world.tree / "core/include/core.h").read_text() == "int core();\n"
    assert (world.tree / "graph/core/include/core.h").read_text() == "int core_();\n"
    assert (world.tree / "graph/plugin/fusion/fusion.cc").is_file()
    assert not (world.tree / "example").exists()
    assert not (world.tree / "docs").exists()
    assert not list(world.tree.rglob("later.txt"))
    assert [p.name for p in world.tree.parent.iterdir()] == ["tree"]


def packed(tree: Path) -> int:
    """Bytes of all packs; what two repositories of the tree share lies on the disk once."""
    return sum({s.st_ino: s.st_size for s in (p.stat() for p in tree.rglob("*.pack"))}.values())


def test_only_the_pinned_commits_and_what_is_needed_of_them_are_fetched(world: World, server: Server) -> None:
    step = world.step(server.base)
    outcome = source.run(step, world.context())
    assert_whole(world, step)
    assert outcome.evidence["how"] == {
        ".": "shallow+blobless+sparse", "core": "shallow", "graph": "shallow", "graph/core": "shallow",
        "graph/plugin/fusion": "shallow",
    }  # fmt: skip
    assert outcome.evidence["commits"] == {path or ".": pin for path, pin in world.pins.items()}
    assert outcome.evidence["bytes"] == packed(world.tree) < 5_000 < len(gitworld.BALLAST)
    assert outcome.detail == "5 repositories, 0.0 MB fetched"
    assert world.messages() == ""
    missing = git(world.tree, "rev-list", "--objects", "--missing=print", "HEAD")
    assert {line[0] for line in missing.splitlines() if line.startswith("?")} == {"?"}
    assert missing.count("?") == 2, "the two files that are left out were not sent"
    for path in world.pins:
        assert git(world.tree / path, "rev-list", "--count", "HEAD") == "1"
        assert git(world.tree / path, "status", "--porcelain") == ""


def test_progress_tells_each_repository_and_the_whole(world: World, server: Server) -> None:
    source.run(world.step(server.base), world.context())
    progress = world.progress()
    main = [p for p in progress if p.part == "main" and p.unit == "objects"]
    assert main[-1].done == main[-1].total
    assert any("iB" in p.text or "bytes" in p.text for p in main), "how much arrived"
    assert {p.part for p in progress if p.unit == "repositories" and p.part} == {"main", *filter(None, world.pins)}
    assert [p.done for p in progress if not p.part] == [1, 2, 3, 4, 5]


def test_a_server_without_filters_is_said_and_served_with(world: World) -> None:
    world.unable()
    step = world.step()
    outcome = source.run(step, world.context())
    assert_whole(world, step)
    assert outcome.evidence["how"]["."] == "shallow+sparse"
    assert "main: the server cannot leave out files" in world.messages()
    assert "promisor" not in git(world.tree, "config", "--list")


def test_a_server_that_gives_advertised_commits_only_is_asked_for_everything(world: World) -> None:
    world.unable()
    git(world.bare("main"), "tag", "-d", "1.0")
    step = world.step()
    outcome = source.run(step, world.context(**WITHOUT_IDS))
    assert_whole(world, step)
    assert outcome.evidence["how"] == {
        ".": "full+sparse", "core": "full", "graph": "full", "graph/core": "shallow", "graph/plugin/fusion": "full",
    }, "the nested core is at the tip of a branch"  # fmt: skip
    assert "no shallow fetch" in world.messages()
    assert "unadvertised object" in world.messages()


def test_a_commit_that_only_a_pull_request_holds_is_found(world: World) -> None:
    world.unable()
    other = gitworld.commit(world.bare("core"), {"include/core.h": "int core();\n", "x": "x\n"}, ref="refs/pull/1/head")
    gitworld.commit(world.bare("core"), {"y": "y\n"}, ref="refs/pull/1/head", parent=other)
    main = gitworld.commit(world.bare("main"), {"core": f"link {other}"})
    step = world.step(**{"": main, "core": other, "graph": None, "graph/core": None, "graph/plugin/fusion": None})
    source.run(step, world.context(**WITHOUT_IDS))
    assert (world.tree / "core/x").is_file()


def test_a_plain_web_server_will_do(world: World, server: Server) -> None:
    server.dumb = True
    for name in ("main", "graph", "core", "fusion"):
        git(world.bare(name), "update-server-info")
    step = world.step(server.base)
    outcome = source.run(step, world.context())
    assert_whole(world, step)
    assert set(outcome.evidence["how"].values()) == {"full", "full+sparse"}
    assert "dumb" in world.messages()


def test_a_moved_tag_changes_nothing(world: World) -> None:
    git(world.bare("main"), "tag", "-f", "1.0", "main")
    step = world.step()
    source.run(step, world.context())
    assert_whole(world, step)


def test_a_changed_submodule_stops_and_names_path_wanted_and_got(world: World) -> None:
    later = git(world.bare("graph"), "rev-parse", "main")
    wanted, got = later, world.pins["graph"]
    with pytest.raises(SourceError) as caught:
        source.run(world.step(graph=later), world.context())
    assert f"graph: wanted {wanted}, got {got}" in "\n".join([caught.value.message, *caught.value.details])
    assert not world.tree.exists()


def test_every_difference_is_named_at_once_also_in_submodules_of_submodules(world: World) -> None:
    step = world.step(**{"graph/core": world.pins["core"], "core": None, "extra": world.pins["core"]})
    with pytest.raises(SourceError) as caught:
        source.run(step, world.context())
    said = "\n".join([caught.value.message, *caught.value.details])
    assert f"core: the superproject has a submodule at {world.pins['core']} here; the recipe names none" in said
    assert f"extra: wanted {world.pins['core']}, but the superproject has no submodule here" in said
    assert f"graph/core: wanted {world.pins['core']}, got {world.pins['graph/core']} (graph pins it)" in said
    assert not world.tree.exists()


def test_a_submodule_in_a_directory_that_is_left_out_needs_no_pin(world: World) -> None:
    main = gitworld.commit(
        world.bare("main"),
        {"a": "a\n", "example/x": f"link {world.pins['core']}", "core": f"link {world.pins['core']}"},
    )
    step = world.step(**{"": main, "graph": None, "graph/core": None, "graph/plugin/fusion": None})
    source.run(step, world.context())
    assert source.damage(step, ENTRY) == ""


def test_a_commit_that_is_nowhere_is_told_once_without_waiting(world: World, server: Server) -> None:
    with pytest.raises(SourceError) as caught:
        source.run(world.step(server.base, core="1" * 40), world.context())
    said = "\n".join([caught.value.message, *caught.value.details])
    assert "core: " + "1" * 40 + " cannot be had from " in said
    assert "not our ref" in said
    assert "history was rewritten" in (caught.value.remedy or "")
    assert "try " not in world.messages()


def test_a_tag_object_is_no_commit(world: World) -> None:
    git(
        world.bare("core"), "-c", "user.name=A", "-c", "user.email=a@b", "tag", "-a", "-m", "t", "t", world.pins["core"]
    )
    tag = git(world.bare("core"), "rev-parse", "t")
    with pytest.raises(SourceError) as caught:
        source.run(world.step(core=tag), world.context())
    assert f"core: wanted {tag}, got {world.pins['core']}" in "\n".join([caught.value.message, *caught.value.details])


def test_a_second_run_finds_all_there_and_asks_nobody(world: World, server: Server) -> None:
    step = world.step(server.base)
    source.run(step, world.context())
    asked = len(server.requests)
    (world.tree / "build").mkdir()
    (world.tree / "build/a.o").write_text("object")
    outcome = source.run(step, world.context())
    assert len(server.requests) == asked
    assert outcome.detail == "5 repositories, all there from before"
    assert (outcome.evidence["bytes"], outcome.evidence["fetched"]) == (0, [])
    assert (world.tree / "build/a.o").is_file(), "what was built there stays"


def test_a_tree_put_together_but_not_in_place_is_not_fetched_again(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Staging) -> None:
        raise OSError(28, "No space left on device", "tree")

    step = world.step(server.base)
    with monkeypatch.context() as patch:
        patch.setattr(Staging, "finish", full)
        with pytest.raises(SourceError, match="No space left"):
            source.run(step, world.context())
    asked = len(server.requests)
    outcome = source.run(step, world.context())
    assert len(server.requests) == asked
    assert outcome.detail == "5 repositories, all there from before"
    assert_whole(world, step)


def test_a_submodule_altered_while_it_waited_is_fetched_again(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = world.step(server.base)
    with monkeypatch.context() as patch:
        patch.setattr(Staging, "finish", lambda self: (_ for _ in ()).throw(OSError(5, "I/O")))
        with pytest.raises(SourceError):
            source.run(step, world.context())
    [file] = Path(f"{step.tree}.partial").rglob("graph.cc")
    file.write_text("// grabh\n")
    outcome = source.run(step, world.context())
    assert outcome.evidence["fetched"] == ["graph", "graph/core", "graph/plugin/fusion"]
    assert_whole(world, step)


def test_an_altered_file_is_noticed_whatever_its_size_and_time_say(world: World) -> None:
    step = world.step()
    source.run(step, world.context())
    file = world.tree / "graph/core/include/core.h"
    before = file.stat()
    file.write_text(file.read_text().replace("core_", "Core_"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert source.altered(step, world.context()) == ["graph/core/include/core.h"]
    (world.tree / "src/a.cc").unlink()
    (world.tree / "Makefile").chmod(0o755)
    assert source.altered(step, world.context()) == ["Makefile", "graph/core/include/core.h", "src/a.cc"]
    source.run(step, world.context())
    assert_whole(world, step)
    assert "is not as it was fetched: it is made anew" in world.messages()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("rm -r ../tree", "/tree is gone"),
        ("rm -r graph/core", "/graph/core is gone"),
        ("rm graph/graph.cc", "/graph/graph.cc is gone"),
        ("rm -r src/deep", "/src/deep/b.cc is gone"),
        ("printf 1111111111111111111111111111111111111111 > core/.git/HEAD", "/core is not at "),
        ("echo ref: refs/heads/main > .git/HEAD", "/tree is not at "),
        ("rm -r graph/.git", "/graph is no checkout of mxbuild's"),
    ],
)
def test_damage_is_told_without_git(world: World, harm: str, said: str) -> None:
    step = world.step()
    source.run(step, world.context())
    assert source.damage(step, ENTRY) == ""
    assert os.system(f"cd {world.tree} && {harm}") == 0
    assert said in source.damage(step, ENTRY)


def test_a_mirror_may_leave_the_ending_out_on_disk_and_on_a_server(world: World, server: Server) -> None:
    world.bare("graph").rename(world.mirror / "owner/graph")
    step = world.step()
    assert source.run(step, world.context()).evidence["urls"]["graph"] == f"{world.mirror}/owner/graph"
    assert_whole(world, step)
    served = world.step(server.base)
    world.tree.rename(world.tmp / "elsewhere")
    (world.tmp / "cache").rename(world.tmp / "cache of the mirror")
    assert source.run(served, world.context()).evidence["urls"]["graph"] == f"{server.base}/owner/graph"
    assert_whole(world, served)


def test_a_server_that_has_neither_name_is_told(world: World, server: Server) -> None:
    (world.bare("fusion")).rename(world.tmp / "gone.git")
    with pytest.raises(SourceError) as caught:
        source.run(world.step(server.base), world.context())
    assert f"{server.base}/owner/fusion.git nor {server.base}/owner/fusion" in caught.value.message
    assert "--mirror" in (caught.value.remedy or "")
    assert "try " not in world.messages()


def test_a_mirrors_directory_that_lacks_several_says_so_before_anything_is_fetched(world: World) -> None:
    for name in ("core", "fusion"):
        world.bare(name).rename(world.tmp / f"{name}.gone")
    with pytest.raises(SourceError) as caught:
        source.run(world.step(), world.context())
    assert caught.value.message.startswith("3 of 5 repositories have no address")
    assert len([d for d in caught.value.details if "there is no repository for" in d]) == 3
    assert not world.tree.parent.exists()


def test_the_users_own_redirection_works_and_is_said(world: World) -> None:
    config = world.tmp / "gitconfig"
    git("/", "config", "-f", str(config), f"url.{world.mirror}/.insteadOf", f"{gitworld.BASE}/")
    step = world.step(gitworld.BASE)
    source.run(step, world.context(GIT_CONFIG_GLOBAL=str(config)))
    assert_whole(world, step)
    assert f"puts {world.mirror}/owner/main.git in the place of {gitworld.BASE}/owner/main.git" in world.messages()


def test_an_embedded_source_is_fetched_from_what_lies_beside_the_recipe(world: World) -> None:
    from mxbuild.execute.embedded import materialize

    beside = world.tmp / "beside"
    (beside / "toys/toy").mkdir(parents=True)
    (beside / "toys/toy/Makefile").write_text("all:\n")
    cache = Path(world.context().paths.cache, "embedded")
    pin = git(materialize(beside, cache, gitworld.ENVIRON) / "toys/toy.git", "rev-parse", "main")
    [repository] = world.step(**{p: None for p in world.pins if p}).repositories
    step = FetchSource(
        tree=str(world.tree),
        repositories=(type(repository)(path="", url="embedded:toys/toy", origin="embedded:toys/toy", commit=pin),),
        exclude=(),
        embedded=str(beside),
    )
    assert source.run(step, world.context()).detail.startswith("1 repository, ")
    assert (world.tree / "Makefile").read_text() == "all:\n"


def test_a_git_too_old_for_filters_is_said_and_served(world: World) -> None:
    (world.tmp / "bin").mkdir()
    old = world.tmp / "bin/git"
    real = next(p for d in gitworld.ENVIRON["PATH"].split(":") if (p := Path(d, "git")).is_file())
    old.write_text(
        '#!/bin/sh\nfor a; do case $a in version) echo "git version 2.11.0"; exit;; '
        '--filter*|--stdin|--no-write-fetch-head) echo "error: unknown option" >&2; exit 129;; esac; done\n'
        f'exec {real} "$@"\n'
    )
    old.chmod(0o755)
    step = world.step()
    outcome = source.run(step, world.context(PATH=f"{world.tmp}/bin:{gitworld.ENVIRON['PATH']}"))
    assert outcome.evidence["how"]["."] == "shallow+sparse"
    assert "main: git 2.11 cannot leave out files (2.29 can)" in world.messages()
    assert_whole(world, step)


def test_without_git_there_is_a_remedy(world: World) -> None:
    with pytest.raises(SourceError, match="git is not installed") as caught:
        source.run(world.step(), world.context(PATH=str(world.tmp)))
    assert caught.value.remedy == "sudo apt-get install git"


def test_a_submodule_that_stays_empty_is_compared_and_not_fetched(world: World) -> None:
    step = world.step(core=None)
    step = msgspec.structs.replace(step, empty={"core": world.pins["core"]})
    outcome = source.run(step, world.context())
    assert sorted(outcome.evidence["commits"]) == [".", "graph", "graph/core", "graph/plugin/fusion"]
    assert list((world.tree / "core").iterdir()) == []
    assert source.damage(step, ENTRY) == ""
    other = msgspec.structs.replace(step, empty={"core": "0" * 40})
    with pytest.raises(SourceError, match="core: wanted 0000"):
        source.run(other, world.context())


def test_what_the_recipe_substitutes_is_no_alteration(world: World) -> None:
    rule = Substitution(file="src/deep/b.cc", old="b", new="mine::b", count=1)
    step = msgspec.structs.replace(world.step(), substitutions=(rule,))
    source.run(step, world.context())
    file = world.tree / "src/deep/b.cc"
    assert "mine::b" in file.read_text()
    assert source.damage(step, ENTRY) == ""
    assert source.altered(step, world.context()) == []
    # Again: nothing is fetched, and the file stays as it is.
    time = file.stat().st_mtime_ns
    assert source.run(step, world.context()).evidence["fetched"] == []
    assert file.stat().st_mtime_ns == time
    # Stopped before it was substituted: done now.
    git(world.tree, "checkout", "--", "src/deep/b.cc")
    assert "still has b" in source.damage(step, ENTRY)
    assert source.run(step, world.context()).evidence["fetched"] == []
    assert "mine::b" in file.read_text()
    file.write_text(file.read_text() + "int other;\n")
    assert source.altered(step, world.context()) == ["src/deep/b.cc"]
    file.unlink()
    assert source.altered(step, world.context()) == ["src/deep/b.cc"]
    source.run(step, world.context())
    assert "mine::b" in file.read_text(), "a file that is gone is fetched and substituted anew"
