"""Which file a name means, and what is said where there is none."""

from pathlib import Path

import pytest

from mxbuild.errors import RecipeError
from mxbuild.recipe.find import available, find, packaged, search_path

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> tuple[Path, ...]:
    """Two directories; mxnet-1.0.0 is in both."""
    for file in ("mine/mxnet-1.0.0.toml", "theirs/mxnet-1.0.0.toml", "theirs/mxnet-0.12.1.toml", "theirs/mini.toml"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "theirs/notes.md").touch()
    return tmp_path / "mine", tmp_path / "absent", tmp_path / "theirs"


def refused(name: str, path: tuple[Path, ...]) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        find(name, path)
    return caught.value


def test_order_of_the_search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"MXBUILD_RECIPES": f"/srv/a::{tmp_path}/b:"}
    assert search_path(environ, ["given", "/srv/a"]) == (
        tmp_path / "given",
        Path("/srv/a"),
        tmp_path / "b",
        packaged(),
    )
    assert search_path({}) == (packaged(),)


def test_packaged_recipes_lie_beside_the_package_in_a_checkout() -> None:
    assert packaged() == REPOSITORY / "recipes"
    assert find("mxnet-0.12.1", search_path({})) == REPOSITORY / "recipes/mxnet-0.12.1.toml"


def test_available(path: tuple[Path, ...]) -> None:
    mine, _, theirs = path
    assert available(path) == (
        ("mini", theirs / "mini.toml"),
        ("mxnet-0.12.1", theirs / "mxnet-0.12.1.toml"),
        ("mxnet-1.0.0", mine / "mxnet-1.0.0.toml"),
    )
    assert available(()) == ()


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mini", "theirs/mini"),
        ("mxnet-0.12.1", "theirs/mxnet-0.12.1"),
        ("0.12.1", "theirs/mxnet-0.12.1"),
        ("1.0.0", "mine/mxnet-1.0.0"),
    ],
)
def test_names(name: str, file: str, path: tuple[Path, ...], tmp_path: Path) -> None:
    assert find(name, path) == tmp_path / f"{file}.toml"


def test_release_of_two_recipes(path: tuple[Path, ...]) -> None:
    (path[0] / "other-0.12.1.toml").touch()
    assert (
        refused("0.12.1", path).message == '"0.12.1" may be "mxnet-0.12.1" or "other-0.12.1": name one of them in full'
    )


def test_file_paths_are_taken_as_they_are(path: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path[2])
    assert find("mini.toml", ()) == path[2] / "mini.toml"
    assert find("./notes.md", ()) == path[2] / "notes.md"
    monkeypatch.setenv("HOME", str(path[2]))
    assert find("~/mini.toml", ()) == path[2] / "mini.toml"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("mxnet-0.12", "mxnet-0.12.1"), ("0.12.0", "mxnet-0.12.1"), ("mni", "mini"), ("mxnet_1.0.0", "mxnet-1.0.0")],
)
def test_did_you_mean(name: str, meant: str, path: tuple[Path, ...]) -> None:
    error = refused(name, path)
    assert error.message == f'there is no recipe "{name}"; did you mean "{meant}"?'
    assert error.details == (
        "there are: mini, mxnet-0.12.1, mxnet-1.0.0",
        f"looked in: {', '.join(map(str, path))}",
    )


def test_nothing_near(path: tuple[Path, ...]) -> None:
    assert refused("tensorflow", path).message == 'there is no recipe "tensorflow"'
    assert refused("mini", ()).details[0] == "there are: none"


def test_files_that_are_not_there(path: tuple[Path, ...]) -> None:
    theirs = path[2]
    assert refused(f"{theirs}/miny.toml", path).message == (
        f"there is no recipe file {theirs}/miny.toml; did you mean {theirs}/mini.toml?"
    )
    for name in ("/nowhere/x.toml", "~nobody-of-that-name/x.toml", "a\0b.toml", f"{'x' * 300}.toml", "/a\0b/c"):
        assert refused(name, path).message.startswith("there is no recipe file ")


@pytest.mark.parametrize("name", ["", "..", "*", "a\0b", "\ud800", "mini\n", "-", "--recipe-dir=/"])
def test_odd_names(name: str, path: tuple[Path, ...]) -> None:
    assert refused(name, path).message.startswith("there is no recipe ")
