import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mxbuild import script
from mxbuild.errors import BuildError
from mxbuild.execute import elf, toolkit
from mxbuild.model import AssembleToolkit, Bundle, Event, JournalEntry, Line, Progress
from tests.execute import nvidia
from tests.execute.pythons import context

pytestmark = pytest.mark.xdist_group("toolkit")  # one worker: one is put together for all that leave it as it is

ENTRY = JournalEntry(id="cuda", digest="", finished=0, seconds=0, detail="")


@pytest.fixture
def step(tmp_path: Path, copying: str) -> AssembleToolkit:
    return assembling(tmp_path, nvidia.toolkit(tmp_path / "shop"), copying)


def assembling(directory: Path, pins: tuple[str, ...], python: str) -> AssembleToolkit:
    return AssembleToolkit(
        root=str(directory / "cuda" / "13.0.3-0123abcd"),
        bundle=Bundle(version="13.0.3", packages=pins, runtime=pins[-1:], size=1000),
        parts=("cudart", "cublas", "cublasLt"),
        python=python,
        cc="/usr/bin/gcc",
        log=str(directory / "logs" / "cuda.log"),
    )


def shop(step: AssembleToolkit) -> dict[str, str]:
    """The caller's environment: pip's configuration names the directory of wheels and no index."""
    place = str(Path(step.log).parents[1] / "shop")
    own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_CONFIG_FILE": "/dev/null"}
    return {**own, "PIP_FIND_LINKS": place, "PIP_NO_INDEX": "1"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, copying: str) -> AssembleToolkit:
    """One that was put together; not to be changed."""
    directory = tmp_path_factory.mktemp("whole")
    asked = assembling(directory, nvidia.toolkit(directory / "shop"), copying)
    toolkit.run(asked, context(environ=shop(asked)))
    return asked


@pytest.fixture
def torn(whole: AssembleToolkit, tmp_path: Path) -> AssembleToolkit:
    """The same, to be changed."""
    copy = tmp_path / "cuda" / "copy"
    shutil.copytree(whole.root, copy, symlinks=True)
    return msgspec.structs.replace(whole, root=str(copy))


def beside(step: AssembleToolkit) -> list[str]:
    """What lies where toolkits lie, but for the lock."""
    place = Path(step.root).parent
    return sorted(p.name for p in place.iterdir() if p.suffix != ".lock") if place.exists() else []


def test_a_root_that_can_be_compiled_and_linked_with(step: AssembleToolkit) -> None:
    events: list[Event] = []
    outcome = toolkit.run(step, context(events, shop(step)))
    root = Path(step.root)
    assert beside(step) == [root.name]
    assert os.readlink(root / "lib64") == "lib"
    assert (root / "lib64/libcublas.so").read_text() == "cublas"
    assert os.readlink(root / "lib/libcublasLt.so") == "libcublasLt.so.13"
    assert (root / "lib/libcudart_static.a").read_text() == "static"
    for program in ("bin/nvcc", "nvvm/bin/cicc"):
        assert (root / program).stat().st_mode & 0o777 == 0o755
    assert outcome.evidence["root"] == step.root
    assert outcome.detail.startswith("4 packages, ")
    counted = [e for e in events if isinstance(e, Progress)]
    assert counted[-1].done == counted[-1].total == 4
    assert any(e.text.startswith("nvidia_cublas-13.1.1.3-") for e in counted)
    assert any(isinstance(e, Line) and "nvidia-cuda-nvcc" in e.text for e in events)
    assert "-ccbin /usr/bin/gcc" in Path(step.log).read_text()
    assert toolkit.damage(step, ENTRY) == ""


