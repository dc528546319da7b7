"""A recipe chooses values and can never run a command: hostile text in every field."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxbuild import toml
from mxbuild.recipe.check import check
from mxbuild.recipe.model import Recipe
from mxbuild.recipe.values import Line
from tests.recipe.corpus import GOOD, change

HOSTILE = (
    "$(shell touch X)", "${shell touch X}", "$X", "`touch X`", "a;touch X", "a|touch X", "a&touch X", "a>X", "a b",
    "--eval=$(shell touch X)", "--eval=x", "-f", "-fX", "-o", "SHELL=/tmp/x", "CC=x y", "../x", "x/../../y", "..",
    "a\u0000b", "a\nb", "x\n", "\nx", "a\tb", "a\rb", "'", '"', "\\", "%n", "!!python/object:os", "*", "?", "~",
    "#", "a\u001b[2J", "a\u2028b", "a\u202eb", "a\u0085b",
)  # fmt: skip
"""Not a value of any field but those for people to read."""

ADDRESSES = (
    "EXT::sh -c touch% X", "ext::sh", "Ext::sh", "fd::17", "https::x", "--upload-pack=touch X", "-u",
    "-oProxyCommand=x", "http://h/o/n", "HTTPS://h/o/n", "hTTps://h/o/n", "git://h/o/n", "ssh://h/o/n",
    "ssh://-oProxyCommand=x/o/n", "git@h:o/n", "h:o/n", "file:///o/n", "/srv/o/n", "./o/n", "o/n", "https://",
    "https:///o/n", "https://u@h/o/n", "https://u:p@h/o/n", "https://h/o/n\n--upload-pack=x", "https://h/o/n ",
    " https://h/o/n", "https://h/../o/n", "https://h/o/..", "https://h/o/.n", "https://h/o/-n", "https://-h/o/n",
    "https://h/o/n?x", "https://h/o/n#x", "https://h/%2e%2e/n", "https://h\\@x/o/n", "https://h/o/n\u0000",
    "https://h:x/o/n", "https://h..x/o/n", "https://h/o..x/n",
    "https://h/n", "https://[::1]/o/n", "https://\u0127/o/n", "embedded:../n", "embedded:o", "embedded:/o/n",
    "embedded:o/-n", "embedded:o/..", "EMBEDDED:o/n", "embedded:o/n/m", "",
)  # fmt: skip

FREE = {"summary", "why", "does", "reference", "where", "what", "skip"}
"""Fields for people; only control characters are kept out of them."""


def strings(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of all strings."""
    for name, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if isinstance(inner, str):
            yield (*path, name)
        yield from strings(inner, (*path, name))


