"""What follows from which fact, and with which command."""

import pytest

from mxbuild.doctor import Facts, findings
from mxbuild.doctor.model import Absent, BuildState, Changed, Directory, Driver
from tests.doctor.facts import CACHE, FACTS, GPU, NAME, PREFIX, STATE, changed, environment

OPENCV = Absent(name="libopencv_core.so.406", wanted_by="/x/libmxnet.so", package="libopencv-core406")
ORPHANED = BuildState(
    name="mxnet-1.0.0-292517010f7f5dea", recipe="mxnet-1.0.0", running=True, holder="process 12: mxbuild install",
    alive=False, orphans=(34, 56),
)  # fmt: skip
FAILED = BuildState(
    name="mxnet-1.0.0-292517010f7f5dea", recipe="mxnet-1.0.0", running=False, step="Compile", message="a.cc:1: no",
    log=f"{STATE}/builds/x/make.log",
)  # fmt: skip


def driver(version: str, library: str = "") -> Facts:
    return changed(driver=Driver(loaded=version, library=library or version, nodes=bool(version)))


def disk(free: int) -> Facts:
    row = Directory(what="caches", path=CACHE, writable=True, owner="user", free=free)
    return changed(directories=(row, row))


def test_where_all_is_well_there_is_nothing_to_say() -> None:
    assert findings(FACTS) == ()


@pytest.mark.parametrize(
    ("facts", "text", "command"),
    [
        (environment(absent=(OPENCV,)), "libopencv_core.so.406, which libmxnet.so needs", "libopencv-core406"),
        (environment(runs=False, interpreter="/usr/bin/python3.11"), "its Python (/usr/bin/python3.11) is gone", NAME),
        (environment(interpreter="/usr/bin/python3.12"), "is 3.12 now; its packages are for 3.11", f"uninstall {NAME}"),
        (environment(library=""), "libmxnet.so is gone", f"mxbuild verify --repair {NAME}"),
        (environment(library="", wheel=False), "libmxnet.so is gone", "mxbuild install mxnet-0.12.1"),
        (environment(unreadable="no ELF"), "cannot be read: no ELF", "--repair"),
        (environment(altered=("/a was changed",) * 5), "/a was changed and 2 more", "--repair"),
        (environment(lacking=("avx512f",)), "a processor with avx512f", "mxbuild install"),
        (changed(dangling="/gone"), "/gone", "mxbuild rollback"),
        (disk(1000), "are free", "mxbuild gc"),
        (driver("580.65.06", "590.1.1"), "half done", "reboot"),
        (driver("470.82.01"), "needs driver 580", "check --gpu"),
        (driver(""), "driver with which it was verified", "nvidia-smi"),
        (changed(builds=(ORPHANED,)), "process 12", "kill 34 56"),
        (
            changed(
                directories=(Directory(what="caches", path=f"{CACHE} x", writable=False, owner="root", free=None),)
            ),
            "belongs to root",
            f"sudo chown -R \"$USER\" '{CACHE} x'",
        ),
    ],
)
def test_what_is_ill_has_its_command(facts: Facts, text: str, command: str) -> None:
    (one,) = [f for f in findings(facts) if f.level == "ill"]
    assert text in one.text
    assert any(command in line for line in one.commands), one.commands


@pytest.mark.parametrize(
    ("facts", "text", "command"),
    [
        (environment(wheel=False), "its wheel is gone", "mxbuild install mxnet-0.12.1"),
        (
            environment(changed=(Changed(name="libopencv-dev", then="4.6", now="4.10"),)),
            "libopencv-dev is 4.10 now, was 4.6",
            f"mxbuild verify {NAME}",
        ),
        (changed(builds=(FAILED,)), "a.cc:1: no", f"mxbuild explain-log {STATE}/builds/x/make.log"),
        (changed(unfinished=(f"{PREFIX}/envs/half",)), "never finished: half", "mxbuild gc"),
        (disk(2 << 30), "a build takes up to 5", "mxbuild gc"),
    ],
)
def test_what_is_only_worth_knowing_is_no_illness(facts: Facts, text: str, command: str) -> None:
    (one,) = findings(facts)
    assert one.level == "note"
    assert text in one.text
    assert command in one.commands


def test_builds_that_were_stopped_are_one_remark() -> None:
    names = [f"mxnet-1.{n}.0-0123456789ab" for n in range(9)]
    stopped = tuple(BuildState(name=n, recipe=n.rpartition("-")[0], running=False) for n in names)
    (one,) = findings(changed(builds=stopped))
    assert "and 6 more" in one.text
    assert one.commands[-1] == "mxbuild gc --all"


def test_a_gpu_build_that_never_saw_a_driver_misses_none() -> None:
    facts = environment(GPU, driver=False)
    assert findings(changed(environments=facts.environments, driver=Driver(loaded="", library="", nodes=False))) == ()


def test_packages_that_only_the_build_needed_may_go() -> None:
    assert findings(environment(changed=(Changed(name="libopencv-dev", then="4.6", now=""),))) == ()


def test_what_is_ill_comes_first() -> None:
    levels = [f.level for f in findings(environment(wheel=False, lacking=("avx2",)))]
    assert levels == ["ill", "note"]
