"""The plan as a Dockerfile: whole as golden files, read by a parser, its commands read by a shell and by mxbuild."""

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import click
import dockerfile as parser
import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

import mxbuild
from mxbuild.cli import cli, main
from mxbuild.cli.invocation import Invocation
from mxbuild.detect import detect
from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, CudaLibrary, ExtraOperators, Request
from mxbuild.recipe import lockfile
from mxbuild.resolve import driver, image, resolve
from mxbuild.system import System
from mxbuild.ui import dockerfile
from tests.machines import RECIPES, recipe
from tests.test_golden_plans import HOSTS, Golden

LOCK = lockfile.of(RECIPES / "mxnet-0.12.1.toml", "mxnet")
DEBIAN = detect(System.captured(HOSTS / "debian-12"), places=("/home/user",)).os
CASES = {
    "mini": ("debian-12", "mini", Request(recipe="mini")),
    "cpu": ("debian-13", "mxnet-1.6.0", Request(recipe="mxnet-1.6.0", wanted={"opencv": False}, target="x86-64-v3")),
    "fresh": ("ubuntu-24.04-fresh", "mxnet-0.12.1", Request(store="/srv/mxnet", jobs=3)),
    "cuda-image": ("h100-ubuntu-22.04-cuda-12.4", "mxnet-0.12.1", Request(device="gpu")),
    "cuda-all": ("no-card-ubuntu-22.04-cuda-12.4", "mxnet-0.12.1", Request(device="gpu", cuda_arch="all-supported")),
    "cuda-apt": ("rtx4090-ubuntu-24.04-driver-only", "mxnet-0.12.1", Request(device="gpu", cuda_from="apt")),
    "cuda-debian": ("debian-12", "mini", Request(device="gpu", cuda_from="apt", cuda_arch="90")),
    "cuda-named": ("ubuntu-22.04", "mxnet-1.9.1", Request(device="gpu", cuda="11.8", cuda_arch="80")),
    "cuda-wheels": ("rtx5090-ubuntu-24.04-fresh", "mxnet-0.12.1", Request(device="gpu", cuda_from="wheels")),
}


@cache
def built(name: str) -> tuple[Build, str]:
    machine, release, request = CASES[name]
    host = detect(System.captured(HOSTS / machine), places=("/home/user",))
    wanted, left = image.portable(request)
    bare = image.bare(host, recipe(release), wanted)
    build = resolve(recipe(release), bare, wanted, toolkits="/home/user/.cache/mxbuild/cuda", lock=LOCK)
    pins = ("click==8.1.7", "rich==13.9.4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mxbuild, "__version__", "0.2.0", raising=False)
        return build, dockerfile.render(build, bare.os, image.base(build, bare.os), host.packages, pins, left)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, Build, str]:
    return (request.param, *built(request.param))


def instructions(text: str) -> list[tuple[str, str]]:
    """As Docker's own parser has them: name and argument, lines joined, without flags."""
    return [(one.cmd.upper(), re.sub(" +", " ", " ".join(one.value))) for one in parser.parse_string(text)]


def test_golden_dockerfile(case: tuple[str, Build, str], snapshot: SnapshotAssertion) -> None:
    _, _, text = case
    assert text == snapshot(extension_class=Golden)


def test_a_parser_reads_it(case: tuple[str, Build, str]) -> None:
    seen = instructions(case[2])
    names = [name for name, _ in seen]
    assert names[:4] == ["ARG", "ARG", "FROM", "SHELL"]
    assert names.count("FROM") == 2
    assert names[-1] == "CMD"
    assert {*names} == {"ARG", "FROM", "SHELL", "ENV", "RUN", "COPY", "LABEL", "USER", "WORKDIR", "CMD"}
    last = seen[len(names) - names[::-1].index("FROM") :]
    assert ("USER", "mxnet") in last
    changing = [
        i for i, (name, value) in enumerate(last) if name == "RUN" and ("apt-get" in value or "useradd" in value)
    ]
    assert max(changing) < last.index(("USER", "mxnet")), "the user needs no right"


def test_a_shell_reads_every_run(case: tuple[str, Build, str]) -> None:
    for name, value in instructions(case[2]):
        if name == "RUN":
            done = subprocess.run(["bash", "-n"], input=value, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), value


def test_what_changes_least_comes_first(case: tuple[str, Build, str]) -> None:
    text = case[2]
    order = [text.index(part) for part in ("apt-get install", "ARG MXBUILD", "pip install", "bin/mxbuild install")]
    assert order == sorted(order)


