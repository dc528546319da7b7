import os
import shutil
import stat
from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute.embedded import materialize
from mxbuild.recipe.load import load
from tests.execute.gitworld import ENVIRON, git
from tests.pin_mini import RECIPE, commits, pinned

MINI = RECIPE.with_suffix("")


def write(directory: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


def module(path: str, url: str) -> str:
    return f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n'


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return materialize(MINI, tmp_path_factory.mktemp("cache"), ENVIRON)


def test_the_recipe_pins_what_the_files_give(mirror: Path) -> None:
    text = RECIPE.read_text()
    assert pinned(text, commits(mirror)) == text, "run: python tests/pin_mini.py"


def test_the_recipe_names_every_submodule_of_every_submodule(mirror: Path) -> None:
    source = load(RECIPE).source
    assert source.embedded == MINI.name

    def links(url: str, commit: str, above: str) -> dict[str, tuple[str, str]]:
        repository = mirror / f"{url.removeprefix('embedded:')}.git"
        found = {}
        for line in git(repository, "ls-tree", "-r", commit).splitlines():
            mode, _, rest = line.split(" ", 2)
            if mode == "160000":
                there, path = rest.split("\t")
                other = git(repository, "config", "--blob", f"{commit}:.gitmodules", f"submodule.{path}.url")
                found[above + path] = (other, there)
                found |= links(other, there, f"{above}{path}/")
        return found

    named = {path: (one.url, one.commit) for path, one in source.submodules.items()}
    assert links(source.url, source.commit, "") == named
    assert len({url for url, _ in named.values()}) < len(named), "no repository is there twice: nothing nested"


def test_a_copy_elsewhere_gives_the_same_commits_whatever_surrounds_it(mirror: Path, tmp_path: Path) -> None:
    copy = tmp_path / "other"
    shutil.copytree(MINI, copy)
    for path in copy.rglob("*"):
        if path.is_file():
            path.chmod(stat.S_IRWXU)
            os.utime(path, (1, 1))
    settings = write(
        tmp_path,
        {"config": "[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n[init]\n\tdefaultBranch = other\n"},
    )
    environ = {
        **ENVIRON, "GIT_CONFIG_GLOBAL": f"{settings}/config", "GIT_DIR": str(tmp_path / "nowhere"), "TZ": "Asia/Tokyo",
        "GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_DATE": "1 +0000", "GIT_DEFAULT_HASH": "sha256",
    }  # fmt: skip
    there = materialize(copy, tmp_path / "cache", environ)
    assert commits(there) == commits(mirror)
    assert there.name == mirror.name
    assert not (tmp_path / "nowhere").exists()


def test_what_is_there_is_taken(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"o/one/file": "1"})
    root = materialize(source, tmp_path / "cache", ENVIRON)
    before = root.stat().st_ino
    assert materialize(source, tmp_path / "cache", {"PATH": "/nonexistent"}) == root
    assert root.stat().st_ino == before


def test_what_a_killed_run_left_is_made_anew(tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"o/one/file": "1"})
    root = materialize(source, tmp_path / "cache", ENVIRON)
    whole = commits(root)
    root.rename(root.with_name(f"{root.name}.partial"))
    shutil.rmtree(root.with_name(f"{root.name}.partial") / "o/one.git/objects")
    assert commits(materialize(source, tmp_path / "cache", ENVIRON)) == whole
    assert not root.with_name(f"{root.name}.partial").exists()


def test_a_changed_file_changes_its_repository_and_those_above(tmp_path: Path) -> None:
    files = {"o/top/.gitmodules": module("one", "embedded:o/one"), "o/one/file": "1", "o/two/file": "1"}
    source = write(tmp_path / "source", files)
    first_root = materialize(source, tmp_path / "cache", ENVIRON)
    first = commits(first_root)
    write(source, {"o/one/file": "2"})
    second_root = materialize(source, tmp_path / "cache", ENVIRON)
    second = commits(second_root)
    assert second_root != first_root
    assert {name for name in first if first[name] != second[name]} == {"o/one", "o/top"}
    assert git(second_root / "o/top.git", "rev-parse", "main:one") == second["o/one"]
    assert commits(first_root) == first


def test_what_a_build_leaves_in_the_directory_is_no_source(tmp_path: Path) -> None:
    files = {"o/one/.gitignore": "*.o\nbuild/\n", "o/one/src/file.cc": "1"}
    source = write(tmp_path / "source", files)
    clean = materialize(source, tmp_path / "cache", ENVIRON)
    write(source, {"o/one/src/file.o": "x", "o/one/build/src/file.d": "x"})
    assert materialize(source, tmp_path / "cache", ENVIRON) == clean
    listed = git(clean / "o/one.git", "ls-tree", "-r", "--name-only", "main").splitlines()
    assert listed == [".gitignore", "src/file.cc"]


def test_a_commit_is_fetched_by_its_id_and_without_what_nobody_needs(mirror: Path, tmp_path: Path) -> None:
    repository, commit = mirror / "mxbuild/mini.git", commits(mirror)["mxbuild/mini"]
    git(tmp_path, "init", "-q", "--template=", "tree")
    tree = tmp_path / "tree"
    git(tree, "remote", "add", "origin", f"file://{repository}")
    git(tree, "fetch", "-q", "--depth=1", "--filter=blob:none", "origin", commit)
    missing = git(tree, "rev-list", "--objects", "--missing=print", commit).splitlines()
    blobs = [line for line in git(repository, "ls-tree", "-r", commit).splitlines() if " blob " in line]
    assert len({line for line in missing if line.startswith("?")}) == len({line.split()[2] for line in blobs})
    git(tree, "sparse-checkout", "set", "--no-cone", "/*", "!/example/")
    git(tree, "checkout", "-q", "--detach", commit)
    assert (tree / "Makefile").is_file()
    assert not (tree / "example").exists()
    assert git(tree, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a/b": "a file"}, "holds no OWNER/NAME directory"),
        (
            {"o/a/.gitmodules": module("b", "embedded:o/b"), "o/b/.gitmodules": module("a", "embedded:o/a")},
            "go in a circle: o/a -> o/b -> o/a",
        ),
        ({"o/a/.gitmodules": module("b", "embedded:o/b")}, "o/a has a submodule embedded:o/b, which is not there"),
        ({"o/a/.gitmodules": module("b", "https://h/o/b")}, "submodule b has the URL 'https://h/o/b'"),
        ({"o/a/.gitmodules": '[submodule "b"]\n\tpath = b\n'}, "submodule b has the URL ''"),
        ({"o/a/.gitignore": "[" * 65_000}, ".gitignore has a pattern of 65,000 characters; no name has more than 255"),
    ],
    ids=["nothing", "circle", "missing", "elsewhere", "no URL", "a pattern that fnmatch needs minutes for"],
)
def test_a_directory_that_is_no_source(files: dict[str, str], said: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source", files)
    with pytest.raises(SourceError) as caught:
        materialize(source, tmp_path / "cache", ENVIRON)
    assert said in caught.value.message
    cache = tmp_path / "cache"
    assert not cache.exists() or all(path.suffix in (".lock", ".partial") for path in cache.iterdir())


@pytest.mark.parametrize("target", ["/etc/passwd", "/etc"])
def test_a_link_in_the_source_is_refused(target: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source", {"o/a/file": "1"})
    (source / "o/a/link").symlink_to(target)
    with pytest.raises(SourceError, match="link is a link"):
        materialize(source, tmp_path / "cache", ENVIRON)
