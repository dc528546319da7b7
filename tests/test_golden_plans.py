"""Captured machine x recipe x request -> the plan, whole: a review of behaviour is a review of a diff."""

from functools import cache
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from mxbuild import plan as plans
from mxbuild.detect import detect
from mxbuild.errors import HostError
from mxbuild.model import Host, Request
from mxbuild.recipe import lockfile
from mxbuild.resolve import resolve
from mxbuild.system import System
from mxbuild.ui import failure
from mxbuild.ui.plan import render
from tests.machines import GPU_MACHINES, RECIPES, recipe

HOSTS = Path(__file__).parent / "hosts"
MACHINES = sorted({p.parent.name for p in HOSTS.glob("*/commands.toml")} - {*GPU_MACHINES})
LOCK = lockfile.of(RECIPES / "mxnet-0.12.1.toml", "mxnet")
WHERE = ("/home/user/.local/share/mxbuild", "/home/user/.cache/mxbuild", "/home/user/.local/state/mxbuild")

REQUESTS = {
    "default": Request(),
    "gpu": Request(device="gpu"),
    "auto": Request(),
    "gpu-system": Request(device="gpu", cuda_from="system"),
    "gpu-wheels": Request(device="gpu", cuda_from="wheels"),
    "gpu-apt": Request(device="gpu", cuda_from="apt"),
    "gpu-with-cudnn": Request(device="gpu", wanted={"cudnn": True}),
    "gpu-without-cudnn": Request(device="gpu", wanted={"cudnn": False}),
    "gpu-arch": Request(device="gpu", cuda_arch="7.0,8.6"),
    "gpu-all": Request(device="gpu", cuda_arch="all-supported"),
    "no-apt": Request(apt=False),
    "target-native": Request(target="native"),
    "target-v3": Request(target="x86-64-v3"),
    "target-v4": Request(target="x86-64-v4"),
    "without-all": Request(wanted=dict.fromkeys(("lapack", "opencv", "openmp", "graphviz"), False)),
}
CASES = [(m, "default") for m in MACHINES] + [
    ("debian-12", "gpu"),
    ("debian-12", "without-all"),
    ("debian-12-bare", "no-apt"),
    ("fedora-40-no-apt", "without-all"),
    ("fedora-40-no-apt", "gpu-arch"),
    ("debian-12", "gpu-arch"),
    ("debian-13", "target-v4"),
    ("ubuntu-18.04", "target-native"),
    ("ubuntu-20.04", "target-v3"),
    ("aarch64-ubuntu-22.04", "target-native"),
]
CASES += [(m, "gpu") for m in GPU_MACHINES]
CASES += [
    ("h100-ubuntu-22.04-cuda-12.4", "auto"),
    ("h100-ubuntu-22.04-cuda-12.4", "gpu-wheels"),
    ("h100-ubuntu-22.04-cuda-12.4", "gpu-apt"),
    ("h200-ubuntu-22.04-cuda-13-wheels", "gpu-system"),
    ("k80-ubuntu-20.04-cuda-12.2", "auto"),
    ("k80-ubuntu-20.04-cuda-12.2", "gpu-system"),
    ("t4-ubuntu-20.04-driver-450-cuda-11.8", "gpu-system"),
    ("nouveau-ubuntu-22.04", "auto"),
    ("container-nothing-injected", "auto"),
    ("radeon-ubuntu-22.04", "auto"),
    ("radeon-ubuntu-22.04", "gpu-wheels"),
    ("rtx4090-ubuntu-24.04-driver-only", "auto"),
    ("rtx5090-ubuntu-24.04-fresh", "gpu-system"),
    ("no-card-ubuntu-22.04-cuda-12.4", "gpu-arch"),
    ("no-card-ubuntu-22.04-cuda-12.4", "gpu-all"),
    ("cudnn-9-ubuntu-22.04-cuda-12.4", "gpu-with-cudnn"),
    ("rtx3090-ubuntu-20.04-cuda-11.4", "gpu-without-cudnn"),
]


class Golden(SingleFileSnapshotExtension):
    """One text file for each case."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@cache
def host(machine: str) -> Host:
    return detect(System.captured(HOSTS / machine), places=("/home/user",))


def planned(machine: str, request: Request) -> str:
    try:
        build = resolve(recipe(), host(machine), request, toolkits=f"{WHERE[1]}/cuda", lock=LOCK)
    except HostError as error:
        return failure.render(error, width=100)
    return render(plans.plan(build, plans.paths(build, *WHERE), {}), verbose=True)


@pytest.mark.parametrize(("machine", "asked"), CASES)
def test_golden_plan(machine: str, asked: str, snapshot: SnapshotAssertion) -> None:
    text = planned(machine, REQUESTS[asked])
    assert text == snapshot(extension_class=Golden)


def test_there_are_machines_enough() -> None:
    assert len(MACHINES) >= 12