def test_everything_is_pinned_or_said_not_to_be(case: tuple[str, Build, str]) -> None:
    _, build, text = case
    (apt,) = (value for kind, value in instructions(text) if kind == "RUN" and "install-recommends build-ess" in value)
    listed = re.split(r"\s+", apt.partition("--no-install-recommends ")[2].partition(" && rm")[0].strip())
    assert [word.partition("=")[0] for word in listed] == sorted(p.name for p in build.packages)
    bare = [word for word in listed if "=" not in word]
    assert len(bare) < len(listed)
    remarks = [line for line in text.partition("ARG")[0].splitlines() if line.startswith("# ")]
    assert all(word in " ".join(remarks) for word in bare)
    for image_ in re.findall(r"^ARG (?:BUILDER|RUNTIME)=(.+)$", text, re.MULTILINE):
        assert re.search(r":[0-9]", image_)
    assert build.recipe.source.commit in text
    assert re.search(r"^ARG MXBUILD=mxbuild==\d", text, re.MULTILINE)


def test_the_image_gets_what_the_plan_decided(case: tuple[str, Build, str]) -> None:
    """The words in the file, read by mxbuild's own command line, and decided for the same bare machine."""
    name, build, text = case
    (run,) = (value for kind, value in instructions(text) if kind == "RUN" and "mxbuild install" in value)
    words = shlex.split(run.partition("mxbuild install ")[2].partition(" && ")[0])
    seen: list[Request] = []
    with click.Context(cli, obj=Invocation(()), **cli.context_settings) as context:
        command = cli.get_command(context, "check")
        assert command is not None
        words.remove("--yes")
        words.remove("--no-apt")  # here, the packages would come
        made = command.make_context("check", words, parent=context)
        with made:
            from mxbuild.cli.options import _asked

            seen.append(_asked(made.params).request)
    host = detect(System.captured(HOSTS / CASES[name][0]), places=("/home/user",))
    again = resolve(
        build.recipe,
        image.bare(host, build.recipe, build.request),
        seen[0],
        toolkits="/home/user/.cache/mxbuild/cuda",
        lock=LOCK,
    )
    assert again.fingerprint == build.fingerprint
    assert [(f.name, f.on) for f in again.features] == [(f.name, f.on) for f in build.features]


def test_the_stages_begin_with_what_the_build_needs() -> None:
    bases = {name: re.findall(r"^ARG (?:BUILDER|RUNTIME)=(.+)$", built(name)[1], re.MULTILINE) for name in CASES}
    assert bases["mini"] == ["debian:12"] * 2
    assert bases["cpu"] == ["debian:13"] * 2
    assert bases["fresh"] == bases["cuda-wheels"] == ["ubuntu:24.04"] * 2
    assert bases["cuda-image"] == ["nvidia/cuda:12.4.1-devel-ubuntu22.04", "nvidia/cuda:12.4.1-runtime-ubuntu22.04"]
    assert bases["cuda-named"] == ["nvidia/cuda:11.8.0-devel-ubuntu22.04", "nvidia/cuda:11.8.0-runtime-ubuntu22.04"]


def run_of(name: str, part: str) -> str:
    (found,) = (value for kind, value in instructions(built(name)[1]) if kind == "RUN" and part in value)
    return found


def shell(command: str, **programs: str) -> subprocess.CompletedProcess[str]:
    """What a RUN does where some programs are shell functions of ours."""
    ours = "".join(f"{name.replace('_', '-')}() {{ {body}; }}\n" for name, body in programs.items())
    words = ["bash", "-euo", "pipefail", "-c", ours + command]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_drivers_libraries_are_the_hosts_and_never_in_an_image() -> None:
    """Debian's and Ubuntu's CUDA bring a libcuda.so.1 along, which would be loaded in place of the host's."""
    listing = "".join(
        f"\t{name} => /lib/x86_64-linux-gnu/{name} (0x00007f)\n"
        for name in ("libcuda.so.1", "libcudart.so.11.0", "libnvidia-ptxjitcompiler.so.1", "libnvrtc.so.11.2")
    )
    for name in CASES:
        (program,) = re.findall(r"awk '([^']*)'", run_of(name, "> /opt/mxnet/packages.txt"))
        done = subprocess.run(["awk", program], input=listing, capture_output=True, text=True, check=True)
        kept = [line.rpartition("/")[2] for line in done.stdout.splitlines()]
        gpu = name.startswith("cuda")
        assert kept == ["libcudart.so.11.0", "libnvrtc.so.11.2"] or not gpu, name
        assert ("NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility" in built(name)[1]) == gpu
        head = built(name)[1].partition("ARG")[0]
        assert ("--gpus all" in head) == gpu
        own = name in ("cuda-apt", "cuda-debian")
        assert ("mxbuild verify" in head) == (gpu and not own), "where the stage that builds has no driver of its own"


