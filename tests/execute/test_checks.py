"""The checks on a real MXNet from the package index: all pass there, and each fails where its part is broken."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from mxbuild.execute import runtime, verify
from mxbuild.model import CheckResult, FeatureCheck, Verify
from mxbuild.recipe.model import CHECKS
from tests.execute.pythons import bare_environment, library, published

pytestmark = pytest.mark.xdist_group("checks")  # one worker: the driver runs once

FEATURES = {
    "blas": (("libopenblas",), ("cblas_sgemm",), ("dot",)),
    "lapack": ((), ("spotrf_",), ()),
    "openmp": (("libgomp",), ("GOMP_parallel*",), ()),
    "onednn": ((), ("_ZN4dnnl*",), ()),
}

GPU = {name for name in CHECKS if name.startswith(runtime.ON_GPU)}

DRIVER = '''
"""All checks in one process, since importing MXNet takes seconds: on MXNet as it is, then with one thing after the
other broken, at last those for a GPU with something in cuDNN's place."""
import contextlib, ctypes, io, json, os, runpy, sys, traceback
import mxnet as mx

scripts, library, second_openmp, serial_openmp, cudnn, *whole = sys.argv[1:]
assign, calls = mx.operator.CustomOp.assign, []

def ran(check, loaded=library, version="8.9.2"):
    sys.argv = [check, "mxnet", "1.9.1", loaded, version]
    try:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            runpy.run_path(scripts + "/" + check + ".py", run_name="__main__")
        return "passed", printed.getvalue().strip()
    except SystemExit as end:
        return "failed", str(end)
    except Exception:
        return "failed", traceback.format_exc().strip()

def scaled(place, name, by):
    real = getattr(place, name)
    return place, name, lambda *a, **k: real(*a, **k) * by

def zeroes(op, dst, req, src):
    dst[:] = 0

def backwards(self, destination, request, source):
    """Forward and backward take turns: each second result has the wrong sign."""
    calls.append(1)
    assign(self, destination, request, source if len(calls) % 2 else source * -1)

def shuffled(*a, **k):
    return reader(*a, **dict(k, shuffle=True))

def discarding(*a, **k):
    return reader(*a, **dict(k, last_batch_handle="discard"))

def unadded(self, destination, request, source):
    destination[:] = source

def nothing_through(self, in_data, out_data):
    out_data[0][:] = 0

def twos(self, out_grad, in_data, out_data, in_grad):
    in_grad[0][:] = 2.0

def doubled(*a):
    """What lies in the library's memory, changed on the way."""
    array = shared(*a)
    array *= 2
    return array

def doubled_inputs(handle, writable):
    array = ndarray(handle, writable=writable)
    return array if writable else array * 2

def crossed(self):
    batch = step(self)
    batch.data, batch.label = batch.label, batch.data
    return batch

def with_padding(self, data):
    return mx.nd.concat(predict(self, data), mx.nd.zeros((2, 2)), dim=0)

def other_weights(prefix, epoch):
    symbol, weights, states = load(prefix, epoch)
    return symbol, {name: value * 1.5 for name, value in weights.items()}, states

def thawed(self, *a, **k):
    init(self, *a, **dict(k, fixed_param_names=None))

def stuck(self, symbol, **k):
    own = {"fixed_param_names": ["fc1_weight", "fc1_bias"]} if "new_weight" in symbol.list_arguments() else {}
    init(self, symbol, **dict(k, **own))

