"""`mxbuild verify --upstream` on the miniature, whose tests end in each way that a test of upstream's can end."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.install.conftest import ROOT, Place

pytestmark = pytest.mark.xdist_group("install")  # one worker: mini is compiled once

FILES = ["test_download.py", "test_engine.py", "test_ndarray.py"]


def without(known: str, directory: Path) -> str:
    """A directory with a recipe of mini that knows one failure less."""
    directory.mkdir()
    (directory / "mini").symlink_to(ROOT / "recipes/mini")
    text = (ROOT / "recipes/mini.toml").read_text()
    left = re.sub(rf'\[\[verify\.upstream\.known\]\]\nid = "{known}"\n(?:\w+ = .*\n)+', "", text)
    assert left != text
    (directory / "mini.toml").write_text(left)
    return str(directory)


def brief(installed: Place, root: Path) -> Place:
    """The same in another corner, with next to nothing to verify."""
    for name in ("prefix", "state"):
        subprocess.run(["cp", "-al", installed.root / name, root], check=True)
    there = Place(root)
    receipt = there.receipt()
    receipt["verification"] |= {"features": [], "checks": ["import"]}
    (there.current / "receipt.json").unlink()  # the copy shares its files
    (there.current / "receipt.json").write_text(json.dumps(receipt))
    return there


def test_each_test_has_a_verdict_and_nothing_is_touched(installed: Place, tmp_path: Path) -> None:
    before = {name: facts for name, facts in installed.files().items() if "/state" not in name}
    out = installed.root / "junit.xml"
    done = installed.run("verify", "--upstream", "--junit", str(out))
    assert "4 passed, 2 failed as known, 1 skipped" in done.stdout
    after = {name: facts for name, facts in installed.files().items() if name in before}
    changed = {name for name in before if before[name] != after.get(name)}
    assert {name for name in changed if "/prefix" in name or "/trees" in name} == set(), "neither environment nor tree"

    suites = ET.parse(out).getroot()
    out.unlink()
    assert [suite.get("name") for suite in suites] == FILES
    assert {key: suites.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7", "failures": "0", "errors": "0", "skipped": "3",
    }  # fmt: skip
    told = {case.get("name"): [child.get("message") for child in case] for case in suites.iter("testcase")}
    assert told["test_before"] == told["test_after"] == told["test_add"] == []
    assert told["test_abort"] == ["known: crash: ends its process, as a failed check in the engine does"]
    assert told["test_download"] == ["known: network: the host that it fetches from does not exist"]
    assert told["test_two_devices"] == ["there is one device only"]
    about = {p.get("name"): p.get("value") for p in suites[0].iter("property")}
    assert about["fingerprint"] == installed.receipt()["fingerprint"]
    assert about["release"] == "0.1.0"

    (kept,) = (installed.root / "state/builds").glob("*/upstream-*.json")
    report = json.loads(kept.read_text())
    assert report["ok"] is True
    assert "4 passed, 2 failed as known, 1 skipped" in brief(installed, tmp_path).run("verify").stdout, "and said again"
    assert {j["case"]["said"] for j in report["judged"] if j["verdict"] == "known"} >= {"crash: SIGABRT"}


def test_a_failure_that_nobody_knows_ends_with_8_and_its_name(installed: Place, tmp_path: Path) -> None:
    recipes = without("downloads", tmp_path / "recipes")
    out = tmp_path / "junit.xml"
    words = ("verify", "--upstream", "--only", "test_download.py", "--recipe-dir", recipes)
    done = installed.run(*words, "--junit", str(out), check=8)
    assert "test_download.py::test_download: socket.gaierror" in done.stderr
    (log,) = re.findall(r"log\s+(\S+\.log)", done.stderr)
    assert "test_download" in Path(log).read_text()
    assert ET.parse(out).getroot().get("failures") == "1"
    lines = installed.run(*words, "--json", check=8).stdout.splitlines()
    assert json.loads(lines[-1])["error"]["kind"] == "verification"

    crashed = without("abort", tmp_path / "more")
    words = ("verify", "--upstream", "--only", "test_eng*", "--recipe-dir", crashed, "--junit", str(out))
    assert "test_engine.py::test_abort: crash: SIGABRT" in installed.run(*words, check=8).stderr
    assert ET.parse(out).getroot().get("errors") == "1", "a crash is an error"


def test_with_a_reference_a_failure_of_both_is_none_of_ours(installed: Place, tmp_path: Path) -> None:
    recipes = without("downloads", tmp_path / "recipes")
    python = str(installed.current / "bin/python")
    words = ("verify", "--upstream", "--only", "test_d*", "--recipe-dir", recipes, "--reference", python)
    done = installed.run(*words)
    assert "the same as the reference, test for test" in done.stdout
    assert "1 failed as with the reference" in done.stdout
    last = json.loads(installed.run(*words, "--json").stdout.splitlines()[-1])
    assert last["upstream"]["differences"] == []
    assert [j["verdict"] for j in last["upstream"]["judged"]] == ["same"]

    bare = installed.run("verify", "--upstream", "--reference", "/usr/bin/false", check=2)
    assert "MXNet cannot be imported with /usr/bin/false" in bare.stderr


def test_tests_are_fetched_where_the_tree_is_gone(installed: Place, tmp_path: Path) -> None:
    (tmp_path / "upstream").mkdir()
    shutil.copytree(installed.root / "cache/upstream/packages", tmp_path / "upstream/packages", symlinks=True)
    words = ("verify", "--upstream", "--only", "test_ndarray.py", "--match", "test_add")
    done = installed.run(*words, MXBUILD_CACHE_DIR=str(tmp_path))
    assert "1 passed" in done.stdout
    (tree,) = (tmp_path / "upstream/trees").glob("mini-*")
    assert (tree / "tests/python/unittest/test_ndarray.py").is_file()
    assert os.listdir(tree / "core") == [], "submodules are compared, and not fetched"


def test_what_is_asked_for_has_to_be_there(installed: Place) -> None:
    done = installed.run("verify", "--upstream", "--only", "test_ndaray.py", check=2)
    assert "did you mean test_ndarray.py?" in done.stderr
    done = installed.run("verify", "--upstream", "--only", "test_ndarray.py", "--match", "nothing_like_it", check=2)
    assert "no test's name matches nothing_like_it" in done.stderr
    assert "add --upstream" in installed.run("verify", "--only", "test_ndarray.py", check=2).stderr
