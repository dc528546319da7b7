"""Loading: the good recipe whole, every fault with its place and wording, and nothing but RecipeError for the rest."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from mxbuild import toml
from mxbuild.errors import RecipeError
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.read import LARGEST
from tests.recipe.corpus import BROKEN, GOOD, HERE, Broken, change

RECIPES = HERE.parents[1] / "recipes"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Messages name the file as it was given: a relative name makes them the same everywhere."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(content: str | bytes, file: str = "example.toml") -> RecipeError:
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RecipeError) as caught:
        load(Path(file))
    return caught.value


def wording(error: RecipeError) -> str:
    return "\n".join([error.message, *error.details, f"-> {error.remedy}"])


def test_good_recipe_is_what_the_file_says() -> None:
    recipe = load(HERE / "good.toml")
    assert recipe == msgspec.convert(toml.loads(GOOD), Recipe)
    assert recipe.id == "example-1.2.0"
    assert list(recipe.features) == ["blas", "lapack", "opencv", "fast", "cuda"]
    assert recipe.make.memory_per_job == 1100
    assert recipe.compat[0].pkg_config == {"opencv": "opencv4"}


def test_good_recipe_uses_every_key_of_the_model() -> None:
    def keys(kind: object) -> set[str]:
        if isinstance(kind, dict):
            return {str(k) for k in kind} | {k for v in kind.values() for k in keys(v)}
        return {k for v in kind for k in keys(v)} if isinstance(kind, list) else set()

    def fields(kind: type[msgspec.Struct]) -> set[str]:
        return {field.encode_name for field in msgspec.structs.fields(kind)}

    def tables(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
        return {kind} | {t for sub in kind.__subclasses__() for t in tables(sub)}

    ours = [table for table in tables(Recipe.__bases__[0]) if table.__module__.startswith("mxbuild.recipe.")]
    every = {name for table in ours for name in fields(table)}
    assert every - keys(toml.loads(GOOD)) == {"embedded"}


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_recipes_have_no_fault(file: Path) -> None:
    assert load(file).id == file.stem


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_fault(broken: Broken, snapshot: SnapshotAssertion) -> None:
    assert wording(refused(broken.text)) == snapshot


def test_all_faults_at_once(snapshot: SnapshotAssertion) -> None:
    text = change('tag = "v1.2.0"', 'tags = ["v1.2.0"]')
    for old, new in (
        ("format = 1", "format = 7"),
        ('release = "1.2.0"', "release = 1.2"),
        ('/owner/core", commit', '/owner/core?x=1", commit'),
        ('gcc = ">=4.8,<13"', 'gcc = "4.8 or so"'),
        ("disk = 1500\n", ""),
        ("DEBUG = { value = 0, values = [0, 1], why", "DEBUG = { valeu = 0, why"),
        ('apt = ["lapack"]', 'apt = ["lapak"]'),
        ('requires = ["blas"]', 'requires = ["blas", "cudax"]'),
        ('"ubuntu <18.04" = [', '"ubuntu <18.10" = ["lib opencv", '),
        ('feature = "opencv"', 'feature = "openvc"'),
        ("set = { USE_SSE = 0 }", "set = { USE_SEE = 0 }"),
        ('python = ">=3.8"', 'python = ">=3.10"'),
        ('checks = ["import", "version", "library"]', 'checks = ["import", "Version"]\nmore = true'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    error = refused(text)
    assert wording(error) == snapshot
    lines = [int(fault.split(":")[1]) for fault in error.details]
    assert lines == sorted(lines)


def test_a_misspelt_flag_is_one_fault() -> None:
    (fault,) = refused(change("on = { USE_OPENCV = 1 }", "on = { USE_OPENVC = 1 }")).details
    assert 'did you mean "USE_OPENCV"?' in fault


def test_every_circle_of_requirements() -> None:
    text = change('requires = ["blas"]\n', 'requires = ["lapack", "opencv"]\n')
    text = text.replace('summary = "image decoding"\n', 'summary = "image decoding"\nrequires = ["blas", "lapack"]\n')
    assert [fault.split("\n")[0].partition("goes in a ")[2] for fault in refused(text).details] == [
        "circle: lapack -> lapack",
        "circle: opencv -> lapack -> opencv",
    ]


def test_a_long_chain_of_requirements() -> None:
    names = [f"f{i}" for i in range(1500)]
    features = (
        f'[features.{name}]\nsummary = "x"\ndefault = "off"\nrequires = ["{after}"]\non = {{}}\noff = {{}}\n'
        for name, after in zip(names, [*names[1:], "blas"], strict=True)
    )
    Path("example.toml").write_text(GOOD + "".join(features))
    assert len(load(Path("example.toml")).features) == 1505


def test_faults_do_not_echo() -> None:
    """What refers to a table that is itself faulty is not complained about."""
    for old, new in (("[flags]\n", "[flag]\n"), ("[apt]\n", "[atp]\n")):
        text = change(old, new).replace("[apt.opencv", "[atp.opencv") if "atp" in new else change(old, new)
        (fault,) = refused(text).details
        assert "unknown key" in fault


@pytest.mark.parametrize(
    ("text", "place", "line", "caret"),
    [
        ("format = 1\nname = mxnet\n", "2:8", "name = mxnet", "       ^"),
        ('format = 1\nname = "open\nx = 1\n', "2:13", 'name = "open', "            ^"),
        ("[source]\n[source]\n", "2:8", "[source]", "       ^"),
        ("# an array\na = [1, 2", "2:9", "a = [1, 2", "        ^"),
        ("format = 1\r\nname =\r\n", "2:7", "name =", "      ^"),
    ],
    ids=["bare word", "open string", "twice", "open array", "windows"],
)
def test_syntax(text: str, place: str, line: str, caret: str) -> None:
    """The words are the TOML reader's own and differ from one Python to the next; the place is ours."""
    error = refused(text)
    (fault,) = error.details
    said, shown, under = fault.split("\n")
    assert said.startswith(f"example.toml:{place}: no TOML: ")
    assert (shown, under) == (f"    2 | {line}", f"      | {caret}")