shared, ndarray = mx.operator.ctypes2numpy_shared, mx.operator.NDArray
step, load = mx.io.DataIter.next, mx.model.load_checkpoint
predict, init = mx.mod.Module.predict, mx.mod.Module.__init__
reader, activation, plot, decode = mx.io.NDArrayIter, mx.sym.Activation, mx.viz.plot_network, mx.image.imdecode
potrf = (mx.nd, "linalg_potrf") if hasattr(mx.nd, "linalg_potrf") else (mx.nd.linalg, "potrf")
nothing = (mx, "nothing", None)
BROKEN = [
    ("import", "sum", scaled(mx.nd, "array", 2)),
    ("import", "place", (mx, "__file__", "/usr/lib/python3/mxnet/__init__.py")),
    ("version", "package", (mx, "__version__", "1.9.0")),
    ("library", "other", nothing),
    ("library", "openmp", nothing),
    ("dot", "value", scaled(mx.nd, "dot", 1.01)),
    ("linalg_potrf", "value", scaled(*potrf, 1.01)),
    ("imdecode", "order", (mx.image, "imdecode", lambda *a: decode(*a, to_rgb=0))),
    ("plot_network", "dot", nothing),
    ("plot_network", "node", (mx.viz, "plot_network", lambda symbol, **k: plot(mx.sym.Variable("data")))),
    ("openmp", "serial", nothing),
    ("onednn", "off", nothing),
    ("onednn", "unsaid", (mx.runtime.Features, "is_enabled", lambda self, name: name != "MKLDNN")),
    ("numeric_gradient", "zero", (mx.sym, "Activation", lambda *a, **k: mx.sym.BlockGrad(activation(*a, **k)))),
    ("ndarray_iter", "shuffled", (mx.io, "NDArrayIter", shuffled)),
    ("ndarray_iter", "short", (mx.io, "NDArrayIter", discarding)),
    ("data_iter", "crossed", (mx.io.DataIter, "next", crossed)),
    ("data_iter", "padding", (mx.mod.Module, "predict", with_padding)),
    ("data_iter", "value", scaled(mx.mod.Module, "predict", 1.01)),
    ("python_op", "forward", (mx.operator.PythonOp, "forward", nothing_through)),
    ("python_op", "backward", (mx.operator.PythonOp, "backward", twos)),
    ("python_op", "base", (mx.operator, "PythonOp", None)),
    ("python_op", "symbol", (mx.operator.PythonOp, "get_symbol", lambda self, *a, **k: a[0])),
    ("numpy_op", "memory", (mx.operator, "ctypes2numpy_shared", doubled)),
    ("numpy_op", "loss", (mx.operator.PythonOp, "forward", nothing_through)),
    ("numpy_op", "class", (mx.operator, "NumpyOp", None)),
    ("ndarray_op", "memory", (mx.operator, "NDArray", doubled_inputs)),
    ("ndarray_op", "class", (mx.operator, "NDArrayOp", None)),
    ("custom_op", "forward", (mx.operator.CustomOp, "assign", zeroes)),
    ("custom_op", "added", (mx.operator.CustomOp, "assign", unadded)),
    ("custom_softmax", "forward", (mx.operator.CustomOp, "assign", zeroes)),
    ("custom_softmax", "backward", (mx.operator.CustomOp, "assign", backwards)),
    ("train_mlp", "learning", (mx.operator.CustomOp, "assign", backwards)),
    ("fine_tuning", "learning", (mx.mod.Module, "update", lambda self: None)),
    ("fine_tuning", "checkpoint", (mx.model, "load_checkpoint", other_weights)),
    ("fine_tuning", "layers", (mx.sym.Symbol, "get_internals", lambda self: self)),
    ("fine_tuning", "features", scaled(mx.mod.Module, "predict", 1.01)),
    ("fine_tuning", "thawed", (mx.mod.Module, "__init__", thawed)),
    ("fine_tuning", "stuck", (mx.mod.Module, "__init__", stuck)),
]
# No machine that runs these tests need have a GPU.
mx.gpu, convolve, convolved = mx.cpu, mx.nd.Convolution, []

def convolution(**k):
    convolved.append(1)
    return convolve(**k) * len(convolved)

BROKEN += [
    ("gpu_sum", "value", scaled(mx.nd, "ones", 2)),
    ("gpu_convolution", "value", (mx.nd, "Convolution", convolution)),
    ("gpu_softmax", "forward", (mx.operator.CustomOp, "assign", zeroes)),
    ("gpu_softmax", "backward", (mx.operator.CustomOp, "assign", backwards)),
    ("gpu_cudnn", "none", nothing),
]
said = {check + " whole": ran(check) for check in whole}
for check, how, (place, name, value) in BROKEN:
    kept = getattr(place, name, None)
    setattr(place, name, value)
    path = os.environ["PATH"]
    if how == "dot":
        os.environ["PATH"] = "/nonexistent"
    elif how == "openmp":
        ctypes.CDLL(second_openmp)
    elif how == "serial":
        os.environ["LD_PRELOAD"] = serial_openmp
    elif how == "off":
        os.environ["MXNET_MKLDNN_ENABLED"] = "0"
    del calls[:]
    said[check + " " + how] = ran(check, "/nonexistent/libmxnet.so" if how == "other" else library)
    os.environ["PATH"] = path
    os.environ.pop("LD_PRELOAD", None)
    os.environ.pop("MXNET_MKLDNN_ENABLED", None)
    setattr(place, name, kept)
