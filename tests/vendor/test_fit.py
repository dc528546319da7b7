"""Which machine and which request a vendored file fits: decided from its manifest, before anything is changed."""

from typing import Any

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild.errors import Complaint, HostError, UsageError
from mxbuild.model import (
    Build,
    FetchSource,
    InstallPackages,
    Manifest,
    Member,
    Paths,
    Request,
    Step,
    UnpackVendored,
    Vendored,
    Wish,
)
from mxbuild.plan import pack_at, vendored
from mxbuild.resolve import resolve
from mxbuild.vendor import _wish
from mxbuild.vendor.bare import bare
from tests.machines import bookworm, recipe
from tests.test_plan import WHERE, entry, running

FILE = "/media/mxnet.vendored.tar"
LINES = tuple(
    f"{name} --hash=sha256:{digit * 64}" for name, digit in (("numpy==1.26.4", "1"), ("graphviz==0.8.4", "2"))
)
MEMBER = Member(size=1, sha256="0" * 64)


def decided(**changes: Any) -> Build:
    """For a bare machine, from a file."""
    host = bare(bookworm(), recipe(), Request())
    build = resolve(recipe(), host, Request(vendored=FILE))
    one = Vendored(file=FILE, sha256="ab" * 32, size=10)
    return msgspec.structs.replace(build, **{"locked": LINES, "unlocked": (), "vendored": one, **changes})


def steps(build: Build) -> tuple[Step, ...]:
    return plans.steps(build, plans.paths(build, *WHERE))


def manifest(**changes: Any) -> Manifest:
    (source,) = (s for s in steps(decided()) if isinstance(s, FetchSource))
    names = [f"git/{pack_at(r.origin, r.commit)}" for r in source.repositories]
    whole = Manifest(
        mxbuild="0.1", recipe="mxnet-0.12.1", wish=Wish(), system="debian-12", arch="x86_64", python="3.11", apt=True,
        packages=dict.fromkeys(decided().install, "1.0"), lock=("1" * 64, "2" * 64),
        members=dict.fromkeys([*names, "wheels/numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl"], MEMBER),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def complaints(about: Manifest, build: Build | None = None, **asked: Any) -> str:
    build = build or decided()
    request = msgspec.structs.replace(build.request, **asked)
    try:
        vendored.check_machine(about, bookworm(), build.recipe.id, request)
        vendored.check_contents(about, build, steps(build))
    except HostError as error:
        return "\n".join(f"{c.text} -> {c.remedy}" for c in error.complaints)
    return ""


def test_the_machine_that_it_was_gathered_for_takes_everything_out_of_it() -> None:
    assert complaints(manifest()) == ""
    by_kind = {type(s): s for s in steps(decided())}
    unpacked, debs = by_kind[UnpackVendored], by_kind[InstallPackages]
    assert isinstance(unpacked, UnpackVendored)
    assert isinstance(debs, InstallPackages)
    assert unpacked.directory == f"{WHERE[1]}/vendored/{'ab' * 8}"
    assert debs.archive == f"{unpacked.directory}/debs"
    assert list(by_kind)[:3] == [UnpackVendored, InstallPackages, FetchSource]


def test_what_comes_out_of_a_file_is_what_comes_out_of_the_network() -> None:
    """The same fingerprint, places and steps: a later install without the file finds all done."""
    host = bookworm()
    online = resolve(recipe(), host, Request())
    offline = msgspec.structs.replace(
        resolve(recipe(), host, Request(vendored=FILE)), vendored=Vendored(file=FILE, sha256="ab" * 32, size=10)
    )
    assert offline.fingerprint == online.fingerprint
    where = plans.paths(online, *WHERE)
    assert plans.paths(offline, *WHERE) == where
    digests = [plans.digest(s) for s in plans.steps(online, where)]
    assert [plans.digest(s) for s in plans.steps(offline, where)][1:] == digests


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recipe": "mxnet-1.0.0"}, "holds mxnet-1.0.0, not mxnet-0.12.1"),
        ({"arch": "aarch64"}, "is for aarch64; this machine is x86_64"),
        ({"system": "ubuntu-24.04"}, "has packages of ubuntu-24.04; this machine is debian-12"),
        ({"python": "3.8"}, "has wheels for Python 3.8; /usr/bin/python3.11 is 3.11"),
        ({"packages": {}}, "has no Debian package build-essential"),
        ({"lock": ("1" * 64,)}, "has no wheel of graphviz==0.8.4"),
        ({"members": {}}, "does not have"),
    ],
)
def test_what_differs_or_lacks_something_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in complaints(manifest(**changes))


