"""What a CI service is given: the action's own steps and the examples, read as the service reads them, and run."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.install.conftest import ROOT, Place
from tests.ui.runner import obeyed

pytestmark = pytest.mark.xdist_group("install")

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
GITHUB: dict[str, Any] = yaml.safe_load((ROOT / "docs/howto/ci/github.yml").read_text())
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "docs/howto/ci/gitlab-ci.yml").read_text())["tests with mxnet"]
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its expressions replaced; what nobody has said is empty, as GitHub has it."""
    return EXPRESSION.sub(lambda match: values.get(match[1], ""), text)


def bash(script: str, environ: Mapping[str, str], where: Path) -> "subprocess.CompletedProcess[str]":
    """A step as the runner starts it, `shell: bash`."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(
        words, env=dict(environ), cwd=where, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done


def pairs(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines()) if file.exists() else {}


def wheel(where: Path) -> Path:
    """An mxbuild that can be installed in half a second: its program starts the one under test."""
    file, info = where / "mxbuild-0-py3-none-any.whl", "mxbuild-0.dist-info"
    code = "import os, sys\ndef main():\n    os.execv({0!r}, [{0!r}, '-m', 'mxbuild', *sys.argv[1:]])\n"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mxbuild_under_test.py", code.format(sys.executable))
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mxbuild\nVersion: 0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\nmxbuild = mxbuild_under_test:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


class Job:
    """One job in which the action runs, with GitHub's files and the expressions that the action uses."""

    def __init__(self, place: Place, where: Path, **inputs: str) -> None:
        self.where = where
        self.files = {name: where / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        self.environ = place.environ | {n: str(f) for n, f in self.files.items()}
        self.environ |= {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(where)}
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()} | inputs
        self.values = {f"inputs.{name}": value for name, value in given.items()}
        self.values |= {"github.action_path": str(wheel(where)), "runner.os": "Linux", "runner.arch": "X64"}
        self.values["steps.python.outputs.python-path"] = f"{Path(place.python).parent}/python3"
        self.cached: dict[str, str] = {}
        self.log = ""

    def step(self, step: Mapping[str, Any]) -> None:
        if "run" not in step:
            if step["uses"].startswith("actions/cache@"):
                self.cached = {name: filled(value, self.values) for name, value in step["with"].items()}
            return
        self.files["GITHUB_OUTPUT"].unlink(missing_ok=True)
        front = reversed(self.files["GITHUB_PATH"].read_text().split() if self.files["GITHUB_PATH"].exists() else [])
        environ = self.environ | {name: filled(value, self.values) for name, value in step.get("env", {}).items()}
        environ["PATH"] = ":".join([*front, environ["PATH"]])
        done = bash(step["run"], environ, self.where)
        self.log += done.stdout + done.stderr
        said = pairs(self.files["GITHUB_OUTPUT"])
        self.values |= {f"steps.{step.get('id')}.outputs.{name}": value for name, value in said.items()}

    def outputs(self) -> dict[str, str]:
        return {name: filled(one["value"], self.values) for name, one in ACTION["outputs"].items()}


def test_the_action_runs_on_the_miniature(installed: Place, tmp_path: Path) -> None:
    store = tmp_path / "store"
    job = Job(installed, tmp_path, recipe="mini", options="--no-apt", store=str(store))
    before = installed.files()
    for step in STEPS:
        job.step(step)
    said, environment = job.outputs(), str(installed.current.resolve())
    assert said == {"environment": environment, "python": f"{environment}/bin/python", "key": Path(environment).name}
    assert job.cached["path"].split() == [f"{installed.root}/cache/store", f"{installed.root}/cache/ccache"]
    assert job.cached["key"] == f"mxbuild-Linux-X64-{said['key']}"
    assert job.cached["key"].startswith(job.cached["restore-keys"].strip())
    assert installed.files() == before
    assert list(store.glob("mini/*/*.whl"))
    assert "nothing was changed" in job.files["GITHUB_STEP_SUMMARY"].read_text()
    assert [one.name for one in obeyed(job.log)] == ["group", "endgroup"], "of the push"
    # What the example does next.
    (example,) = GITHUB["jobs"].values()
    (used,) = (step for step in example["steps"] if "mxbuild" in step.get("uses", ""))
    assert set(used["with"]) <= set(ACTION["inputs"])
    job.values |= {f"steps.{used['id']}.outputs.{name}": value for name, value in said.items()}
    for step in example["steps"]:
        if "run" in step:
            job.step(step)
    assert f"{installed.receipt()['release']}\n" in job.log


def test_nothing_of_an_input_becomes_part_of_a_script() -> None:
    """`${{ }}` in a script is replaced before the shell reads it: an input could hold commands."""
    for step in (*STEPS, *(s for job in GITHUB["jobs"].values() for s in job["steps"])):
        assert "${{" not in step.get("run", "")
        assert "run" in step or re.search(r"@(v\d+|COMMIT)$", step["uses"])


def test_what_the_action_says_of_itself_is_there() -> None:
    text = (ROOT / "action.yml").read_text()
    names = set(EXPRESSION.findall(text)) | set(re.findall(r"if: (inputs\.\w+)", text))
    written = {
        f"steps.{step['id']}.outputs.{name}"
        for step in STEPS
        if "run" in step and "id" in step
        for name in re.findall(r'echo "([\w-]+)=', step["run"])
    }
    assert {name for name in names if name.startswith("inputs.")} == {f"inputs.{name}" for name in ACTION["inputs"]}
    assert {name for name in names if name.startswith("steps.")} - {"steps.python.outputs.python-path"} == written
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_the_example_for_gitlab_runs(installed: Place, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "mxbuild"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mxbuild "$@"\n')
    program.chmod(0o755)
    for line in (*GITLAB["before_script"], *GITLAB["script"]):
        assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0, line
    (store := tmp_path / "store").mkdir()
    environ = GITLAB["variables"] | installed.environ | {"RECIPE": "mini", "MXBUILD_STORE": str(store)}
    environ["PATH"] = f"{program.parent}:{environ['PATH']}"
    for name in ("MXBUILD_CACHE_DIR", "MXBUILD_STORE"):
        kept = GITLAB["variables"][name].removeprefix("$CI_PROJECT_DIR/")
        assert any(path.startswith(kept) for path in GITLAB["cache"]["paths"])
    # What was asked for is in the record of what was checked: asked for like this, it was done already.
    script = [line.replace(" --cpu", " --no-apt") for line in GITLAB["script"]]
    said = "".join(bash(line, environ, tmp_path).stdout for line in script)
    assert "nothing was changed" in said
    assert said.endswith(f"{installed.receipt()['release']}\n")
    assert list(store.glob("mini/*/*.whl"))
