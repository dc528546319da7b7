"""A new operator's project: complete, under the name that was asked for, and nothing written over."""

import ast
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from mxbuild import scaffold
from mxbuild.cli import main
from mxbuild.errors import DiskError, UsageError
from tests.execute.pythons import published

FILES = ("README.md", "soft_limit.py", "test_soft_limit.py", "cpp/soft_limit.cc", "test_soft_limit_cpp.py")


def test_the_files_are_named_and_say_the_name(tmp_path: Path) -> None:
    written = scaffold.operator("soft_limit", str(tmp_path), cpp=True)
    assert written == tuple(f"{tmp_path}/{name}" for name in FILES)
    for name in FILES:
        text = (tmp_path / name).read_text()
        assert "soft_limit" in text
        assert "emplate" not in text.replace("template <typename", "").replace("a template, since", "")
        if name.endswith(".py"):
            ast.parse(text, feature_version=(3, 6))
    assert "class SoftLimitProp(" in (tmp_path / "soft_limit.py").read_text()
    assert "--extra-operators cpp" in (tmp_path / "README.md").read_text()


def test_without_cpp_nothing_is_said_of_it(tmp_path: Path) -> None:
    scaffold.operator("soft_limit", str(tmp_path), cpp=False)
    assert sorted(os.listdir(tmp_path)) == sorted(FILES[:3])
    assert "C++" not in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("name", ["a", "soft_limit", "relu6", "x_1_y"])
def test_names_that_will_do(name: str) -> None:
    scaffold.check(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Soft-Limit", r"small letters, digits and _, with a letter in front; soft_limit would do$"),
        ("3d", r"with a letter in front$"),
        ("_hidden", r"with a letter in front; hidden would do$"),
        ("lambda", "a word of Python's own$"),
        ("mxnet", r"mxnet\.py would stand in the way"),
        ("random", r"random\.py would stand in the way"),
        ("test_it", r"test_it\.py would stand in the way"),
        ("../up", "; up would do$"),
        ("größe", "digits and _"),
        ("", "digits and _"),
        ("a\n", "; a would do$"),
    ],
)
def test_names_that_will_not(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be called") as caught:
        scaffold.operator(name, str(tmp_path / "x"), cpp=False)
    assert re.search(why, caught.value.message)
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "test_soft_limit.py").write_text("mine")
    with pytest.raises(UsageError, match=r"test_soft_limit\.py is there already"):
        scaffold.operator("soft_limit", str(tmp_path), cpp=True)
    assert os.listdir(tmp_path) == ["test_soft_limit.py"]
    assert (tmp_path / "test_soft_limit.py").read_text() == "mine"
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="cannot be written"):
        scaffold.operator("soft_limit", str(tmp_path / "file"), cpp=False)


def test_the_command_says_what_is_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["new-operator", "soft_limit", "--cpp"]) == 0
    said = capsys.readouterr().out
    for line in ("  cd soft_limit", "  mxbuild run -- python -m unittest -v", "  cpp/soft_limit.cc"):
        assert line in said.splitlines()
    assert main(["new-operator", "other", "--directory", "in a place", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["files"][0] == f"{tmp_path}/in a place/README.md"
    assert main(["new-operator", "other", "--directory", "in a place"]) == 2


DRIVER = """
import json, unittest, soft_limit

def failures():
    suite = unittest.defaultTestLoader.discover(".")
    result = unittest.TextTestRunner(verbosity=0).run(suite)
    bad = [test.id().split(".")[-1] for test, _ in result.failures + result.errors]
    return [result.testsRun, sorted(bad), sorted({why for _, why in result.skipped})]

def wrong(self, req, out_grad, in_data, out_data, in_grad, aux):
    right(self, req, out_grad, in_data, out_data, in_grad, aux)
    in_grad[0][:] = in_grad[0] * 0.5

said = [failures()]
right, soft_limit.SoftLimit.backward = soft_limit.SoftLimit.backward, wrong
print(json.dumps([*said, failures()]))
"""


@pytest.mark.xdist_group("checks")
def test_its_own_tests_pass_on_a_real_mxnet_and_notice_a_wrong_gradient(tmp_path: Path) -> None:
    """The wheel that the package index has. Its library has no C++ operator of ours: those tests say so, and skip."""
    scaffold.operator("soft_limit", str(tmp_path), cpp=True)
    python = f"{published()}/bin/python"
    done = subprocess.run([python, "-Bc", DRIVER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    right, wrong = json.loads(done.stdout.splitlines()[-1])
    assert right[:2] == [7, []]
    assert wrong[:2] == [
        7, ["test_backward_is_the_numeric_gradient", "test_gradients_are_added_where_that_is_asked_for"]
    ]  # fmt: skip
    assert right[2] == [
        f"this library has no soft_limit; mxbuild install RECIPE --extra-operators {tmp_path}/cpp builds one"
    ]