def test_the_stub_stands_for_the_driver_s_library_in_a_link(whole: AssembleToolkit, tmp_path: Path) -> None:
    """Also for linkers that drop libraries which give nothing, as Ubuntu's do."""
    stub = f"{whole.root}/lib64/stubs/libcuda.so"
    assert elf.dynamic(stub).soname == "libcuda.so.1"
    assert {"cuInit", "cuMemAlloc", "cuMemAlloc_v2"} <= elf.facts(stub).defined
    code, product = tmp_path / "a.c", tmp_path / "a.so"
    code.write_text("int cuInit(unsigned); int a(void) { return cuInit(0); }")
    link = ["-shared", "-fPIC", "-Wl,--as-needed,--no-undefined", str(code), f"-L{whole.root}/lib64/stubs", "-lcuda"]
    subprocess.run(["gcc", "-o", str(product), *link], check=True)
    assert "libcuda.so.1" in elf.dynamic(str(product)).needed


def test_what_another_build_put_together_is_taken(whole: AssembleToolkit) -> None:
    """Without pip, without an index."""
    assert toolkit.run(whole, context(environ={})).detail.endswith("there already")


def test_damage_is_seen(torn: AssembleToolkit) -> None:
    assert toolkit.damage(torn, ENTRY) == ""
    fewer = msgspec.structs.replace(torn.bundle, packages=torn.bundle.packages[:-1])
    assert "other packages" in toolkit.damage(msgspec.structs.replace(torn, bundle=fewer), ENTRY)
    cublas = Path(torn.root, "lib/libcublas.so.13")
    cublas.write_text("cut")
    assert "were changed" in toolkit.damage(torn, ENTRY)
    cublas.unlink()
    assert "were changed" in toolkit.damage(torn, ENTRY)
    marker = Path(torn.root, toolkit.MARKER)
    for text in ("{", "{}", ""):
        marker.write_text(text)
        assert "cannot be read" in toolkit.damage(torn, ENTRY)
    marker.unlink()
    assert "is gone, or not whole" in toolkit.damage(torn, ENTRY)


def test_a_damaged_one_is_made_anew(torn: AssembleToolkit) -> None:
    cublas = Path(torn.root, "lib/libcublas.so.13")
    cublas.write_text("cut")
    toolkit.run(torn, context(environ=shop(torn)))
    assert cublas.read_text() == "cublas"
    assert toolkit.damage(torn, ENTRY) == ""


def test_a_package_that_is_not_what_its_pin_says_is_refused_by_name(step: AssembleToolkit) -> None:
    *rest, last = step.bundle.packages
    forged = msgspec.structs.replace(step.bundle, packages=(*rest, last[:-8] + "0" * 8))
    with pytest.raises(BuildError, match=r"nvidia-cublas==13\.1\.1\.3 is not what its pin") as failed:
        toolkit.run(msgspec.structs.replace(step, bundle=forged), context(environ=shop(step)))
    assert "pip cache purge" in (failed.value.remedy or "")
    assert not Path(step.root).exists()


def test_a_library_that_no_package_brings_is_named(step: AssembleToolkit) -> None:
    asked = msgspec.structs.replace(step, parts=(*step.parts, "cufft", "curand"))
    with pytest.raises(BuildError, match=r"lack lib64/libcufft\.so, lib64/libcurand\.so"):
        toolkit.run(asked, context(environ=shop(step)))
    assert not Path(step.root).exists()


def test_a_compiler_of_another_release_is_refused(tmp_path: Path, copying: str) -> None:
    asked = assembling(tmp_path, nvidia.toolkit(tmp_path / "shop", release="13.1"), copying)
    with pytest.raises(BuildError, match=r"is of CUDA 13\.1, not 13\.0"):
        toolkit.run(asked, context(environ=shop(asked)))


def test_packages_without_a_toolkit_in_them_are_refused(tmp_path: Path, copying: str) -> None:
    (tmp_path / "shop").mkdir()
    pin = nvidia.boxed(tmp_path / "shop", "nvidia-cublas", "12.0", {"lib/libcublas.so.12": ""}, root="nvidia/cublas")
    with pytest.raises(BuildError, match="hold no one toolkit: nothing in"):
        toolkit.run(asked := assembling(tmp_path, (pin,), copying), context(environ=shop(asked)))


