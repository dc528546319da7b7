"""The miniature with device code, through make and verification: by a stand-in for nvcc, then by a real one if any.

The stand-in's kernels run on the CPU (tests/cuda), so that what a machine with a GPU does is gone through as well.
"""

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from mxbuild.execute import elf, fatbin, loader, make, verify
from mxbuild.model import CheckResult, Compiling, DeviceCheck, Event, Make, Variable, Verify
from tests import project
from tests.cuda import shared, toolkit
from tests.execute.pythons import published
from tests.execute.test_verify import feature

MINI = Path(__file__).parents[2] / "recipes/mini/mxbuild"
GPU_CHECKS = ("gpu_sum", "gpu_convolution", "gpu_softmax")
SOURCES = {str(path.relative_to(MINI / "mini")) for path in (MINI / "mini").rglob("*.cu")}
NVCC = shutil.which("nvcc")
FLAGS = {
    "DEBUG": "1",  # unoptimised: a third of the time
    "ADD_CFLAGS": "-g0",
    "USE_CUDA": "1",
    "USE_OPENCV": "0",
    "USE_OPENMP": "1",
    "USE_BLAS": "NONE",
    "USE_LAPACK": "0",
    "USE_GPERFTOOLS": "0",
    "USE_JEMALLOC": "0",
    "USE_KERNELS": "0",
}
SPARED = (
    "io/image_decode", "nn/fully_connected", "nn/softmax", "tensor/binary_extended", "tensor/binary_logic",
    "tensor/dot", "tensor/linalg", "tensor/reduce", "tensor/relu6", "tensor/sort", "tensor/unary_basic",
    "tensor/unary_trigonometry",
)  # fmt: skip
"""Operators that nothing here asks for: the dearest half of what there is to compile."""

ARCHITECTURES = "-gencode arch=compute_75,code=sm_75 -gencode arch=compute_90,code=[sm_90,compute_90]"

pytestmark = [
    pytest.mark.xdist_group("mini-device"),  # one worker: it is compiled once
    pytest.mark.skipif("libcuda.so.1" in loader.cache(os.environ), reason="this machine has NVIDIA's driver"),
]


class Place:
    """A tree of the miniature, a toolkit, an environment, and a directory where a driver can turn up."""

    def __init__(self, root: Path) -> None:
        self.tree, self.environment, self.driver = root / "tree", root / "environment", root / "driver"
        self.toolkit = toolkit(root / "cuda")
        for name, path in (("mini", ""), ("mini-core", "core"), ("mini-graph", "graph"), ("mini-core", "graph/core")):
            shutil.copytree(MINI / name, self.tree / path, dirs_exist_ok=True)
        for name in SPARED:
            (self.tree / "src" / ("" if name.startswith("io/") else "operator") / f"{name}.cc").unlink()
        for name in ("core", "graph", "graph/core"):
            makefile = self.tree / name / "Makefile"
            makefile.write_text(makefile.read_text().replace("-O3", "-O0"))
        with_numpy = published()
        subprocess.run([with_numpy / "bin/python", "-I", "-m", "venv", "--without-pip", self.environment], check=True)
        (site,) = self.environment.glob("lib/python*/site-packages")
        (theirs,) = with_numpy.glob("lib/python*/site-packages")
        (site / "numpy.pth").write_text(f"{theirs}\n")
        self.package = site / "mxnet"
        shutil.copytree(self.tree / "python/mxnet", self.package)

    def build(self, nvcc: str, root: Path, *more: str) -> tuple[dict[str, object], list[Event]]:
        """Make the library and put it into the environment."""
        links = [f"-L{self.toolkit}/lib64/stubs", *more, f"-Wl,-rpath,{root}/lib64:{self.driver}"]
        own = {"USE_CUDA_PATH": str(root), "CUDA_ARCH": ARCHITECTURES, "ADD_LDFLAGS": " ".join(links)}
        events: list[Event] = []
        step = self.step(nvcc, FLAGS | own)
        outcome = make.run(step, project.context(events))
        shutil.copy(self.tree / step.library, self.package / "libmxnet.so")
        return dict(outcome.evidence), events

    def step(self, nvcc: str, variables: dict[str, str]) -> Make:
        return msgspec.structs.replace(
            project.step(self.tree),
            target="lib/libmxnet.so",
            library="lib/libmxnet.so",
            variables=tuple(Variable(name, value, "") for name, value in variables.items()),
            objects={".": "ALLX_DEP", "core": "OBJ", "graph": "ALL_DEP"},
            nvcc=nvcc,
        )

    def verify(self, *, gpu: bool) -> verify.Findings:
        check = DeviceCheck(
            sass=("7.5", "9.0"), ptx="9.0", gpu=gpu, forbidden=(f"{self.toolkit}/lib64/stubs",), driver=gpu, cudnn="",
            checks=GPU_CHECKS,
        )  # fmt: skip
        step = Verify(
            environment=str(self.environment),
            wheel="",
            package="mxnet",
            release="0.1.0",
            features=(feature("cuda", needed=("libcudart",), symbols=("cudaMalloc", "cuDriverGetVersion")),),
            checks=("import", "version", "library", "custom_softmax"),
            device=check,
            log=str(self.tree.parent / "verify.log"),
        )
        return verify.examine(step, os.environ, lambda event: None, "")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("mini"))


