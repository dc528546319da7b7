"""A wheel for some processors only: on any other its import is refused in words, before the library is loaded."""

import os
import signal
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild import script
from mxbuild.errors import SourceError
from mxbuild.execute import shims, store, wheel
from mxbuild.execute.receipt import compose
from mxbuild.model import Fact, PackWheel, Request, Stored, Target
from mxbuild.resolve import resolve
from mxbuild.resolve.shims import processor
from mxbuild.system import System
from mxbuild.ui.receipt import render
from tests.execute.pythons import context, interpreters, library, packed, run
from tests.machines import bookworm, recipe
from tests.ui.values import RECEIPT

V4 = Target(name="x86_64_v4", flags=("-march=x86-64-v4", "-mtune=generic"), features=("avx512f", "pni"))
ARITHMETIC = """
__attribute__((constructor)) static void begin(void) {
    volatile float zero = 0;
    __asm__ volatile("vaddps %%zmm0, %%zmm0, %%zmm0" ::: "xmm0");
}
"""
"""Runs an instruction of AVX-512's as soon as it is loaded."""
WITHOUT = "processor\t: 0\nflags\t\t: fpu sse2 pni avx2\n\nprocessor\t: 1\nflags\t\t: fpu avx512f pni\n"
LOADS = "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), 'libmxnet.so'))\n"


def made(directory: Path, target: Target | None = V4, first: str = LOADS) -> Path:
    """Where the files of a wheel of the package `fast` lie."""
    step = msgspec.structs.replace(packed(directory, "fast", "1.0", first), processor=target)
    library(Path(step.tree, step.library), ARITHMETIC)
    wheel.run(step, context())
    with zipfile.ZipFile(step.wheel) as archive:
        archive.extractall(directory / "place")
    return directory / "place"


def imported(place: Path, python: str, cpuinfo: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """`import fast`, with another /proc/cpuinfo where one is given: a mount of its own, as a container has it."""
    command = [python, "-IBc", f"import sys; sys.path.insert(0, {str(place)!r}); import fast; print('whole')"]
    if cpuinfo is not None:
        mount = f'mount --bind {cpuinfo} /proc/cpuinfo && exec "$@"'
        command = ["unshare", *([] if os.getuid() == 0 else ["-r"]), "-m", "sh", "-c", mount, "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


needs_namespaces = pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode != 0,
    reason="no mount namespaces here (unshare -rm true)",
)
avx512 = " avx512f " in (System().read("/proc/cpuinfo") or "")


@needs_namespaces
@pytest.mark.parametrize("minor", sorted(interpreters()))
def test_words_and_an_exit_code_where_the_processor_lacks_something(tmp_path: Path, minor: str) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(WITHOUT)
    done = imported(made(tmp_path), interpreters()[minor], cpuinfo)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: this library was compiled for x86_64_v4, and the processor here lacks avx512f")
    assert "mxbuild install --target generic" in last


@pytest.mark.skipif(avx512, reason="this processor has AVX-512")
def test_without_the_check_it_is_a_signal(tmp_path: Path) -> None:
    python = next(iter(interpreters().values()))
    place = made(tmp_path)
    assert imported(place, python).returncode == 1
    (place / "fast/_mxbuild_processor.py").write_text("")
    assert imported(place, python).returncode == -signal.SIGILL


@needs_namespaces
def test_where_all_is_there_nothing_is_said(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(WITHOUT.replace("avx2", "avx512f"))
    done = imported(made(tmp_path, first=""), next(iter(interpreters().values())), cpuinfo)
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\n", "")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (WITHOUT, ["avx512f"]),
        ("Features\t: fp asimd avx512f pni\n", []),
        ("flags\t: avx512f\n", ["pni"]),
        ("vmx flags\t: x\nmodel name: flags\n", []),
        ("", []),
    ],
)
def test_what_is_lacking_is_what_the_first_processor_does_not_list(text: str, missing: list[str]) -> None:
    found: dict[str, object] = {"__name__": "processor"}
    exec(processor(Target(name="any")), found)
    assert found["lacking"](text.splitlines(), ("avx512f", "pni")) == missing  # type: ignore[operator]