def tables(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of all keys."""
    for name, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if isinstance(name, str):
            yield (*path, name)
        yield from tables(inner, (*path, name))


DATA = toml.loads(GOOD)
STRINGS = list(strings(DATA))
KEYS = list(tables(DATA))


def put(path: tuple[str | int, ...], value: Any, data: dict[str, Any] = DATA, *, key: bool = False) -> dict[str, Any]:
    """The good recipe with another value (or key) at the path; of what lies beside it, nothing is copied."""
    data = data.copy()
    holder: Any = data
    for part in path[:-1]:
        holder[part] = holder[part].copy()
        holder = holder[part]
    if key:
        holder[value] = holder.pop(path[-1])
    else:
        holder[path[-1]] = value
    return data


def taken(data: dict[str, Any]) -> bool:
    """Whether load() would take it; that load()'s structure is the model's, test_schema shows."""
    try:
        recipe = msgspec.convert(data, Recipe)
    except msgspec.ValidationError:
        return False
    return not list(check(recipe))


def test_no_field_takes_hostile_text() -> None:
    wrong = {}
    for path in STRINGS:
        got = [value for value in HOSTILE if taken(put(path, value))]
        if FREE & {*path}:
            got = [value for value in got if not value.isprintable()]
        if "symbols" in path:
            got.remove("*")  # stands for any name, and is only ever compared
        if got:
            wrong[path] = got
    assert wrong == {}


def test_no_key_takes_hostile_text() -> None:
    got = {path: [value for value in HOSTILE if taken(put(path, value, key=True))] for path in KEYS}
    assert {path: values for path, values in got.items() if values} == {}


@pytest.mark.parametrize("path", [p for p in STRINGS if p[-1] == "url"], ids=lambda path: ".".join(map(str, path)))
def test_addresses(path: tuple[str | int, ...]) -> None:
    assert [value for value in ADDRESSES if taken(put(path, value))] == []
    embedded = change('tag = "', 'embedded = "here"\ntag = "').replace("https://git.example.org/", "embedded:")
    within = toml.loads(embedded)
    assert taken(within)
    assert [value for value in ADDRESSES if taken(put(path, value, within))] == []
    good = ("https://h/o/n", "https://git.example.org:8443/o/n.git", "https://h.example/group/sub/n", "https://h/o/n/")
    assert [value for value in good if not taken(put(path, value))] == []


@pytest.mark.parametrize(
    "name",
    [
        *("SHELL", "MAKEFLAGS", "MAKE", "MFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "CC", "CXX", "NVCC"),
        *("ADD_CFLAGS", "ADD_LDFLAGS", "CXXFLAGS", "LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "BASH_ENV"),
        *(
            "ENV",
            "PYTHONSTARTUP",
            "GIT_SSH_COMMAND",
            "AR",
            "RM",
            "GCC_EXEC_PREFIX",
            "PKG_CONFIG_PATH",
            "CPLUS_INCLUDE_PATH",
            ".SHELLFLAGS",
            ".RECIPEPREFIX",
        ),
    ],
)
def test_variables_that_run_programs_are_no_flags(name: str) -> None:
    assert not taken(put(("flags", "DEBUG"), name, key=True))
    assert taken(put(("flags", "DEBUG"), "USE_OTHER", key=True))


@pytest.mark.parametrize(
    "name", ["libx-", "libx-dev | liby-", "libx=1.0", "libx/sid", "libx:i386", "lib*", "x", "|", "a b"]
)
def test_packages_are_names_and_no_orders(name: str) -> None:
    """apt-get removes what ends in a dash."""
    assert not taken(put(("apt", "lapack", "packages", 0), name))
    assert not taken(put(("apt", "opencv", "on", "debian", 0), name))
    assert taken(put(("apt", "lapack", "packages", 0), "g++ | libc6-dev|libstdc++-12-dev"))


@pytest.mark.parametrize("value", [10**30, 2**63, 2**31, -1, 1.5, True], ids=str)
def test_numbers_stay_small(value: float) -> None:
    for path in (
        ("flags", "DEBUG", "value"),
        ("make", "disk"),
        ("make", "memory-per-job"),
        ("flags", "DEBUG", "values", 0),
    ):
        assert not taken(put(path, value))


def test_every_string_of_the_model_has_a_pattern() -> None:
    """A new field cannot be a plain string by oversight."""

    def plain(kind: Any, where: str) -> Iterator[str]:
        if isinstance(kind, msgspec.inspect.StructType):
            for field in kind.fields:
                yield from plain(field.type, f"{where}.{field.encode_name}")
        elif isinstance(kind, msgspec.inspect.StrType) and kind.pattern is None:
            yield where
        else:
            inner = (getattr(kind, name, None) for name in ("type", "key_type", "value_type", "item_type"))
            for part in [*(k for k in inner if k is not None), *getattr(kind, "types", ())]:
                yield from plain(part, where)

    assert list(plain(msgspec.inspect.type_info(Recipe), "")) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=30).map(lambda t: t + "\n"))
def test_no_pattern_lets_a_newline_through(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Line)


def test_make_gets_what_the_recipe_says(tmp_path: Path) -> None:
    """Every value that a flag can have reaches make as it stands, and nothing runs."""
    values = [
        v
        for v in ("x", "0", "a/b", "/usr/lib", "a+b", "a.b", "a-b", "", *HOSTILE)
        if taken(put(("flags", "USE_LAPACK_PATH", "value"), v))
    ]
    assert values == ["x", "0", "a/b", "/usr/lib", "a+b", "a.b", "a-b", ""]
    for value in values:
        argv = ["make", "-s", "-f", "-", f"USE_LAPACK_PATH={value}"]
        done = subprocess.run(
            argv,
            input="all: ; @printf '%s' '$(USE_LAPACK_PATH)'",
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=True,
        )
        assert done.stdout == value
    assert list(tmp_path.iterdir()) == []
