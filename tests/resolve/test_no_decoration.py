"""No line of a recipe is decoration: without it, the recipe does not load, or a plan on some machine is another one."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild.errors import HostError
from mxbuild.model import Fact, Host, Request
from mxbuild.recipe.layers import layers
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import resolve
from tests.machines import GIB, RECIPES, bare, bookworm, compiler, library, may, python, tools
from tests.resolve.gpus import cudnn, driver, gpu, toolkit

FOR_PEOPLE = re.compile(
    r"^(format|name|release|date|summary|proved|source\.tag|flags\.\w+\.does|features\.\w+\.summary)(\.\d+)?$"
    r"|^verify\.upstream\."
)
"""What only `mxbuild recipes` shows, what a name is made of, and what is about tests that no plan runs."""

Path = tuple[str | int, ...]


def machines() -> tuple[Host, ...]:
    whole = bookworm()
    nothing = {n: lib for n, lib in whole.libraries.items() if n == "blas"}
    newest = msgspec.structs.replace(whole.os, version="99")
    arm = msgspec.structs.replace(whole.os, arch=Fact("aarch64", "uname -m"))
    odd = tools("make", "git", "pkg-config", "dot")
    old = {n: msgspec.structs.replace(t, version="1.0") for n, t in odd.items()}
    card = {"gpus": (gpu("7.5"),), "driver": driver("580.65.06", "13.0"), "compilers": (compiler("11.3.0"),)}
    return (
        *(bookworm(**card, toolkits=(toolkit(v),)) for v in ("7.5.18", "11.8.89", "12.4.131", "13.0.88", "14.0.1")),
        bookworm(**card, toolkits=(toolkit("11.8.89"),), cuda_libraries=(cudnn("8.9.7"),)),
        bookworm(**card, toolkits=(toolkit("11.8.89"),), cuda_libraries=(cudnn("9.0.0"),)),
        bookworm(**card, toolkits=(toolkit("11.8.89", parts=()),)),
        bookworm(**{**card, "compilers": (compiler("6.5.0"),), "gpus": (gpu("6.1"),)}, toolkits=(toolkit("9.0.176"),)),
        whole,
        everything(),
        msgspec.structs.replace(everything(), os=arm),
        *(everything(protobuf=v, protoc=v, zmq=z) for v, z in (("22.3", "4.3.4"), ("2.4.1", "3.2.5"))),
        everything(cmake="3.25.1"),
        everything(cmake="5.0.0"),
        everything(cmake="3.4.3"),
        bare(),
        may(bare(), "none"),
        bookworm(os=arm),
        bookworm(os=newest, compilers=(compiler("99.1"),)),
        bookworm(tools=old),
        bookworm(compilers=(compiler("4.7"), compiler("11.2", "-11"))),
        bookworm(packages={}, libraries=nothing),
        bookworm(libraries={**whole.libraries, "opencv": library("opencv", "5.1")}),
        bookworm(libraries={**whole.libraries, "opencv": library("opencv", "2.4.9")}),
        bookworm(memory=msgspec.structs.replace(whole.memory, available=Fact(4 * GIB, "/proc/meminfo"))),
        bookworm(disks=(msgspec.structs.replace(whole.disks[0], free=1 << 20),)),
        *(
            bookworm(pythons=(python(v),))
            for v in ("3.5.2", "3.6.1", "3.7.1", "3.8.1", "3.9.1", "3.10.1", "3.12.1", "3.13.1", "3.14.0")
        ),
    )


def everything(**versions: str) -> Host:
    """Debian 12 with all that a recipe can ask for; CMake is one that has to be told about old projects."""
    whole = bookworm()
    known = {"cmake": "4.0.3", "protoc": "3.21.12", "protobuf": "3.21.12", "zmq": "4.3.4"} | versions
    found = tools("make", "git", "pkg-config", "dot", "cmake", "protoc")
    found |= {n: msgspec.structs.replace(found[n], version=known[n]) for n in ("cmake", "protoc")}
    libraries = {**whole.libraries, **{n: library(n, known[n]) for n in ("protobuf", "zmq")}}
    packages = ("cmake", "libprotobuf-dev", "protobuf-compiler", "libzmq3-dev")
    return bookworm(tools=found, libraries=libraries, packages={**whole.packages, **dict.fromkeys(packages, "1")})


REQUESTS = (
    Request(),
    Request(apt=False),
    Request(pins={"numpy": "2.3.5"}),
    Request(wanted=dict.fromkeys(("lapack", "opencv", "openmp", "graphviz", "blas"), False)),
    Request(wanted=dict.fromkeys(("lapack", "opencv", "openmp", "graphviz", "blas"), True), apt=False),
)


@cache
def cases() -> tuple[tuple[Host, Request | None], ...]:
    """Machines and requests; None asks for all that is off by default, where CMake is there for it."""
    return tuple(
        (host, request) for host in machines() for request in (*REQUESTS, *([None] if "cmake" in host.tools else []))
    )


def outcome(recipe: Recipe, host: Host, request: Request | None) -> bytes:
    """All that the recipe leads to on one machine."""
    rare = [n for n, f in recipe.features.items() if f.default == "off" and "cuda" not in f.needs]
    try:
        build = resolve(recipe, host, request or Request(wanted=dict.fromkeys(rare, True)))
    except HostError as error:
        return repr(error.complaints).encode() + error.nearest.encode()
    steps = plans.steps(build, plans.paths(build, "/p", "/c", "/s"), "")
    return msgspec.json.encode([build.decisions, build.rules, build.packages, steps])


@cache
def baseline(name: str) -> tuple[bytes, ...]:
    recipe = msgspec.convert(data(name), Recipe)
    return tuple(outcome(recipe, *case) for case in cases())


def values(recipe: Recipe) -> dict[str, object]:
    """What `--set` takes, and what that needs: no plan shows all of it."""
    return {name: (flag.values, flag.processor) for name, flag in recipe.flags.items()}


@cache
def data(name: str) -> Any:
    return layers(RECIPES / f"{name}.toml").data


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    children = list(items)
    if not children:
        yield path
    for key, child in children:
        yield from leaves(child, (*path, key))


def without(whole: Any, path: Path) -> Any:
    """All but what stands at the path; of what lies beside it, nothing is copied."""
    key, *deeper = path
    copy = whole.copy()
    if deeper:
        copy[key] = without(whole[key], tuple(deeper))
    else:
        del copy[key]
    return copy


@pytest.mark.parametrize("name", ["mxnet-0.12.1", "mxnet-1.9.1", "mini"])
def test_every_line_matters(name: str) -> None:
    idle = []
    whole = msgspec.convert(data(name), Recipe)
    order = list(range(len(cases())))  # the case that told the last line's absence comes first: neighbours are alike
    for path in leaves(data(name)):
        dotted = ".".join(map(str, path))
        if FOR_PEOPLE.match(dotted):
            continue
        try:
            recipe = msgspec.convert(without(data(name), path), Recipe)
        except msgspec.ValidationError:
            continue
        if values(recipe) != values(whole):
            continue
        try:
            told = next((n for n in order if outcome(recipe, *cases()[n]) != baseline(name)[n]), None)
        except (KeyError, AssertionError):
            continue
        if told is None:
            idle.append(dotted)
        else:
            order.remove(told)
            order.insert(0, told)
    assert idle == []
