"""Repositories, configurations and recipes that want more than to be fetched. After git's own t7416, t7417, t7450."""

import ast
import os
import pwd
from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import source
from tests.execute import gitworld
from tests.execute.gitworld import World, git

ALONE = {"core": None, "graph": None, "graph/core": None, "graph/plugin/fusion": None}


def hook(path: Path, canary: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho $0 >> {canary}\n")
    path.chmod(0o755)


def test_no_hook_runs_and_no_program_of_the_configuration(world: World) -> None:
    canary, config = world.tmp / "canary", world.tmp / "config"
    script = world.tmp / "run"
    hook(script, canary)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "post-merge", "pre-auto-gc"):
        hook(world.tmp / "template/hooks" / name, canary)
        hook(world.tmp / "hooks" / name, canary)
    (world.tmp / "attributes").write_text("* filter=planted\n")
    for key, value in {
        "init.templateDir": world.tmp / "template",
        "core.hooksPath": world.tmp / "hooks",
        "core.fsmonitor": script,
        "core.attributesFile": world.tmp / "attributes",
        "core.askPass": script,
        "core.sshCommand": script,
        "filter.planted.smudge": script,
        "credential.helper": script,
        "fetch.recurseSubmodules": "true",
        "submodule.recurse": "true",
        "core.autocrlf": "true",
        "init.defaultObjectFormat": "sha256",
        "init.defaultRefFormat": "reftable",
    }.items():
        git("/", "config", "-f", str(config), key, str(value))
    step = world.step()
    source.run(step, world.context(GIT_CONFIG_GLOBAL=str(config)))
    assert source.altered(step, world.context(GIT_CONFIG_GLOBAL=str(config))) == []
    assert not canary.exists()
    assert (world.tree / "src/a.cc").read_bytes() == b"int a;\n"
    assert not list(world.tree.rglob("hooks"))


def test_the_callers_git_variables_do_not_lead_elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = world.tmp / "canary"
    script = world.tmp / "run"
    hook(script, canary)
    planted = {
        "GIT_DIR": str(world.tmp / "elsewhere"),
        "GIT_WORK_TREE": str(world.tmp / "elsewhere"),
        "GIT_INDEX_FILE": str(world.tmp / "elsewhere/index"),
        "GIT_OBJECT_DIRECTORY": str(world.tmp / "elsewhere/objects"),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_TEMPLATE_DIR": str(world.tmp / "template"),
        "GIT_ASKPASS": str(script),
        "GIT_SSH_COMMAND": str(script),
        "GIT_PROXY_COMMAND": str(script),
        "GIT_TRACE": str(world.tmp / "elsewhere.trace"),
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_DEFAULT_HASH": "sha256",
    }
    for name, value in planted.items():
        monkeypatch.setenv(name, value)
    step = world.step()
    source.run(step, world.context(**planted))
    assert source.altered(step, world.context(**planted)) == []
    assert not list(world.tmp.glob("elsewhere*"))
    assert not canary.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'echo >> {canary}'",
        "EXT::sh -c 'echo >> {canary}'",
        "--upload-pack=echo >> {canary};",
        "-u./canary",
        "ssh://-oProxyCommand=touch%20{canary}/x/y",
        "git@host:owner/core.git",
    ],
)
def test_a_url_that_runs_a_command_is_refused_from_a_recipe_and_from_the_configuration(world: World, url: str) -> None:
    canary, config = world.tmp / "canary", world.tmp / "config"
    hostile = url.format(canary=canary)
    with pytest.raises(SourceError, match="refused"):
        source.run(world.step(hostile, **ALONE), world.context())
    git("/", "config", "-f", str(config), "protocol.allow", "always")
    git("/", "config", "-f", str(config), f"url.{hostile}.insteadOf", f"{gitworld.BASE}/owner/main.git")
    with pytest.raises(SourceError, match="refused"):
        source.run(world.step(gitworld.BASE, **ALONE), world.context(GIT_CONFIG_GLOBAL=str(config)))
    assert not canary.exists()


@pytest.mark.parametrize("path", ["../outside", "-x", "core/../../outside", ".git/modules/x", "/outside", "a\nb"])
def test_a_submodules_path_stays_in_the_tree(world: World, path: str) -> None:
    with pytest.raises(SourceError, match="refused"):
        source.run(world.step(**{path: world.pins["core"]}), world.context())
    assert not world.tree.parent.exists()


def raw_commit(bare: Path, entries: list[tuple[str, str, str]]) -> str:
    """A commit of a tree that git would not make by itself: (mode, name, object or content)."""
    rows = b""
    for mode, name, content in entries:
        blob = content if mode == "40000" else git(bare, "hash-object", "-w", "--stdin", stdin=content)
        rows += f"{mode} {name}".encode() + b"\0" + bytes.fromhex(blob)
    file = bare / "rows"
    file.write_bytes(rows)
    tree = git(bare, "hash-object", "-w", "-t", "tree", "--literally", str(file))
    text = f"tree {tree}\nauthor A <a@b> 1500000000 +0000\ncommitter A <a@b> 1500000000 +0000\n\nm\n"
    commit = git(bare, "hash-object", "-w", "-t", "commit", "--stdin", stdin=text)
    git(bare, "update-ref", "refs/heads/hostile", commit)
    return commit


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", "..", ".g\u200cit"])
@pytest.mark.parametrize("kind", ["directory", "link", "file"])
def test_a_tree_cannot_write_into_git_or_outside(world: World, name: str, kind: str) -> None:
    canary = world.tmp / "canary"
    bare, script = world.bare("main"), f"#!/bin/sh\ntouch {canary}\n"
    if kind == "directory":
        inner = raw_commit(bare, [("100755", "post-checkout", script)])
        hooks = git(bare, "rev-parse", f"{inner}^{{tree}}")
        entry = ("40000", name, git(bare, "rev-parse", f"{raw_commit(bare, [('40000', 'hooks', hooks)])}^{{tree}}"))
    else:
        entry = ("120000" if kind == "link" else "100644", name, str(world.tmp / "outside"))
    pin = raw_commit(bare, [entry, ("100644", "z", "z\n")])
    before = sorted(p.name for p in world.tmp.iterdir())
    with pytest.raises(SourceError) as caught:
        source.run(world.step(**{"": pin, **ALONE}), world.context())
    assert "hasDot" in caught.value.message
    assert "hostile object" in (caught.value.remedy or "")
    assert sorted(p.name for p in world.tmp.iterdir()) == sorted([*before, "trees"])
    assert not world.tree.exists()
    assert not list(world.tmp.rglob("post-checkout"))


