"""What goes and what stays: a place with everything that can be there, each once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mxbuild.execute import journal, lock, receipt, runlog
from mxbuild.garbage import Found, collect, find
from mxbuild.locations import Locations
from mxbuild.model import Activate, Begun, InstallPackages, Outcome, StepFinished, Variable
from tests.ui import values

WHOLE, STOPPED, OLD = "toy-1.2-f1", "toy-1.2-f2", "toy-1.1-f3"
"""Builds: with an environment, stopped while it compiled, done and uninstalled since."""


def file(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(b"x" * 5000)


def begun(environment: str, toolkit: str) -> Begun:
    return Begun(
        mxbuild="0", recipe="toy-1.2", fingerprint="f", environment=environment, host="", compiler="", python="",
        jobs=1, ccache="", variables=(Variable("USE_CUDA_PATH", toolkit, ""),), rules=(), decisions=(),
    )  # fmt: skip


@pytest.fixture
def where(tmp_path: Path) -> Locations:
    place = Locations(*(str(tmp_path / name) for name in ("prefix", "cache", "state")))
    for name, ended in ((WHOLE, True), (STOPPED, False), (OLD, True)):
        environment, records = f"{place.prefix}/envs/{name}-py3", f"{place.state}/builds/{name}"
        log = runlog.RunLog(records)
        log.watch(begun(environment, f"{place.cache}/cuda/{name}"))
        if ended:
            log.watch(StepFinished(id="activate", title="", seconds=0.0, detail=""))
        for made in ("ledger.jsonl", "lock", "bin/g++", "make.log"):
            file(f"{records}/{made}")
        for made in (f"trees/{name}/a.o", f"cuda/{name}/bin/nvcc", f"cuda/{name}.lock"):
            file(f"{place.cache}/{made}")
        file(f"{place.prefix}/wheels/{name.rpartition('-')[2]}/toy.whl")
        if name != OLD:
            file(f"{environment}/lib/a.py")
    proof = msgspec.structs.replace(
        values.RECEIPT, recipe="toy-1.2", fingerprint="f1", wheel=f"{place.prefix}/wheels/f1/toy.whl"
    )
    receipt.write(proof, f"{place.prefix}/envs/{WHOLE}-py3/receipt.json")
    (tmp_path / "prefix/current").symlink_to(f"envs/{WHOLE}-py3")
    for made in ("envs/half/a", "envs/.removed-1-x/a", "wheels/f1/toy.whl.partial"):
        file(f"{place.prefix}/{made}")
    (tmp_path / "prefix/current.partial-1").symlink_to("envs/x")
    for made in (
        f"trees/{STOPPED}.partial/a",
        "trees/unknown/a",
        "cuda/gone.lock",
        "cuda/13.partial/a",
        "ccache/0/a",
        "git/github.com/a/pack-1.pack",
    ):
        file(f"{place.cache}/{made}")
    file(f"{place.cache}/pip/not-ours")
    file(f"{place.state}/apt/1.log.json")
    return place


def names(found: Found, where: Locations) -> dict[str, str]:
    """Path below the root -> kind."""
    root = os.path.dirname(where.prefix)
    return {os.path.relpath(item.path, root): item.kind for item in found.items}


PLAIN = {
    "prefix/envs/half": "environments",
    "prefix/envs/.removed-1-x": "leftovers",
    "prefix/current.partial-1": "leftovers",
    "prefix/wheels/f1/toy.whl.partial": "leftovers",
    "prefix/wheels/f3": "wheels",
    f"cache/trees/{WHOLE}": "trees",
    f"cache/trees/{OLD}": "trees",
    "cache/trees/unknown": "trees",
    f"state/builds/{OLD}": "records",
    f"state/builds/{WHOLE}/bin": "launchers",
    f"cache/cuda/{OLD}": "toolkits",
    "cache/cuda/gone.lock": "leftovers",
    "cache/cuda/13.partial": "leftovers",
}
MORE = {
    f"cache/trees/{STOPPED}": "trees",
    f"cache/trees/{STOPPED}.partial": "trees",
    f"state/builds/{STOPPED}": "records",
    f"cache/cuda/{STOPPED}": "toolkits",
    f"prefix/envs/{STOPPED}-py3": "environments",
    "prefix/wheels/f2": "wheels",
    "cache/ccache": "caches",
    "cache/git": "caches",
}


def test_what_nothing_needs_is_found_and_nothing_else(where: Locations) -> None:
    found = find(where)
    assert names(found, where) == PLAIN
    assert {(k.what, k.spared) for k in found.kept} == {
        (STOPPED, True),
        ("compiled objects (ccache)", True),
        ("sources fetched before (git)", True),
    }
    assert all(k.bytes > 0 for k in found.kept)
    assert names(find(where, everything=True), where) == PLAIN | MORE


@pytest.mark.parametrize("everything", [False, True])
def test_it_is_removed_and_what_is_needed_stays(where: Locations, everything: bool) -> None:
    root = Path(where.prefix).parent
    before = {p for p in root.rglob("*") if p.is_file()}
    found = find(where, everything=everything)
    gone = collect(found, where, everything=everything, watch=lambda event: None)
    assert {item.path for item in gone} == {item.path for item in found.items}
    left = {p for p in root.rglob("*") if p.is_file()} - {Path(where.state, lock.WORKING)}
    taken = {item.path for item in gone} | {f"{item.path}.lock" for item in gone if item.shared}
    assert before - left == {p for p in before if any(p.is_relative_to(path) for path in taken)}
    assert left <= before, "nothing new"
    assert find(where, everything=everything).items == ()
    assert Path(where.prefix, "current", "receipt.json").is_file()
    assert Path(where.cache, "pip", "not-ours").is_file()


HOLDER = """
import sys
from mxbuild.execute import lock
with lock.held(sys.argv[1], lambda who: None, shared=len(sys.argv) > 2):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def held(request: pytest.FixtureRequest, where: Locations) -> Iterator[str]:
    """Another process holds a lock below the state's directory."""
    path, *shared = request.param
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, f"{where.state}/{path}", *shared], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield str(path)
        holder.communicate(b"\n")