def test_an_empty_file_lacks_everything(snapshot: SnapshotAssertion) -> None:
    assert wording(refused("")) == snapshot


def test_long_tabbed_and_wide_lines(snapshot: SnapshotAssertion) -> None:
    """The caret stands under the fault where the line is cut, holds tabs, or has wide characters."""
    text = change('why = "optimised" }', f'why = "{"x" * 200}", whhy = "" }}')
    text = text.replace("disk = 1500", 'disk\t=\t"1500"')
    text = text.replace('"docs", "example"', '"\u6587\u66f8", "\u4f8b"')
    text = text.replace('summary = "image decoding"', 'summary = "\\u001b[31m\u202e"')
    assert wording(refused(text)) == snapshot


def test_terminal_is_not_written_to() -> None:
    """Whatever a recipe holds, what is shown of it is printable."""
    error = refused(GOOD + '"\u202e\u009b31m" = "\\u001b]0;x\\u0007"\n[x."\\u001b[2J"]\n')
    assert all(c.isprintable() or c == "\n" for c in wording(error))


def test_unreadable_files(here: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(RecipeError) as caught:
            load(path)
        return caught.value.message

    (here / "directory.toml").mkdir()
    os.mkfifo(here / "pipe.toml")
    (here / "loop.toml").symlink_to(here / "loop.toml")
    assert message(Path("absent.toml")) == "there is no recipe file absent.toml"
    assert message(Path("a\0b.toml")) == "there is no recipe file a\N{REPLACEMENT CHARACTER}b.toml"
    assert message(Path("directory.toml")) == "directory.toml is not a file but a directory"
    assert message(Path("pipe.toml")) == "pipe.toml is not a file"
    assert message(Path("loop.toml")) == "loop.toml cannot be read: Too many levels of symbolic links"
    assert message(Path("x" * 300 + ".toml")).endswith("cannot be read: File name too long")
    assert stat.S_ISFIFO(os.stat("pipe.toml").st_mode)


def test_files_that_are_no_recipe() -> None:
    assert refused(b"\x7fELF\x00\x01").message == "example.toml is no recipe: it is a binary file"
    assert refused(b"#" * (LARGEST + 1)).message == "example.toml is no recipe: it is larger than 1 MiB"
    assert refused(b"format = 1\n# caf\xe9\n").details == ("example.toml:2: byte 0xe9 is not UTF-8",)
    for deep in ("a = " + "[" * 5000 + "]" * 5000, ".".join("a" * 2000) + " = 1", f"[{'.'.join('a' * 101)}]\nb = 1"):
        assert refused(deep).details == ("example.toml: tables or arrays are nested too deeply",)
    assert refused("a = " + "9" * 5000).details == ("example.toml: a number has too many digits",)


def test_a_whole_file_is_read_up_to_the_limit() -> None:
    padding = "#" * (LARGEST - len(GOOD.encode()))
    Path("example.toml").write_text(GOOD + padding)
    assert load(Path("example.toml")).name == "example"


def test_windows_editors_are_borne_with() -> None:
    Path("example.toml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(Path("example.toml")) == load(HERE / "good.toml")
    broken = GOOD.replace("disk = 1500", 'disk = "many"')
    assert refused(broken.replace("\n", "\r\n")).details == refused(broken).details


def only_recipe_errors(content: bytes) -> None:
    Path("any.toml").write_bytes(content)
    with suppress(RecipeError):
        load(Path("any.toml"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    only_recipe_errors(content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from("abx.=[]{}\"'#\n\t ,_-0123:\\\u00e9"), max_size=80))
def test_anything_like_toml(content: str) -> None:
    only_recipe_errors(content.encode())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_to_the_good_recipe(data: st.DataObject) -> None:
    """Lines lost, doubled, swapped or overwritten."""
    lines = GOOD.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        kind = data.draw(st.sampled_from(["lose", "double", "swap", "cut", "junk"]))
        if kind == "lose":
            lines[at] = ""
        elif kind == "double":
            lines[at] *= 2
        elif kind == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, 40))] + "\n"
        else:
            lines[at] = data.draw(st.text(max_size=20)) + "\n"
    only_recipe_errors("".join(lines).encode("utf-8", "surrogateescape"))