def test_mxnet_is_imported_in_the_image_with_a_stand_in_where_there_is_no_driver() -> None:
    for name in CASES:
        run = run_of(name, "__version__")
        found, none = "dpkg_query", "return 1"
        assert shell(run, python="echo 1.0", **{found: none}).stdout == "1.0\n", name
        assert shell(run, python="return 1", **{found: none}).returncode != 0
        if name.startswith("cuda"):
            assert shell(run, python="echo $LD_LIBRARY_PATH", **{found: none}).stdout == "/mnt\n"
            assert shell(run, python="echo 1.0", **{found: "echo libcuda1: libcuda.so.1"}).returncode != 0
            assert "RUN --mount=type=bind,from=builder,source=/opt/driver,target=/mnt" in built(name)[1]


def test_an_image_says_which_driver_it_needs_and_nvidias_say_so_themselves() -> None:
    said = {name: re.findall(r'^ENV NVIDIA_REQUIRE_CUDA="(.*)"$', built(name)[1], re.MULTILINE) for name in CASES}
    assert {name for name, found in said.items() if found} == {"cuda-apt", "cuda-debian", "cuda-wheels"}
    assert said["cuda-wheels"] == ["cuda>=13.0"]
    assert said["cuda-debian"] == ["cuda>=11.0"], "11.8 runs on the first driver of 11"
    assert said["cuda-apt"] == ["cuda>=12.0"]
    cuda = built("cuda-debian")[0].cuda
    assert cuda is not None
    assert driver.least(msgspec.structs.replace(cuda, sass=())) == "11.8", "PTX is compiled by the driver"