def test_a_toolkit_that_cannot_compile_here_never_gets_into_place(step: AssembleToolkit, tmp_path: Path) -> None:
    gcc = tmp_path / "gcc"
    gcc.write_text("#!/bin/sh\necho 'gcc: internal compiler error'; exit 1\n")
    gcc.chmod(0o755)
    with pytest.raises(BuildError, match="stub of the driver's library cannot be compiled") as failed:
        toolkit.run(msgspec.structs.replace(step, cc=str(gcc)), context(environ=shop(step)))
    assert "gcc: internal compiler error" in failed.value.details
    with pytest.raises(BuildError, match="/no/gcc: No such file"):
        toolkit.run(msgspec.structs.replace(step, cc="/no/gcc"), context(environ=shop(step)))
    assert not Path(step.root).exists()


def test_a_disk_that_is_too_small_is_said_before_anything_is_fetched(step: AssembleToolkit) -> None:
    huge = msgspec.structs.replace(step.bundle, size=10**15)
    with pytest.raises(BuildError, match=r"needs 2700000\.0 GB in .*, where [\d.]+ GB are free") as failed:
        toolkit.run(msgspec.structs.replace(step, bundle=huge), context(environ={}))
    assert "MXBUILD_CACHE_DIR" in (failed.value.remedy or "")
    assert beside(step) == []


DRIVER = """
import sys, msgspec, os
from mxbuild.execute import toolkit
from mxbuild.model import AssembleToolkit
from tests.execute.pythons import context
toolkit.run(msgspec.json.decode(sys.argv[1].encode(), type=AssembleToolkit), context())
"""


@pytest.mark.parametrize("moment", ["stub.c", "probe"])
def test_killed_while_it_is_put_together_the_next_run_makes_it_whole(
    step: AssembleToolkit, tmp_path: Path, moment: str
) -> None:
    """Killed by the very C compiler or nvcc that it calls."""
    killer, cc = tmp_path / "gcc", step.cc
    killer.write_text(f'#!/bin/sh\ncase "$*" in *{moment}*) kill -9 $PPID; exit 1;; esac\nexec {cc} "$@"\n')
    killer.chmod(0o755)
    asked = msgspec.structs.replace(step, cc=str(killer))
    command = [sys.executable, "-c", DRIVER, msgspec.json.encode(asked).decode()]
    done = subprocess.run(command, env={**shop(step), "PYTHONPATH": os.getcwd()}, capture_output=True, check=False)
    assert done.returncode in (-signal.SIGKILL, 0), done.stderr
    assert not Path(step.root).exists() or toolkit.damage(step, ENTRY) == ""
    toolkit.run(step, context(environ=shop(step)))
    assert beside(step) == [Path(step.root).name]
    assert toolkit.damage(step, ENTRY) == ""


def test_what_stands_in_its_place_is_replaced_and_a_link_not_followed(step: AssembleToolkit, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    Path(step.root).parent.mkdir()
    Path(step.root).symlink_to(mine)
    Path(f"{step.root}.partial").symlink_to(mine)
    toolkit.run(step, context(environ=shop(step)))
    assert (mine / "thesis.txt").read_text() == "mine"
    assert not Path(step.root).is_symlink()
    assert beside(step) == [Path(step.root).name]


def test_the_script_puts_the_same_together(whole: AssembleToolkit, tmp_path: Path) -> None:
    asked = msgspec.structs.replace(whole, root=str(tmp_path / "by hand" / "cuda"))
    text = "set -eu\n" + "\n".join(script.toolkit(asked)) + "\n"
    subprocess.run(["sh", "-c", text], env=shop(whole), check=True, capture_output=True)
    assert beside(asked) == ["cuda"]
    assert listing(asked.root) == listing(whole.root) - {(toolkit.MARKER, 0o644, "")}
    stubs = [elf.facts(f"{one.root}/lib/stubs/libcuda.so").defined for one in (asked, whole)]
    assert stubs[0] == stubs[1]


def listing(root: str) -> set[tuple[str, int, str]]:
    """Every path below, with its mode and where it leads."""
    return {
        (str(path.relative_to(root)), path.lstat().st_mode & 0o777, os.readlink(path) if path.is_symlink() else "")
        for path in Path(root).rglob("*")
    }
