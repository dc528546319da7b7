import base64
import hashlib
import json
import math
import os
import re
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mxbuild.execute import elf
from tests.install.conftest import ROOT, Place

pytestmark = pytest.mark.xdist_group("install")  # one worker: mini is compiled once

ON = {"blas", "lapack", "opencv", "openmp", "graphviz", "kernels"}
FEATURES = {*ON, "cuda"}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_receipt_holds_what_was_asked_against_what_was_got(installed: Place) -> None:
    receipt = installed.receipt()
    assert receipt["ok"] is True
    assert {f["feature"] for f in receipt["features"]} == FEATURES
    assert all(f["ok"] and f["evidence"] for f in receipt["features"])
    assert {f["feature"] for f in receipt["features"] if f["decided"] == "on"} == ON
    assert {c["name"] for c in receipt["checks"]} >= {"import", "version", "library", "custom_softmax", "train_mlp"}
    assert {c["name"] for c in receipt["checks"]} >= {"requirements", "files"}, "what pip would check, every RECORD"
    subprocess.run([installed.current / "bin/python", "-Im", "pip", "check"], check=True)
    assert all(c["status"] == "passed" for c in receipt["checks"])
    assert receipt["library_sha256"] == digest(installed.library())
    assert receipt["wheel_sha256"] == digest(Path(receipt["wheel"]))
    beside = json.loads((Path(receipt["wheel"]).parent / "receipt.json").read_text())
    assert beside["fingerprint"] == receipt["fingerprint"]


def test_what_its_python_needs_is_in_front_and_in_the_receipt(installed: Place) -> None:
    """numpy.product is gone in numpy 2: without the rule `size` of an array fails, and with it training."""
    receipt = installed.receipt()
    assert "numpy-names" in {rule["id"] for rule in receipt["rules"]}
    with zipfile.ZipFile(receipt["wheel"]) as wheel:
        assert {"mxnet/_mxbuild/__init__.py", "mxnet/_mxbuild/numpy_names.py"} <= set(wheel.namelist())
    seen = "import numpy, mxnet as mx; print(mx.nd.ones((2, 3)).size, hasattr(numpy, 'product'))"
    assert installed.run("run", "--", "python", "-c", seen).stdout == "6 False\n"


def test_it_can_be_looked_back_at(installed: Place) -> None:
    """What a page needs was recorded on the way: by the launchers, the gate, the watch and the engine."""
    seen = json.loads(installed.run("report", installed.receipt()["fingerprint"], "--json").stdout)
    assert seen["receipt"] == installed.receipt()
    assert {"source", "make", "wheel", "environment", "verify", "activate"} == {step["id"] for step in seen["steps"]}
    assert all(step["ok"] and step["seconds"] >= 0 for step in seen["steps"])
    assert {d["subject"] for d in seen["decisions"]} >= {"device", "compiler", "jobs", *ON}
    assert seen["samples"]
    assert all(sample["free"] > 0 for sample in seen["samples"])
    assert {c["result"] for c in seen["compiles"]} <= {"compiled", "cached"}
    assert len({c["object"] for c in seen["compiles"]}) == seen["samples"][-1]["total"] == seen["samples"][-1]["done"]
    assert (seen["ccache"] is not None, seen["inferred"]) == (True, False)


def test_again_it_says_so_and_changes_nothing(installed: Place) -> None:
    before = installed.files()
    done = installed.run("install", "mini", "--no-apt")
    assert "already" in done.stdout + done.stderr
    assert installed.files() == before


def test_planning_changes_nothing(installed: Place) -> None:
    before = installed.files()
    installed.run("plan", "mini", "--no-apt", "--set", "DEBUG=1")
    installed.run("check", "mini", "--no-apt", "--set", "DEBUG=1")
    installed.run("install", "mini", "--no-apt", "--set", "DEBUG=1", "--dry-run")
    installed.run("detect")
    assert installed.files() == before