@pytest.fixture(scope="module")
def built(place: Place) -> tuple[dict[str, object], list[Event]]:
    return place.build(str(place.toolkit / "bin/nvcc"), place.toolkit)


def statuses(found: verify.Findings) -> dict[str, str]:
    return {c.name: c.status for c in found.all}


def test_every_cu_is_compiled_and_counted_once(place: Place, built: tuple[dict[str, object], list[Event]]) -> None:
    evidence, events = built
    totals = {e.total for e in events if isinstance(e, Compiling)}
    assert totals == {evidence["objects"]}, "what make itself lists, and nothing more on the way"
    assert evidence["compiled"] == evidence["objects"]
    entries = project.ledger(place.step("", {})).finished
    assert {e.source for e in entries.values() if e.source.endswith(".cu")} == SOURCES
    assert not [name for name in entries if "cudafe" in name]
    device = evidence["device"]
    assert isinstance(device, dict)
    assert device["compiled"] == len(SOURCES)


def test_without_a_gpu_the_cpus_side_is_proved(place: Place, built: object) -> None:
    found = place.verify(gpu=False)
    assert [f"{c.name}: {c.detail}" for c in found.all if not c.ok] == []
    assert {name for name, status in statuses(found).items() if status == "not run"} == set(GPU_CHECKS)
    rows = {c.name: c.detail for c in found.all}
    assert rows["architectures"] == f"sm_75, sm_90, PTX 9.0 in each of {len(SOURCES)} parts"
    assert rows["import"].endswith("with a stub in place of the driver")
    assert rows["run_path"].startswith(f"{place.toolkit}/lib64, {place.driver}; ")
    assert "libcuda.so.1" in elf.facts(str(place.package / "libmxnet.so")).dynamic.needed


def test_with_a_gpu_all_of_it_is_run(place: Place, built: object) -> None:
    shared(place.driver / "libcuda.so", "int cuDriverGetVersion(int *out) { *out = 13000; return 0; }", "libcuda.so.1")
    try:
        found = place.verify(gpu=True)
    finally:
        shutil.rmtree(place.driver)
    assert [f"{c.name}: {c.detail}" for c in found.all if c.status != "passed"] == []
    rows = {c.name: c.detail for c in found.all}
    assert rows["gpu_sum"] == "four times 1 + 1 on gpu(0) is 8"
    assert rows["gpu_softmax"] == "forward and backward on gpu(0) are numpy's"
    assert "stub" not in rows["import"]


def test_where_the_driver_finds_no_gpu_the_checks_on_it_fail(place: Place, built: object) -> None:
    shared(place.driver / "libcuda.so", "int cuDriverGetVersion(int *out) { return 100; }", "libcuda.so.1")
    try:
        found = place.verify(gpu=True)
    finally:
        shutil.rmtree(place.driver)
    failed = {c.name: c.detail for c in found.all if c.status != "passed"}
    assert set(failed) == set(GPU_CHECKS)
    assert all("no driver answers" in detail for detail in failed.values())
    assert not found.ok


@pytest.mark.skipif(NVCC is None, reason="no nvcc on this machine")
def test_a_real_nvcc_on_this_machine(place: Place, built: object) -> None:
    assert NVCC is not None
    said = subprocess.run([NVCC, "-v", "-c", "none.cu"], capture_output=True, text=True, check=False).stderr
    tops = [line.split("=", 1)[1] for line in said.splitlines() if line.startswith("#$ TOP=")]
    codes = subprocess.run([NVCC, "--list-gpu-code"], capture_output=True, text=True, check=False).stdout.split()
    if not tops or not Path(tops[0], "lib64/libcudart.so").exists():
        pytest.skip("this nvcc's toolkit has no lib64/libcudart.so")
    if not {"sm_75", "sm_90"} <= set(codes):
        pytest.skip("this nvcc does not know sm_75 and sm_90")
    # Libraries that the miniature links, as MXNet does, and does not use: a toolkit may lack them.
    spare = place.tree.parent / "spare"
    for name in ("cublas", "curand"):
        if not (spare / f"lib{name}.so").exists():
            shared(spare / f"lib{name}.so", "", f"lib{name}.so.0")
    # One is enough: the others keep what the stand-in made, with a real one's device code for the same architectures.
    for path in (place.tree / "build").rglob("sum_gpu.*"):
        path.unlink()
    evidence, _ = place.build(NVCC, Path(tops[0]).resolve(), f"-L{spare}", f"-Wl,-rpath,{spare}")
    assert evidence["compiled"] == 1, "nothing but that one is compiled anew"
    code = fatbin.read(str(place.package / "libmxnet.so"))
    assert (code.sass, code.ptx, len(code.containers)) == (("7.5", "9.0"), ("9.0",), len(SOURCES))
    found = place.verify(gpu=False)
    assert [f"{c.name}: {c.detail}" for c in found.all if not c.ok] == []
    assert sum(isinstance(c, CheckResult) and c.status == "not run" for c in found.all) == len(GPU_CHECKS)