def test_all_that_differs_is_said_at_once() -> None:
    assert len(complaints(manifest(recipe="mini", arch="aarch64", system="debian-11")).splitlines()) == 3
    assert len(complaints(manifest(packages={}, lock=(), members={})).splitlines()) == 3


def test_another_distribution_is_no_matter_where_no_package_is_to_be_installed() -> None:
    assert complaints(manifest(system="ubuntu-24.04"), decided(install=()), apt=False) == ""
    assert complaints(manifest(system="ubuntu-24.04", apt=False), decided(install=())) == ""


def test_a_package_without_a_hash_is_looked_for_by_its_name() -> None:
    assert complaints(manifest(), decided(locked=(), unlocked=("numpy==1.26.4",))) == ""
    assert "numpy==1.26.3" in complaints(manifest(), decided(locked=(), unlocked=("numpy==1.26.3",)))


def test_what_the_request_leaves_open_the_file_says() -> None:
    wish = Wish(device="cpu", wanted={"opencv": False}, flags={"USE_SSE": "0"}, pins={"numpy": "1.26.3"}, target="zen3")
    about = manifest(wish=wish)
    assert vendored.wish_of(vendored.completed(Request(recipe=""), about)) == wish
    assert vendored.completed(Request(recipe=""), about).recipe == "mxnet-0.12.1"
    own = Request(recipe="mini", device="gpu", wanted={"opencv": True}, python="/usr/bin/python3", target="generic")
    done = vendored.completed(own, about)
    assert (done.recipe, done.device, done.wanted["opencv"], done.python) == ("mini", "gpu", True, "/usr/bin/python3")


def test_the_other_machine_takes_the_cuda_that_is_in_the_file() -> None:
    """On one where apt has CUDA as well, that would come first, and is not in the file."""
    asked = Request(device="gpu", cuda_arch="90")
    build = resolve(recipe(), bare(bookworm(), recipe(), asked), asked, toolkits="/c")
    wish = _wish(build, asked)
    assert (wish.cuda_from, wish.device, wish.cuda_arch) == ("wheels", "gpu", "90")
    there = bookworm(apt=msgspec.structs.replace(bookworm().apt, components=("main", "contrib", "non-free")))
    free = resolve(recipe(), there, asked, toolkits="/c").cuda
    held = resolve(recipe(), there, vendored.completed(asked, manifest(wish=wish)), toolkits="/c").cuda
    assert free is not None
    assert held is not None
    assert (free.origin, held.origin) == ("apt", "wheels")
    assert _wish(decided(), Request()).cuda_from == "auto"


@pytest.mark.parametrize("other", [{"mirror": "/srv"}, {"store": "/srv"}])
def test_a_mirror_or_a_store_beside_it_is_a_contradiction(other: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="contradict"):
        resolve(recipe(), bookworm(), Request(vendored=FILE, **other))


def test_it_is_unpacked_only_where_something_comes_out_of_it() -> None:
    build = decided(install=())
    where: Paths = plans.paths(build, *WHERE)
    todo = plans.steps(build, where)
    assert running(plans.plan(build, where, {}))[0] == "vendored"
    journal = {s.id: entry(s) for s in todo if s.id not in ("vendored", "verify")}
    assert running(plans.plan(build, where, journal)) == ["verify"]
    journal = {s.id: entry(s) for s in todo if s.id in ("source", "make", "wheel")}
    assert running(plans.plan(build, where, journal))[:2] == ["vendored", "environment"]


def test_a_bare_machine_has_nothing_that_this_one_has() -> None:
    host = bare(bookworm(), recipe(), Request())
    assert (host.packages, host.compilers, host.tools, host.libraries) == ({}, (), {}, {})
    assert host.os == bookworm().os
    assert {"build-essential", "git", "libopenblas-dev"} <= set(resolve(recipe(), host, Request()).install)


def test_the_refusal_is_an_error_of_the_machine() -> None:
    with pytest.raises(HostError, match="cannot be installed on this machine from that file") as caught:
        vendored.check_contents(manifest(packages={}), decided(), steps(decided()))
    assert all(isinstance(c, Complaint) and c.remedy for c in caught.value.complaints)