def test_the_environment_is_usable_from_a_shell_and_through_run(installed: Place) -> None:
    program = "import mxnet as mx; print(mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((3, 2))).asnumpy().tolist())"
    through = installed.run("run", "--", "python", "-c", program)
    assert through.stdout == "[[3.0, 3.0], [3.0, 3.0]]\n"
    exports = installed.run("env").stdout
    assert "LD_LIBRARY_PATH" not in exports
    shell = subprocess.run(
        ["sh", "-c", f'eval "$1"; python -c "{program}"', "sh", exports],
        capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert shell.stdout == through.stdout


def test_run_passes_the_exit_status_on(installed: Place) -> None:
    installed.run("run", "--", "python", "-c", "raise SystemExit(41)", check=41)


def test_list_knows_it(installed: Place) -> None:
    assert "mini" in installed.run("list").stdout


def test_it_answers_the_cases_as_numpy_does(installed: Place) -> None:
    last = json.loads(installed.run("verify", "--deep", "--json").stdout.splitlines()[-1])
    statuses = {result["case"]: result["status"] for result in last["comparison"]["results"]}
    assert (last["ok"], statuses["layers.dense"], statuses["ordering.topk"]) == (True, "passed", "absent")
    assert sum(status == "passed" for status in statuses.values()) > 30
    assert "failed" not in statuses.values()


def test_a_wrong_answer_and_a_case_that_is_gone_end_with_8(installed: Place, tmp_path: Path) -> None:
    answers = json.loads((ROOT / "recipes" / "mini.answers").read_text())
    kind, shape, _ = answers["cases"]["layers.dense"]["plain"]
    count = math.prod(shape)
    answers["cases"]["layers.dense"]["plain"] = [
        kind,
        shape,
        base64.b64encode(struct.pack(f"<{count}f", *[9] * count)).decode(),
    ]
    answers["cases"]["ordering.topk"] = {"values": ["float32", [0], ""]}
    (tmp_path / "mini.answers").write_text(json.dumps(answers))
    done = installed.run("verify", "--deep", "--recipe-dir", str(tmp_path), check=8)
    assert f"layers.dense: plain: {count} of {count} differ, most at" in done.stderr
    assert "ordering.topk: there is no nd.topk" in done.stderr
    assert re.search(r"✓  softmax +(the same|within)", done.stdout), "the others were compared all the same"


def test_a_release_without_recorded_answers_says_so(tiny: Place, beside: Callable[[], Place]) -> None:
    other = beside()
    subprocess.run(["cp", "-a", f"{tiny.root}/.", str(other.root)], check=True)
    receipt = other.current / "receipt.json"
    receipt.write_text(json.dumps({**json.loads(receipt.read_text()), "recipe": "own", "release": "0.0"}))
    assert "there are no recorded answers for own" in other.run("verify", "--deep", check=2).stderr


@pytest.mark.parametrize("name", ["mini", "mini-"])
def test_an_environment_can_be_named_by_its_beginning(installed: Place, name: str) -> None:
    assert "export PATH=" in installed.run("env", name).stdout


def test_a_damaged_library_does_not_verify(tiny: Place, beside: Callable[[], Place]) -> None:
    other = beside()
    subprocess.run(["cp", "-a", f"{tiny.root}/.", str(other.root)], check=True)
    library = other.library()
    library.write_bytes(library.read_bytes()[: library.stat().st_size // 2])
    done = other.run("verify", check=8)
    assert "libmxnet.so" in done.stdout + done.stderr


def test_uninstall_removes_the_environment_and_the_link(tiny: Place, beside: Callable[[], Place]) -> None:
    other = beside()
    subprocess.run(["cp", "-a", f"{tiny.root}/.", str(other.root)], check=True)
    name = os.path.basename(os.path.realpath(other.current))
    other.run("uninstall", name, "--yes")
    assert not os.path.lexists(other.current)
    assert not (other.root / "prefix" / "envs" / name).exists()
    other.run("env", check=2)


def through_ccache(script: str, where: Place) -> str:
    """The script with ccache before the compiler, where it is installed: the first build's objects serve again."""
    if not Path("/usr/lib/ccache/g++").exists():
        return script
    tree = re.findall(r"make -C (\S+)", script)[0]
    settings = (
        f"CCACHE_DIR={where.root}/cache/ccache CCACHE_BASEDIR={tree} CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content"
    )
    return script.replace("env -i ", f"env -i {settings} ").replace("CXX=/usr/bin/g++", "CXX=/usr/lib/ccache/g++")


def test_the_script_of_the_plan_gives_the_same_library(installed: Place, elsewhere: Callable[[], Place]) -> None:
    other = elsewhere()
    script = other.run("plan", "mini", "--no-apt", "--format", "sh").stdout
    (other.root / "build.sh").write_text(through_ccache(script, other))
    done = subprocess.run(
        ["sh", "build.sh"], cwd=other.root, capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or k.startswith("PIP_")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    built = next((other.root / "prefix" / "envs").glob("*/lib/python3*/site-packages/mxnet/libmxnet.so"))
    one, other_one = elf.facts(str(built)), elf.facts(str(installed.library()))
    assert (one.dynamic.needed, one.symbols) == (other_one.dynamic.needed, other_one.symbols)


def test_a_compile_error_is_named_with_its_file(elsewhere: Callable[[], Place]) -> None:
    where = elsewhere()
    text = (ROOT / "recipes" / "mini.toml").read_text()
    assert "cv::COLOR_BGR2RGB" in text
    recipes = where.root / "recipes"
    recipes.mkdir()
    (recipes / "mini.toml").write_text(text.replace("cv::COLOR_BGR2RGB", "cv::COLOR_NONSENSE"))
    (recipes / "mini").symlink_to(ROOT / "recipes" / "mini")
    (store := where.root / "store").mkdir()
    words = ("install", "mini", "--no-apt", "--recipe-dir", str(recipes))
    done = where.run(*words, check=7, MXBUILD_STORE=str(store))
    assert f"  {store} has no wheel of this build: it is built here\n" in done.stderr
    assert "COLOR_NONSENSE" in done.stderr
    assert "image_decode.cc" in done.stderr
    assert "make.log" in done.stderr


def test_rollback_verifies_and_goes_back(tiny: Place, beside: Callable[[], Place]) -> None:
    other = beside()
    subprocess.run(["cp", "-a", f"{tiny.root}/.", str(other.root)], check=True)
    environments = other.root / "prefix" / "envs"
    (first,) = environments.iterdir()
    subprocess.run(["cp", "-a", str(first), str(environments / "tiny-other")], check=True)
    other.current.unlink()
    other.current.symlink_to("envs/tiny-other")
    (other.root / "prefix" / "trail.json").write_text(json.dumps([first.name]))
    done = other.run("rollback")
    assert done.stdout.splitlines() == [
        f"✓ {first.name} is the current one now",
        "  tiny-other stays installed; back to it:",
        "    mxbuild rollback tiny-other",
    ]
    assert "Verify" in done.stderr
    assert other.current.resolve() == first
    forward = json.loads(other.run("rollback", "tiny-other", "--json").stdout.splitlines()[-1])
    assert (forward["before"], other.current.resolve().name) == (first.name, "tiny-other")
    next(first.glob("lib/python3*/site-packages/mxnet/libmxnet.so")).write_bytes(b"")
    refused = other.run("rollback", check=8)
    assert "tiny-other stays the current one" in refused.stderr
    assert f"mxbuild verify --repair {first.name}" in refused.stderr
    assert other.current.resolve().name == "tiny-other"