def test_a_tree_made_in_the_same_way_of_harmless_names_is_fetched(world: World) -> None:
    """Also where an old git wrote it: with a mode and a time zone that today's calls wrong."""
    bare = world.bare("main")
    made = raw_commit(bare, [("120000", "a", "outside"), ("0100644", "z", "z\n")])
    text = git(bare, "cat-file", "commit", made).replace("+0000", "+051800") + "\n"
    (bare / "text").write_text(text)
    pin = git(bare, "hash-object", "-w", "-t", "commit", "--literally", str(bare / "text"))
    git(bare, "update-ref", "refs/heads/old", pin)
    step = world.step(**{"": pin, **ALONE})
    source.run(step, world.context())
    assert (world.tree / "z").is_file()
    assert source.altered(step, world.context()) == []


def test_a_link_in_the_place_of_a_submodules_parent_is_not_followed(world: World) -> None:
    outside = world.tmp / "outside"
    outside.mkdir()
    main = gitworld.commit(world.bare("main"), {"a": "a\n", "plugin": f"-> {outside}"})
    with pytest.raises(SourceError, match=r"plugin/core: wanted .*no submodule here"):
        source.run(world.step(**{"": main, **ALONE, "plugin/core": world.pins["core"]}), world.context())
    assert list(outside.iterdir()) == []


def test_a_link_in_the_place_of_the_staging_directory_is_not_followed(world: World) -> None:
    outside = world.tmp / "outside"
    outside.mkdir()
    world.tree.parent.mkdir()
    os.symlink(outside, f"{world.tree}.partial")
    with pytest.raises(SourceError, match="is a link"):
        source.run(world.step(), world.context())
    assert list(outside.iterdir()) == []


def test_a_submodules_own_gitmodules_is_not_listened_to(world: World) -> None:
    canary = world.tmp / "canary"
    text = f'[submodule "../../x"]\n\tpath = core\n\turl = ext::sh -c "touch {canary}"\n\tupdate = !touch {canary}\n'
    main = gitworld.commit(world.bare("main"), {".gitmodules": text, "core": f"link {world.pins['core']}"})
    step = world.step(**{"": main, **ALONE, "core": world.pins["core"]})
    source.run(step, world.context())
    assert (world.tree / "core/include/core.h").is_file(), "from where the recipe says, to where it says"
    assert not canary.exists()


def test_a_repository_cannot_name_a_filter_that_the_user_has(world: World) -> None:
    """git-lfs, git-crypt and their like are programs of the user's; the tree gets what the commit has."""
    canary, config, script = world.tmp / "canary", world.tmp / "config", world.tmp / "run"
    hook(script, canary)
    included = world.tmp / "included"
    for kind in ("smudge", "clean", "process"):
        git("/", "config", "-f", str(included), f"filter.planted.{kind}", str(script))
    git("/", "config", "-f", str(included), "filter.planted.required", "true")
    git("/", "config", "-f", str(config), "include.path", str(included))
    git("/", "config", "-f", str(config), "includeIf.gitdir:/.path", str(included))
    files = {".gitattributes": "* filter=planted ident working-tree-encoding=UTF-16\n", "a": "$Id$\n"}
    pin = gitworld.commit(world.bare("main"), files)
    step, context = world.step(**{"": pin, **ALONE}), world.context(GIT_CONFIG_GLOBAL=str(config))
    source.run(step, context)
    assert (world.tree / "a").read_bytes() == b"$Id$\n"
    assert source.altered(step, context) == []
    assert not canary.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_mirror_of_another_user_is_git_s_to_refuse_and_the_users_to_trust(world: World) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    for top, names, files in os.walk(world.mirror):
        for name in (".", *names, *files):
            os.chown(f"{top}/{name}", nobody, nobody)
    with pytest.raises(SourceError) as caught:
        source.run(world.step(), world.context())
    assert "safe.directory" in (caught.value.remedy or "")
    config = world.tmp / "config"
    git("/", "config", "-f", str(config), "safe.directory", "*")
    source.run(world.step(), world.context(GIT_CONFIG_GLOBAL=str(config)))
    assert world.tree.is_dir()


@pytest.mark.parametrize(
    "name", ["core/.git", "core/.GIT/x", "core/git~1", "CON/.git", "a/../b", "a//b", "a/./b", "\u2028", "a\r"]
)
def test_a_submodules_path_is_no_place_of_gits_own(world: World, name: str) -> None:
    """CVE-2025-48384 began with a carriage return at the end of one."""
    with pytest.raises(SourceError, match=r"refused|no submodule here|invalid path"):
        source.run(world.step(**{**ALONE, name: world.pins["core"]}), world.context())
    assert not world.tree.exists()


def test_git_is_never_asked_to_recurse_into_submodules() -> None:
    """Nor to clone: what was wrong with both, again and again, does not concern us."""
    for file in Path(source.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in ("clone", "submodule", "--recurse-submodules", "--recursive", "pull"), file