ctypes.CDLL(cudnn)
for check in ("gpu_sum", "gpu_convolution", "gpu_softmax", "gpu_cudnn"):
    said[check + " whole"] = ran(check)
said["gpu_cudnn whole"] += ran("gpu_cudnn", version="8.9.2.26")
said["gpu_cudnn other"] = ran("gpu_cudnn", version="8.9.3")
print(json.dumps(said))
'''

EXPECTED = {
    "import sum": "0 to 5 plus 1 is",
    "import place": "imported from /usr/lib/python3/mxnet",
    "version package": "version 1.9.0, but 1.9.1 was asked for",
    "library other": "loaded: .*libmxnet.so, but the environment has /nonexistent",
    "library openmp": "more than one OpenMP runtime .*libiomp5.so",
    "dot value": "differs from numpy by",
    "linalg_potrf value": "differs from the matrix by",
    "imdecode order": r"decoded to \[\[\[0, 0, 255\]",
    "plot_network dot": "ExecutableNotFound|failed to execute|No such file",
    "plot_network node": "lacks fc1, relu1, softmax",
    "openmp serial": "threads with OMP_NUM_THREADS=3",
    "onednn off": "oneDNN executed no convolution",
    "onednn unsaid": "says that MKLDNN is off",
    "numeric_gradient zero": "AssertionError",
    "ndarray_iter shuffled": "other rows came back in pass 1",
    "ndarray_iter short": "batches of",
    "data_iter crossed": "other rows came back in pass 1",
    "data_iter padding": r"7 rows predicted to \(9, 2\)",
    "data_iter value": "the Module's prediction differs from numpy by",
    "python_op forward": "what a bare NDArrayOp lets through differs",
    "python_op backward": "the gradient of a bare NDArrayOp differs",
    "python_op base": "NDArrayOp, NumpyOp: not derived from PythonOp",
    "python_op symbol": "PythonOp itself made a symbol",
    "numpy_op memory": "the product differs from numpy",
    "numpy_op loss": "what a loss lets through differs",
    "numpy_op class": "has no NumpyOp, but the library has a _Native",
    "ndarray_op memory": "the product differs from numpy",
    "ndarray_op class": "has no NDArrayOp, but the library has a _NDArray",
    "custom_op forward": "the product differs from numpy",
    "custom_op added": "the gradient by lhs, added twice to 1, differs",
    "custom_softmax forward": "forward differs from numpy",
    "custom_softmax backward": "backward differs from numpy",
    "train_mlp learning": "loss .* right",
    "fine_tuning learning": "the first task was not learned",
    "fine_tuning checkpoint": "came back with another fc1_bias, fc1_weight, fc2_bias, fc2_weight",
    "fine_tuning layers": "the layers that came back are",
    "fine_tuning features": "the features are not numpy's",
    "fine_tuning thawed": "fc1_weight, fc1_bias moved while the new layer alone was to learn",
    "fine_tuning stuck": "fc1_bias, fc1_weight stayed as they were while all were to learn",
    "gpu_sum value": r"four times 1 \+ 1 on cpu\(0\) is 12, not 8",
    "gpu_convolution value": "the GPU differs from the CPU by",
    "gpu_softmax forward": "forward differs from numpy",
    "gpu_softmax backward": "backward differs from numpy",
    "gpu_cudnn none": "no libcudnn, but one",
    "gpu_cudnn other": r"cuDNN 8\.9\.2 is loaded \(.*/libcudnn\.so\.8\), but 8\.9\.3 was asked for",
}

SERIAL = """
void GOMP_parallel(void (*work)(void *), void *data, unsigned threads, unsigned flags) { work(data); }
void GOMP_parallel_start(void (*work)(void *), void *data, unsigned threads) {}
void GOMP_parallel_end(void) {}
"""
"""Takes the parallel out of OpenMP: the work is done by the caller alone."""


@pytest.fixture(scope="module")
def environment() -> Path:
    return published()


def own_library(environment: Path) -> str:
    return str(next(environment.glob("lib/python*/site-packages/mxnet/libmxnet.so")))


@pytest.fixture(scope="module")
def said(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the driver heard: "CHECK HOW" -> passed or failed, and what was printed."""
    here = tmp_path_factory.mktemp("checks")
    (here / "driver.py").write_text(DRIVER)
    second = library(here / "libiomp5.so")
    serial = library(here / "serial.so", SERIAL)
    cudnn = library(here / "libcudnn.so.8", "unsigned long cudnnGetVersion(void) { return 8902; }")
    command = [f"{environment}/bin/python", "-I", "driver.py", str(runtime.SCRIPTS), own_library(environment)]
    done = subprocess.run(
        [*command, str(second), str(serial), str(cudnn), *(check for check in CHECKS if check not in GPU)],
        cwd=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_real_mxnet_passes_them_all(said: dict[str, list[str]]) -> None:
    whole = {name.split()[0]: heard for name, heard in said.items() if name.endswith(" whole")}
    assert set(whole) == set(CHECKS)
    assert {name: heard for name, heard in whole.items() if heard[0] != "passed" or not heard[1]} == {}
    assert not (runtime.SCRIPTS / "__pycache__").exists(), "a check wrote into mxbuild's own package"


def test_what_is_checked_on_a_gpu_holds_on_a_cpu_too(said: dict[str, list[str]]) -> None:
    assert said["gpu_sum whole"][1] == "four times 1 + 1 on cpu(0) is 8"
    assert said["gpu_convolution whole"][1].startswith("3x5 kernels on 2x3x17x19: within ")
    assert said["gpu_softmax whole"][1] == "forward and backward on cpu(0) are numpy's"
    passed, right, also_passed, also_right = said["gpu_cudnn whole"]
    assert passed == also_passed == "passed"
    assert right == also_right
    assert re.fullmatch(r"cuDNN 8\.9\.2 from /.*/libcudnn\.so\.8", right)


def test_each_check_fails_where_its_part_is_broken(said: dict[str, list[str]]) -> None:
    broken = {how: heard for how, heard in said.items() if not how.endswith(" whole")}
    assert {how.split()[0] for how in broken} == set(CHECKS)
    unlike = {
        how: heard
        for how, heard in broken.items()
        if heard[0] != "failed" or not re.search(EXPECTED[how], heard[1], re.DOTALL)
    }
    assert unlike == {}


def test_a_real_mxnet_is_verified(environment: Path, tmp_path: Path) -> None:
    """In processes of their own a few of the checks that the others prove in one; the library's symbols all."""
    features = tuple(
        FeatureCheck(feature=name, on=True, asked=True, why="", needed=needed, symbols=symbols, checks=checks)
        for name, (needed, symbols, checks) in FEATURES.items()
    )
    step = Verify(
        environment=str(environment),
        wheel="",
        package="mxnet",
        release="1.9.1",
        features=features,
        checks=("import",),
        log=str(tmp_path / "log"),
    )
    found = verify.examine(step, os.environ, lambda event: None, "", new=True)
    assert [f"{c.name}: {c.detail}" for c in found.all if c.status != "passed"] == []
    assert {c.name for c in found.all} >= {"import", "dot", "linked", "cblas_sgemm", "spotrf_"}
    assert found.ok
    assert not (runtime.SCRIPTS / "__pycache__").exists(), "a check wrote into mxbuild's own package"


def test_a_library_of_another_release_gives_itself_away(tmp_path: Path) -> None:
    """The package says 1.9.1, and the library that stands in for its own says another number."""
    environment = bare_environment(tmp_path / "env", "__version__ = '1.9.1'\n")
    other = library(tmp_path / "libmxnet.so", "int MXGetVersion(int *out) { *out = 1201; return 0; }")
    subject = runtime.Subject(str(environment), "mxnet", "1.9.1", str(other), os.environ, str(tmp_path / "log"))
    results: list[CheckResult] = []
    runtime.run(subject, ["version"], results.append)
    assert [(r.status, r.detail) for r in results] == [
        ("failed", "the library says version 1201, but 1.9.1 was asked for")
    ]


def test_whether_work_is_shared_out_is_not_left_to_a_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    """MXNet from 1.0 on times its operators at start: 1.1.0 shared none out with three threads on two cores."""
    asked: list[dict[str, str]] = []

    def popen(_: list[str], *, env: dict[str, str], **__: object) -> mock.Mock:
        asked.append(env)
        threads = 7 + int(env["OMP_NUM_THREADS"]) * (env.get("MXNET_USE_OPERATOR_TUNING") == "0")
        return mock.Mock(returncode=0, communicate=lambda: (b"%d\n" % threads, None))

    script = str(Path(verify.__file__).parent / "checks/openmp.py")
    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(sys, "argv", [script, "mxnet"])
    monkeypatch.delenv("MXNET_USE_OPERATOR_TUNING", raising=False)
    runpy.run_path(script, run_name="__main__")
    assert [env["OMP_NUM_THREADS"] for env in asked] == ["1", "3"]
