import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild.model import (
    AssembleToolkit,
    Build,
    CreateEnvironment,
    Cuda,
    InstallPackages,
    JournalEntry,
    Make,
    PackWheel,
    Plan,
    Request,
    Step,
    Vendored,
)
from mxbuild.resolve import resolve
from mxbuild.resolve.bundle import bundle, bundled_toolkit
from mxbuild.script import render
from mxbuild.ui import plan as screen
from tests.machines import bare, bookworm, may, recipe

WHERE = ("/home/user/p", "/home/user/c", "/home/user/s")
ORDER = ["source", "make", "wheel", "environment", "verify", "activate"]


def built(host=None, **asked: object) -> Build:  # type: ignore[no-untyped-def]
    return resolve(recipe(), host or bookworm(), Request(**asked))  # type: ignore[arg-type]


def bundled() -> Build:
    """The same for the GPU, with a toolkit of NVIDIA's packages."""
    cuda = Cuda(
        toolkit=bundled_toolkit(bundle(), "/home/user/c/cuda"), origin="wheels", bundle=bundle(), sass=("9.0",),
        ptx="9.0", cudnn=None, stubs="", run_path=(), gpu=False, driver=False,
    )  # fmt: skip
    return msgspec.structs.replace(built(), device="gpu", cuda=cuda)


def entry(step: Step, damage: str = "") -> JournalEntry:
    return JournalEntry(
        id=step.id, digest=plans.digest(step), finished=1.0, seconds=2.0, detail=f"{step.id} detail", damage=damage
    )


def planned(build: Build, done: dict[str, str]) -> Plan:
    """Args: done: step id -> what is wrong with what it left."""
    where = plans.paths(build, *WHERE)
    journal = {s.id: entry(s, done[s.id]) for s in plans.steps(build, where) if s.id in done}
    return plans.plan(build, where, journal)


def running(plan: Plan) -> list[str]:
    return [p.step.id for p in plans.to_run(plan)]


def test_nothing_done_everything_runs_in_order_with_reasons() -> None:
    plan = planned(built(), {})
    assert running(plan) == ORDER
    assert all(p.why for p in plan.steps)


def test_all_done_nothing_runs() -> None:
    assert running(planned(built(), dict.fromkeys(ORDER, ""))) == []


@pytest.mark.parametrize(
    ("done", "runs"),
    [
        ({"source": ""}, ORDER[1:]),
        ({"source": "", "make": ""}, ORDER[2:]),
        (dict.fromkeys(ORDER, "") | {"source": "the tree is gone"}, []),
        (dict.fromkeys(ORDER, "") | {"source": "the tree is gone", "make": "the library is gone"}, []),
        (dict.fromkeys(ORDER, "") | {"wheel": "it is gone"}, ORDER[2:]),
        (dict.fromkeys(ORDER, "") | {"wheel": "gone", "make": "gone"}, ORDER[1:]),
        (dict.fromkeys(ORDER, "") | {"wheel": "gone", "make": "gone", "source": "gone"}, ORDER),
        (dict.fromkeys(ORDER, "") | {"environment": "gone"}, ORDER[3:]),
        (dict.fromkeys(ORDER, "") | {"verify": "gone"}, ["verify"]),
        (dict.fromkeys(ORDER, "") | {"activate": "another one is current"}, ["activate"]),
        (dict.fromkeys(ORDER[:3], ""), ORDER[3:]),
    ],
)
def test_a_plan_is_read_from_its_end(done: dict[str, str], runs: list[str]) -> None:
    assert running(planned(built(), done)) == runs


def test_damage_is_the_reason_to_run_again() -> None:
    plan = planned(built(), dict.fromkeys(ORDER, "") | {"environment": "python is gone"})
    assert next(p.why for p in plan.steps if p.step.id == "environment") == "done before, but python is gone"


def test_apt_comes_first_and_only_where_something_is_missing() -> None:
    assert not any(isinstance(p.step, InstallPackages) for p in planned(built(), {}).steps)
    first = planned(built(may(bare(), "sudo")), {}).steps[0]
    assert isinstance(first.step, InstallPackages)
    assert first.step.right == "sudo"
    assert first.why.startswith("missing: ")


def test_an_interrupted_dpkg_is_put_right_first() -> None:
    host = bare()
    host = msgspec.structs.replace(host, apt=msgspec.structs.replace(host.apt, interrupted=True))
    step = planned(built(host), {}).steps[0].step
    assert isinstance(step, InstallPackages)
    assert step.unconfigured


def test_another_flag_is_another_tree_wheel_and_environment() -> None:
    one, other = (plans.paths(built(flags=f), *WHERE) for f in ({}, {"DEBUG": "1"}))
    assert {one.tree, one.wheel, one.environment, one.records}.isdisjoint(
        {other.tree, other.wheel, other.environment, other.records}
    )


def test_jobs_change_no_digest() -> None:
    builds = (built(jobs=2), built(jobs=4))
    two, four = ({s.id: plans.digest(s) for s in plans.steps(b, plans.paths(b, *WHERE))} for b in builds)
    assert two == four