def test_debians_own_cuda_is_switched_on_in_both_stages(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    new, old = tmp_path / "sources.list.d/debian.sources", tmp_path / "sources.list"
    whole = [value for kind, value in instructions(built("cuda-debian")[1]) if kind == "RUN" and "non-free" in value]
    assert len(whole) == 2
    for run in whole:
        new.write_text("URIs: http://archive.example/debian\nComponents: main\n")
        old.write_text("deb http://archive.example/debian bookworm main non-free-firmware\n")
        done = shell(run.partition(" && ")[0].replace("/etc/apt", str(tmp_path)))
        assert done.returncode == 0, done.stderr
        assert new.read_text().endswith("\nComponents: main contrib non-free\n")
        assert old.read_text().endswith(" main contrib non-free non-free-firmware\n")
        old.unlink()  # an image of Debian's has none
        assert shell(run.partition(" && ")[0].replace("/etc/apt", str(tmp_path))).returncode == 0
    assert "non-free" not in built("mini")[1] + built("cuda-apt")[1]


def test_a_cuda_that_this_machine_lacks_is_named_and_comes_with_nvidias_image() -> None:
    build, text = built("cuda-named")
    assert build.cuda is not None
    assert build.cuda.run_path == ("/usr/local/cuda-11.8/lib64",)
    assert "--cuda-from system" in text
    for machine, said in (("debian-12", "make the plan on ubuntu 22.04, with --cuda"), ("ubuntu-22.04", "--cuda 11.7")):
        host = detect(System.captured(HOSTS / machine), places=("/home/user",))
        asked = Request(device="gpu", cuda="11.3", cuda_arch="80")
        bare = image.bare(host, recipe("mxnet-1.9.1"), asked)
        with pytest.raises(HostError) as refused:
            resolve(recipe("mxnet-1.9.1"), bare, asked, toolkits="/c", lock=LOCK)
        (complaint,) = refused.value.complaints
        assert complaint.remedy is not None
        assert complaint.remedy.startswith(said)


@pytest.mark.parametrize("machine", ["ubuntu-20.04", "debian-11", "fedora-40-no-apt"])
def test_a_distribution_on_which_mxbuild_does_not_run_is_refused(machine: str) -> None:
    with pytest.raises(HostError) as refused:
        image.bare(detect(System.captured(HOSTS / machine), places=("/home/user",)), recipe(), Request())
    (complaint,) = refused.value.complaints
    assert "debian 12" in complaint.remedy
    assert "ubuntu 22.04" in complaint.remedy
    assert machine.partition("-")[0] in complaint.text


def test_a_toolkit_that_no_image_has_is_none_of_a_container() -> None:
    host = detect(System.captured(HOSTS / "a100-debian-12-own-cuda-11.8"), places=("/home/user",))
    wanted = Request(device="gpu", cuda_from="system")
    with pytest.raises(HostError, match="cannot be built"):
        resolve(recipe(), image.bare(host, recipe(), wanted), wanted, toolkits="/c", lock=LOCK)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(apt=False), "--no-apt"),
        (Request(mirror="/srv/git"), "--mirror /srv/git"),
        (Request(python="/opt/python3.8/bin/python3"), "--python /opt/python3.8/bin/python3"),
        (Request(cudnn="/opt/cudnn"), "--cudnn /opt/cudnn"),
        (Request(extra_operators=ExtraOperators(directory="/home/me/ops", files={})), "--extra-operators /home"),
    ],
)
def test_what_only_this_machine_has_is_refused(request_: Request, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        image.portable(request_)


def test_a_machine_without_the_packages_pins_none_and_says_so() -> None:
    build, _ = built("mini")
    text = dockerfile.render(
        build, DEBIAN, image.Base(builder="debian:12", runtime="debian:12"), {"git": "1:2\nRUN x"}, (), ()
    )
    assert "this machine has none of them" in text
    assert "RUN x" not in text


def test_what_is_left_out_is_said() -> None:
    text = built("fresh")[1]
    assert "# Not in it, since it is this machine's: --store, --jobs.\n" in text
    assert "/srv" not in text


def test_the_command_prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    captured = System.captured(HOSTS / "debian-12")
    monkeypatch.setattr("mxbuild.system.System", lambda: captured)
    for variable in ("PREFIX", "CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"MXBUILD_{variable}", str(tmp_path / variable))
    assert main(["plan", "mini", "--format", "dockerfile"]) == 0
    out, err = capsys.readouterr()
    assert (out.startswith("# syntax=docker/dockerfile:1\n"), err) == (True, "")
    assert list(tmp_path.iterdir()) == []
    assert re.search(r"^      click==\d", out, re.MULTILINE)
    assert main(["plan", "mini", "--format", "dockerfile", "--json"]) == 2
    assert main(["plan", str(RECIPES / ".." / "tests" / "recipe" / "good.toml"), "--format", "dockerfile"]) in (2, 3)


def test_mxbuilds_own_requirements_are_pinned_all_the_way_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    captured = System.captured(HOSTS / "debian-12")
    monkeypatch.setattr("mxbuild.system.System", lambda: captured)
    assert main(["plan", "mini", "--format", "dockerfile"]) == 0
    names = re.findall(r"^      ([a-z0-9-]+)==\S+ \\$", capsys.readouterr().out, re.MULTILINE)
    assert {"click", "rich", "markdown-it-py", "gitpython", "gitdb", "smmap", "msgspec", "jinja2"} <= {*names}
    assert names == sorted(names)
    assert "pytest" not in names


@pytest.mark.parametrize(("version", "said"), [("0.2.0", False), ("0.2.1.dev3+g1a2b3c4d5", True)])
def test_an_mxbuild_that_no_index_has_is_said_to_be_none(
    version: str, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, _ = built("mini")
    monkeypatch.setattr(mxbuild, "__version__", version, raising=False)
    text = dockerfile.render(build, DEBIAN, image.Base(builder="debian:12", runtime="debian:12"), {}, (), ())
    assert f"ARG MXBUILD=mxbuild=={version}\n" in text
    assert ("is no release, and no index has it" in text) == said


def test_cudnn_comes_with_an_image_that_has_one_that_releases_take() -> None:
    host = detect(System.captured(HOSTS / "two-toolkits-ubuntu-22.04"), places=("/home/user",))
    library = CudaLibrary(
        name="cudnn", version="8.9.2", library_version="8.9.2", header="/usr/include/cudnn.h",
        library="/usr/lib/x86_64-linux-gnu/libcudnn.so", source="/usr/include/cudnn_version.h",
    )  # fmt: skip
    older = tuple(t for t in host.toolkits if t.version.startswith("11.8"))
    for toolkits, front in ((older, "nvidia/cuda:11.8.0-cudnn8"), (host.toolkits, "nvidia/cuda:12.4.1")):
        machine = msgspec.structs.replace(host, toolkits=toolkits, cuda_libraries=(library,))
        bare = image.bare(machine, recipe(), Request(device="gpu"))
        build = resolve(recipe(), bare, Request(device="gpu"), toolkits="/c", lock=LOCK)
        assert image.base(build, bare.os).builder == f"{front}-devel-ubuntu22.04"
        assert ("--with cudnn" in " ".join(dockerfile.words(build))) == ("cudnn8" in front)