def test_it_goes_first_and_only_where_something_is_needed(tmp_path: Path) -> None:
    place = made(tmp_path, first="import os\n")
    assert (place / "fast/__init__.py").read_text() == "from . import _mxbuild_processor\nimport os\n"
    assert not (place / "fast/_mxbuild").exists()
    record = (place / "fast-1.0.dist-info/RECORD").read_text()
    assert "fast/_mxbuild_processor.py,sha256=" in record
    plain = tmp_path / "plain"
    plain.mkdir()
    assert (made(plain, None, "import os\n") / "fast/__init__.py").read_text() == "import os\n"
    both: PackWheel = msgspec.structs.replace(packed(tmp_path, "a", "1"), processor=V4, shims={"__init__.py": ""})
    assert shims.imports(both) == ("from . import _mxbuild_processor", "from . import _mxbuild")


def test_every_interpreter_can_read_it(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(processor(Target(name="any", features=("sse2",))))
    for python in interpreters().values():
        run(python, "-IBc", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import it")


def test_the_script_puts_it_there_as_well(tmp_path: Path) -> None:
    step = msgspec.structs.replace(packed(tmp_path, "fast", "1.0", "import os\n"), processor=V4)
    lines = script._python_side(step, f"{step.tree}/fast")
    run("sh", "-ec", "\n".join(lines))
    assert Path(step.tree, "fast/__init__.py").read_text() == "from . import _mxbuild_processor\nimport os\n"
    assert Path(step.tree, "fast/_mxbuild_processor.py").read_text() == processor(V4)


def test_a_store_is_refused_what_this_processor_cannot_run(tmp_path: Path) -> None:
    build = resolve(recipe("mini"), bookworm(), Request(recipe="mini", target="native", store=str(tmp_path)))
    receipt = msgspec.structs.replace(
        RECEIPT, recipe="mini", fingerprint=build.fingerprint, commit=build.recipe.source.commit,
        cpu_features=build.target.features, submodules={},
    )  # fmt: skip
    there = Path(plans.stored_at(build), store.NAME)
    there.parent.mkdir(parents=True)
    one = Stored(
        identity=plans.wheel_identity(build), wheel="m.whl", sha256=receipt.wheel_sha256, size=1, receipt=receipt
    )
    there.write_bytes(msgspec.json.encode(one))
    here = bookworm().cpu
    assert store.look(build, here) == one
    less = msgspec.structs.replace(here, features=Fact(here.features.value.replace(" avx2 ", " "), "/proc/cpuinfo"))
    with pytest.raises(SourceError, match="it needs a processor with avx2, which the one here lacks"):
        store.look(build, less)


def test_the_receipt_says_for_which_processors(tmp_path: Path) -> None:
    build = resolve(recipe("mini"), bookworm(), Request(recipe="mini", target="x86-64-v2"))
    where = plans.paths(build, str(tmp_path), str(tmp_path), str(tmp_path))
    made = compose(plans.plan(build, where, {}), {}, {})
    assert made.target == "x86_64_v2 (-march=x86-64-v2 -mtune=generic)"
    assert set(made.cpu_features) == {
        "cx16", "lahf_lm", "mmx", "pni", "popcnt", "sse", "sse2", "sse4_1", "sse4_2", "ssse3",
    }  # fmt: skip
    assert "target    x86_64_v2 (-march=x86-64-v2 -mtune=generic), needs 10 features of the processor" in render(
        made, "", 120
    )
    generic = resolve(recipe("mini"), bookworm(), Request(recipe="mini"))
    plain = compose(plans.plan(generic, where, {}), {}, {})
    assert (plain.target, plain.cpu_features) == ("", ())
    assert "target" not in render(plain, "", 120)