@pytest.mark.parametrize(
    ("mirror", "url"),
    [
        (None, "https://github.com/dmlc/dmlc-core.git"),
        ("/srv/mirror", "/srv/mirror/dmlc/dmlc-core.git"),
        ("https://git.example.org/m/", "https://git.example.org/m/dmlc/dmlc-core.git"),
    ],
)
def test_a_mirror_is_asked_for_owner_and_name(mirror: str | None, url: str) -> None:
    repositories = plans.repositories(built(mirror=mirror))
    core = next(r for r in repositories if r.path == "dmlc-core")
    assert (core.url, core.origin) == (url, "https://github.com/dmlc/dmlc-core.git")
    assert {r.path for r in repositories} >= {"", "nnvm/plugin/nnvm-fusion"}
    assert len(repositories) == 9


def test_the_same_request_gives_the_same_plan() -> None:
    assert msgspec.json.encode(planned(built(), {})) == msgspec.json.encode(planned(built(), {}))


def test_the_script_has_every_variable_with_its_reason_and_every_commit() -> None:
    plan = planned(built(bare()), {})
    text = render(plan)
    make = next(p.step for p in plan.steps if isinstance(p.step, Make))
    for variable in make.variables:
        assert f"{variable.name}=" in text
        assert variable.why in text
    for repository in plans.repositories(plan.build):
        assert repository.commit in text
    assert "apt-get install -y --no-install-recommends build-essential" in text


@pytest.mark.parametrize(
    ("done", "runs"),
    [
        ({}, ["cuda", *ORDER]),
        ({"source": ""}, ["cuda", *ORDER[1:]]),
        ({"source": "", "cuda": ""}, ORDER[1:]),
        ({"cuda": ""}, ORDER),
        ({"source": "", "cuda": "gone"}, ["cuda", *ORDER[1:]]),
        ({"source": "", "make": "", "cuda": "gone"}, ORDER[2:]),
        (dict.fromkeys(ORDER, "") | {"cuda": "gone"}, []),
        (dict.fromkeys(ORDER, "") | {"cuda": "gone", "make": "gone", "wheel": "gone"}, ["cuda", *ORDER[1:]]),
    ],
)
def test_a_toolkit_is_put_together_for_make_alone(done: dict[str, str], runs: list[str]) -> None:
    plan = planned(bundled(), done)
    assert running(plan) == runs
    assert all(p.why for p in plan.steps)


def test_the_packages_of_the_toolkit_are_shown_with_their_size_and_without_hashes() -> None:
    plan = planned(bundled(), {})
    text = " ".join(screen.render(plan, 200).split())
    assert "Put CUDA 13.0.3 together run not done yet; 12 packages, 1.3 GB, from PyPI" in text
    made = {type(p.step): p.step for p in plan.steps}
    environment, wheel = made[CreateEnvironment], made[PackWheel]
    assert isinstance(environment, CreateEnvironment)
    assert isinstance(wheel, PackWheel)
    assert "nvidia-cublas==13.1.1.3" in environment.pins
    assert "nvidia-cublas==13.1.1.3" in wheel.requires
    assert len(environment.hashed) == 8
    done = planned(bundled(), {"cuda": ""})
    assert "from PyPI" not in screen.render(done, 200)
    file = Vendored(file="/media/m.tar", sha256="ab" * 32, size=10)
    offline = planned(msgspec.structs.replace(bundled(), vendored=file), {})
    assert "12 packages, 1.3 GB, from the vendored file" in " ".join(screen.render(offline, 200).split())


def test_the_script_pins_what_it_downloads() -> None:
    plan = planned(bundled(), {})
    step = next(p.step for p in plan.steps if isinstance(p.step, AssembleToolkit))
    text = render(plan)
    assert all(text.count(f"'{pin}'") == 1 + (pin in step.bundle.runtime) for pin in step.bundle.packages)
    assert text.count("--require-hashes") == 2


def test_the_script_imports_with_a_stand_in_where_there_is_no_driver(tmp_path: Path) -> None:
    assert "LD_LIBRARY_PATH" not in render(planned(built(), {}))
    text = render(planned(bundled(), {})).partition("# NVIDIA's driver is not here")[2]
    assert text
    site, python = tmp_path / "mxnet", str(tmp_path / "python")
    site.mkdir()
    ours = "int cuInit(unsigned); int ask(void) { return cuInit(0); }"
    gcc = ("gcc", "-shared", "-fPIC", "-x", "c", "-")
    subprocess.run(
        [*gcc, "-Wl,-soname,libcuda.so.1", "-o", tmp_path / "libcuda.so"], input=b"int cuInit(){}", check=True
    )
    link = ("-x", "none", f"-L{tmp_path}", "-Wl,--no-as-needed,-z,now", "-lcuda")
    subprocess.run([*gcc, "-o", site / "libmxnet.so", *link], input=ours.encode(), check=True)
    tried = f"import ctypes; print(ctypes.CDLL('{site}/libmxnet.so').ask())"
    Path(python).write_text(f'#!/bin/sh\nexec {sys.executable} -c "{tried}"\n')
    Path(python).chmod(0o755)
    whole = re.sub(r'"\$\(.*\)/mxnet"', str(site), text.partition("\n")[2])
    whole = re.sub(r"/\S+/bin/python", python, whole)
    done = subprocess.run(["sh", "-euc", whole], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "100\n"), done.stderr