@pytest.mark.parametrize("held", [(f"builds/{STOPPED}/lock",)], indirect=True)
def test_a_build_that_runs_keeps_all_that_it_has(where: Locations, held: str) -> None:
    found = find(where, everything=True)
    assert names(found, where) == PLAIN | {"cache/ccache": "caches", "cache/git": "caches"}
    assert [k.why for k in found.kept] == ["is being built now"]


@pytest.mark.parametrize("held", [("working", "shared")], indirect=True)
def test_while_a_build_runs_what_builds_share_stays(where: Locations, held: str) -> None:
    said: list[object] = []
    gone = collect(find(where), where, everything=False, watch=said.append)
    assert not [item for item in gone if item.shared]
    assert len(gone) == len([kind for kind in PLAIN if not kind.startswith("cache/cuda")])
    assert "a build runs" in str(said[0])


def test_what_is_needed_by_now_stays(where: Locations) -> None:
    found = find(where)
    runlog.RunLog(f"{where.state}/builds/{WHOLE}").watch(begun(f"{where.prefix}/envs/half", "NONE"))
    gone = {os.path.relpath(i.path, os.path.dirname(where.prefix)) for i in
            collect(found, where, everything=False, watch=lambda event: None)}  # fmt: skip
    assert gone == PLAIN.keys() - {
        "prefix/envs/half", f"cache/trees/{WHOLE}", f"state/builds/{WHOLE}/bin", "prefix/wheels/f1/toy.whl.partial",
    }  # fmt: skip


def test_an_environment_under_another_prefix_keeps_its_builds_records(where: Locations, tmp_path: Path) -> None:
    other = Locations(str(tmp_path / "other"), where.cache, where.state)
    assert f"state/builds/{WHOLE}" not in names(find(other), where)
    assert f"state/builds/{OLD}" in names(find(other), where)


def test_records_of_an_mxbuild_that_wrote_no_runs_down(where: Locations) -> None:
    records = f"{where.state}/builds/toy-1.0-f4"
    step = Activate(environment="e", current="c", receipt="r", wheel="w")
    file(f"{records}/ledger.jsonl")
    assert "toy-1.0-f4" in {k.what for k in find(where).kept}, "it was stopped while it compiled"
    journal.append(records, step, Outcome(id="activate", status="done", seconds=0.0, detail=""))
    assert names(find(where), where)["state/builds/toy-1.0-f4"] == "records"


def test_a_plan_that_ended_with_debians_packages_is_no_stopped_build(where: Locations) -> None:
    """With them there, it was decided anew: what came after has records of its own."""
    log = runlog.RunLog(f"{where.state}/builds/toy-1.0-f5")
    log.watch(begun(f"{where.prefix}/envs/toy-1.0-f5", ""))
    assert "toy-1.0-f5" in {k.what for k in find(where).kept}, "apt-get was stopped"
    log.watch(
        StepFinished(
            id=InstallPackages(packages=(), right="root", unconfigured=False).id, title="", seconds=0.0, detail=""
        )
    )
    assert names(find(where), where)["state/builds/toy-1.0-f5"] == "records"


def test_a_link_in_the_cache_leads_to_what_is_not_ours(where: Locations, tmp_path: Path) -> None:
    (tmp_path / "cache/ccache").rename(tmp_path / "mine")
    (tmp_path / "cache/ccache").symlink_to(tmp_path / "mine")
    assert "cache/ccache" not in names(find(where, everything=True), where)


def test_who_gets_the_lock_of_a_deleted_file_asks_again(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")

    def deleted(holder: str) -> None:
        os.unlink(path)
        os.close(first)

    first = lock._got(path, shared=False)
    with lock.held(path, deleted) as descriptor:
        assert os.fstat(descriptor).st_ino == os.stat(path).st_ino
        assert lock.taken(path)
        with lock.tried(path) as mine:
            assert not mine
    assert not lock.taken(path)
