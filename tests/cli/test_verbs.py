"""The verbs that look and decide, on captured machines."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mxbuild.cli import main
from mxbuild.model import Host, Plan
from mxbuild.recipe.model import Recipe
from tests.execute.gitworld import bare, commit

Machine = Callable[[str], None]
Output = pytest.CaptureFixture[str]


def tree(root: Path) -> list[str]:
    return sorted(str(path) for path in root.rglob("*"))


def test_check_says_yes(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["check", "--with", "opencv"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("✓ mxnet-0.12.1 can be built on this machine\n")
    assert out.endswith("Next: mxbuild install --with opencv\n")


def test_check_says_no_with_every_complaint(on_machine: Machine, capsys: Output) -> None:
    on_machine("ubuntu-22.04-nosudo")
    assert main(["check"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "sudo apt-get install -y --no-install-recommends build-essential" in err


def test_check_as_json_has_the_same_form_either_way(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["check", "--json"]) == 0
    yes = json.loads(capsys.readouterr().out)
    on_machine("ubuntu-22.04-nosudo")
    assert main(["check", "--json"]) == 4
    no = json.loads(capsys.readouterr().out)
    assert (yes["type"], yes["ok"], yes["exit_code"], yes["recipe"]) == ("result", True, 0, "mxnet-0.12.1")
    assert (no["type"], no["ok"], no["exit_code"]) == ("result", False, 4)
    assert no["error"]["complaints"]


def test_check_quietly_is_an_exit_code(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["check", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words", [["plan"], ["plan", "-v"], ["install", "--dry-run"], ["plan", "--format", "sh"], ["check"]]
)
def test_looking_changes_nothing(words: list[str], on_machine: Machine, tmp_path: Path, capsys: Output) -> None:
    on_machine("ubuntu-24.04-fresh")
    assert main(words) == 0
    assert tree(tmp_path) == []
    assert capsys.readouterr().out


def test_plan_as_json_is_the_whole_plan(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["plan", "--json", "--set", "USE_S3=1", "--jobs", "3"]) == 0
    plan = msgspec.json.decode(capsys.readouterr().out, type=Plan)
    assert plan.build.request.flags == {"USE_S3": "1"}
    assert plan.build.jobs.count == 3
    assert [planned.step.id for planned in plan.steps][-1] == "activate"
    assert main(["install", "--dry-run", "--json", "--set", "USE_S3=1", "--jobs", "3"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Plan) == plan


def test_plan_as_a_script_is_one_that_a_shell_reads(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["plan", "--format", "sh"]) == 0
    script = capsys.readouterr().out
    assert script.startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0


def test_options_reach_the_request(
    on_machine: Machine, capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_machine("debian-12")
    monkeypatch.chdir(tmp_path)
    words = ["plan", "0.12.1", "--json", "--cpu", "--with", "lapack", "--without", "graphviz", "--mirror", "mirror",
             "--no-apt", "--no-ccache", "--prefix", "here"]  # fmt: skip
    assert main(words) == 0
    plan = json.loads(capsys.readouterr().out)
    request = plan["build"]["request"]
    assert request == {
        "recipe": "0.12.1", "device": "cpu", "wanted": {"lapack": True, "graphviz": False}, "flags": {}, "jobs": None,
        "python": None, "mirror": f"{tmp_path}/mirror", "store": None, "apt": False, "ccache": False,
        "remote_cache": None, "workers": None,
        "cuda": None, "cuda_from": "auto", "cuda_arch": None, "cudnn": None, "pins": {}, "target": None,
        "extra_operators": None, "vendored": None,
    }  # fmt: skip
    assert plan["paths"]["prefix"] == f"{tmp_path}/here"


def test_a_mirror_can_stand_in_the_environment(
    on_machine: Machine, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_machine("debian-12")
    monkeypatch.setenv("MXBUILD_MIRROR", "https://mirror.example.org/git")
    assert main(["plan", "--json"]) == 0
    step = next(p["step"] for p in json.loads(capsys.readouterr().out)["steps"] if p["step"]["id"] == "source")
    assert step["repositories"][0]["url"] == "https://mirror.example.org/git/apache/mxnet.git"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["check", "mxnet-0.12.2"], 3, "did you mean"),
        (["plan", "--with", "opnecv"], 2, "did you mean opencv?"),
        (["plan", "--set", "USE_OPENCVV=1"], 2, "did you mean USE_OPENCV?"),
        (["explain", "opnecv"], 2, "did you mean opencv?"),
        (["check", "--gpu"], 4, "--gpu"),
        (["install", "--with", "opnecv"], 2, "did you mean opencv?"),
        (["install", "--gpu"], 4, "What can be built here"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_said(
    words: list[str], code: int, part: str, on_machine: Machine, capsys: Output
) -> None:
    on_machine("debian-12")
    assert main(words) == code
    err = capsys.readouterr().err
    assert part in err
    assert "resume" not in err


def test_explain(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["explain", "use_opencv"]) == 0
    assert "opencv is on" in capsys.readouterr().out
    assert main(["explain", "opencv", "--without", "opencv", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["decisions"][0]
    assert (first["choice"], first["asked"]) == ("off", True)


def test_detect(on_machine: Machine, capsys: Output) -> None:
    on_machine("container-2cpu-quota-64-cores")
    assert main(["detect"]) == 0
    assert "2 CPUs" in capsys.readouterr().out
    assert main(["detect", "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Host).cpu.quota is not None


def test_detect_captures_into_an_empty_directory_only(capsys: Output, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("precious")
    assert main(["detect", "--capture", str(tmp_path / "full")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["detect", "--capture", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "commands.toml").is_file()


def test_recipes(on_machine: Machine, capsys: Output) -> None:
    on_machine("debian-12")
    assert main(["recipes"]) == 0
    listed = capsys.readouterr().out
    assert main(["recipes", "list"]) == 0
    assert capsys.readouterr().out == listed
    lines = {line.split()[0]: line.split()[1:] for line in reversed(listed.splitlines()) if line}
    assert lines["mxnet-0.12.1"] == ["2017-11-06", "make", "3.6-3.13", "8-13", "whole", "✓", "yes"]
    assert lines["mxnet-1.9.1"][1:5] == ["make,", "cmake", "3.6-3.13", "9.2-11"]
    assert lines["mxnet-1.2.1"][4:] == ["part", "✓", "yes"]
    assert main(["recipes", "show"]) == 0
    assert "--with NAME" in capsys.readouterr().out
    assert main(["recipes", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["release"] == "0.12.1"
    assert main(["recipes", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "mxbuild recipe"


def test_recipes_list_says_of_each_what_speaks_against_it(on_machine: Machine, capsys: Output) -> None:
    on_machine("ubuntu-22.04-nosudo")
    assert main(["recipes", "list", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert len(rows) == 14
    assert all(row["complaints"] for row in rows.values())
    assert [proof["build"] for proof in rows["mxnet-1.9.1"]["proved"]] == ["part"]
    assert rows["mxnet-1.9.1"]["build"] == {"make": [], "cmake": ["onednn"]}
    assert rows["mxnet-0.12.1"]["build"] == {"make": []}


def test_recipes_diff(capsys: Output) -> None:
    assert main(["recipes", "diff", "0.12.1", "1.9.1"]) == 0
    shown = capsys.readouterr().out
    assert "USE_F16C" in shown
    assert main(["recipes", "diff", "0.12.0", "0.12.1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["differences"]
    assert sorted(found) == ["Rules", "Source", "Takes"]
    assert [row["name"] for row in found["Source"]] == ["."], "they have the same submodules"
    assert main(["recipes", "diff", "1.0.0", "1.0.0"]) == 0
    assert capsys.readouterr().out == "mxnet-1.0.0 and mxnet-1.0.0: no difference\n"


def test_flags(capsys: Output) -> None:
    assert main(["flags", "1.9.1", "use_f16c"]) == 0
    assert "since 1.2.1" in capsys.readouterr().out
    assert main(["flags", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["USE_PROFILER"]["since"], rows["USE_PROFILER"]["until"]) == ("", "1.1.0")
    assert main(["flags", "1.9.1", "USE_PROFILER"]) == 2
    assert "releases since the first until 1.1.0 have it" in capsys.readouterr().err
    assert main(["flags", "1.9.1", "USE_NCLL", "USE_X"]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_recipes_of_ones_own(capsys: Output, tmp_path: Path) -> None:
    from mxbuild.recipe.find import packaged

    good = (packaged() / "mxnet-0.12.1.toml").read_text().replace('release = "0.12.1"', 'release = "0.12.9"')
    good += "\n[make]\ndisk = 1700\n"
    (tmp_path / "mxnet-0.12.9.toml").write_text(good)
    assert main(["recipes", "list", "--json", "--recipe-dir", str(tmp_path)]) == 0
    rows = {row["id"]: row["path"] for row in json.loads(capsys.readouterr().out)}
    assert rows["mxnet-0.12.9"] == str(tmp_path / "mxnet-0.12.9.toml")
    (tmp_path / "mxnet-0.12.9.toml").write_text(good.replace("[make]", "[maek]"))
    assert main(["recipes", "validate", str(tmp_path / "mxnet-0.12.9.toml")]) == 3
    assert "maek" in capsys.readouterr().err
    assert main(["recipes", "list", "--recipe-dir", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert "mxnet-0.12.1" in out, "one that has faults does not hide the others"
    assert "mxbuild recipes validate" in err


def test_validate_says_that_all_is_well(capsys: Output) -> None:
    from mxbuild.recipe.find import packaged

    file = str(packaged() / "mxnet-0.12.1.toml")
    assert main(["recipes", "validate", file]) == 0
    assert capsys.readouterr().out == f"{file}: mxnet-0.12.1, no faults\n"
    assert main(["recipes", "show", file, "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Recipe).id == "mxnet-0.12.1"


def test_recipes_new_drafts_what_a_tag_pins(capsys: Output, tmp_path: Path) -> None:
    top = bare(tmp_path / "apache/mxnet.git")
    pinned = commit(top, {"make/config.mk": "USE_BRAND_NEW = 1\n", "Makefile": "all:\n"}, "refs/tags/0.12.2")
    words = ["recipes", "new", "0.12.2", "--like", "0.12.1", "--mirror", str(tmp_path)]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert 'extends = "mxnet-0.12.1"' in out
    assert f'commit = "{pinned}"' in out
    assert "USE_BRAND_NEW = { value = 1" in out
    assert pinned[:12] in err
    assert main([*words[:2], "9.9", *words[3:]]) == 5
    assert "has no tag 9.9" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["$(id)", "../x", "-"])
def test_recipes_new_takes_no_release_that_a_recipe_could_not_hold(word: str, capsys: Output) -> None:
    assert main(["recipes", "new", "--like", "0.12.1", "--", word]) == 2
    assert "RELEASE" in capsys.readouterr().err


def test_a_password_of_a_cache_stays_in_the_environment(
    on_machine: Machine, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_machine("ubuntu-22.04")
    monkeypatch.setenv("MXBUILD_REMOTE_CACHE", "redis://:hunter2@cache.example.org/0")
    monkeypatch.setenv("COLUMNS", "120")  # where a screen is narrow, an address is broken into lines
    for words in (["plan", "--json"], ["plan", "-v"], ["check"], ["plan", "--format", "sh"]):
        assert main([*words, "0.12.1", "--cpu"]) == 0
        out = capsys.readouterr().out
        assert "hunter2" not in out
        # The script cannot share: it says so.
        assert ("--remote-cache take mxbuild's launcher" if "sh" in words else "redis://***@cache.example.org/0") in out
    assert main(["plan", "0.12.1", "--cpu", "--no-ccache"]) == 0
    assert "cache.example.org" not in capsys.readouterr().out
    assert main(["plan", "0.12.1", "--remote-cache", "redis://:hunter2@cache.example.org"]) == 2
    said = capsys.readouterr().err
    assert "put the address into MXBUILD_REMOTE_CACHE" in said
    assert "hunter2" not in said
