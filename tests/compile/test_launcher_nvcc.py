"""The launcher before nvcc, which calls the host's compiler, a launcher as well, for files of its own."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from mxbuild.compile import install, ledger, resume
from mxbuild.compile.install import Launchers
from tests.compile.test_launcher import CONFUSING
from tests.project import FAKE_NVCC as FAKE
from tests.project import GXX, compiler, script

NVCC = shutil.which("nvcc")


def launchers(tmp_path: Path, nvcc: str, **flags: tuple[str, ...]) -> Launchers:
    return install.install(
        str(tmp_path / "bin"),
        compiler=compiler(),
        ledger=str(tmp_path / "ledger"),
        environment=os.environ,
        prefix=script(tmp_path / "ccache", f'echo "$@" >> {tmp_path}/cached\nexec "$@"\n'),
        nvcc=nvcc,
        flags={str(tmp_path / name.replace("_", ".")): more for name, more in flags.items()},
    )


def words(made: Launchers, *more: str) -> list[str]:
    """A call of nvcc as upstream's Makefile makes it."""
    arch = ["-gencode", "arch=compute_90,code=[sm_90,compute_90]"]
    return [made.nvcc, "-std=c++11", "-O3", "-ccbin", made.cxx, *arch, "-Xcompiler", CONFUSING, *more]


def built(made: Launchers, directory: Path) -> None:
    """Both calls for one .cu."""
    (directory / "k.cu").write_text("int kernel() { return 1; }\n")
    with (directory / "k_gpu.d").open("wb") as rules:
        subprocess.run(words(made, "-M", "-MT", "k_gpu.o", "k.cu"), cwd=directory, check=True, stdout=rules)
    subprocess.run(words(made, "-c", "-o", "k_gpu.o", "k.cu"), cwd=directory, check=True)


def test_a_cu_counts_once_and_its_inner_compiles_not_at_all(tmp_path: Path) -> None:
    built(launchers(tmp_path, script(tmp_path / "fake", FAKE)), tmp_path)
    lines = (tmp_path / "ledger").read_text().splitlines()
    assert len(lines) == 2, "one start and one end: not -M, not the host compiler below nvcc"
    (entry,) = ledger.read(str(tmp_path / "ledger")).finished.values()
    assert (entry.source, entry.object, entry.code) == ("k.cu", str(tmp_path / "k_gpu.o"), 0)
    assert entry.size == (tmp_path / "k_gpu.o").stat().st_size
    assert entry.memory > 10 << 20, "of cc1plus, two processes below: wait4 has the largest of all that were waited for"
    assert not (tmp_path / "cached").exists(), "ccache stands neither before nvcc nor before what nvcc calls"


RULES = "k_gpu.o : k.cu \\\n    /usr/include/stdc-predef.h\n"


def test_the_rules_are_written_with_the_compile(tmp_path: Path) -> None:
    """Upstream's Makefile asks for them before; nvcc reads all headers for that once more."""
    note = f'echo "$@" >> {tmp_path}/calls\n'
    built(launchers(tmp_path, script(tmp_path / "fake", note + FAKE)), tmp_path)
    called = [line for line in (tmp_path / "calls").read_text().splitlines() if line != "--help"]
    assert len(called) == 1
    assert called[0].endswith(" -c -o k_gpu.o k.cu -MD -MF k_gpu.d -MT k_gpu.o")
    assert (tmp_path / "k_gpu.d").read_text() == RULES


def test_an_nvcc_that_cannot_do_that_is_asked_twice(tmp_path: Path) -> None:
    note = f'echo "$@" >> {tmp_path}/calls\n[ "$1" != --help ] || exit 1\n'
    built(launchers(tmp_path, script(tmp_path / "fake", note + FAKE)), tmp_path)
    called = [line for line in (tmp_path / "calls").read_text().splitlines() if line != "--help"]
    assert [line.rpartition("-Xcompiler")[2].split()[-1] for line in called] == ["k.cu", "k.cu"]
    assert " -M " in called[0]
    assert "-MD" not in called[1]
    assert (tmp_path / "k_gpu.d").read_text() == RULES


def test_a_kill_before_the_rules_are_there_leaves_no_object_either(tmp_path: Path) -> None:
    """make would take it for up to date, whatever became of its headers."""
    made = launchers(tmp_path, script(tmp_path / "fake", FAKE))
    built(made, tmp_path)
    with (tmp_path / "k_gpu.d").open("wb") as rules:
        subprocess.run(words(made, "-M", "-MT", "k_gpu.o", "k.cu"), cwd=tmp_path, check=True, stdout=rules)
    assert not (tmp_path / "k_gpu.o").exists()
    assert (tmp_path / "k_gpu.d").read_text() == "k_gpu.o : k.cu\n"


@pytest.mark.parametrize("more", [["k.cu"], ["-MT", "other.o", "k.cu"], ["-MT", "k_gpu.o", "k.cu", "l.cu"]])
def test_rules_that_go_elsewhere_are_nvccs(tmp_path: Path, more: list[str]) -> None:
    made = launchers(tmp_path, script(tmp_path / "fake", FAKE))
    (tmp_path / "k_gpu.o").write_bytes(b"kept")
    with (tmp_path / "k_gpu.d").open("wb") as rules:
        subprocess.run(words(made, "-M", *more), cwd=tmp_path, check=True, stdout=rules)
    assert "stdc-predef.h" in (tmp_path / "k_gpu.d").read_text()
    assert (tmp_path / "k_gpu.o").read_bytes() == b"kept"


def test_what_nvcc_leaves_is_kept_by_the_next_run(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    built(launchers(tmp_path, script(tmp_path / "fake", FAKE)), tree)
    book = ledger.read(str(tmp_path / "ledger"))
    assert resume.sweep(str(tree), book) == resume.Swept(frozenset({str(tree / "k_gpu.o")}), {})
    # The shell has made the file when nvcc -M is killed.
    (tree / "k_gpu.d").write_text("k_gpu.o : k.cu \\\n")
    assert set(resume.sweep(str(tree), book).removed) == {str(tree / "k_gpu.d"), str(tree / "k_gpu.o")}


def test_a_cu_whose_host_compiler_had_ended_is_not_whole(tmp_path: Path) -> None:
    """The inner compile writes nvcc's object: its end must not pass for nvcc's."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "k.cu").write_text("int kernel() { return 1; }\n")
    fake = script(tmp_path / "fake", f'[ "$1" != --help ] || exit\n({FAKE})\nkill -KILL $PPID\n')
    made = launchers(tmp_path, fake)
    done = subprocess.run(words(made, "-c", "-o", "k_gpu.o", "k.cu"), cwd=tree, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tree / "k_gpu.o").exists()
    swept = resume.sweep(str(tree), ledger.read(str(tmp_path / "ledger")))
    assert swept.removed == {str(tree / "k_gpu.o"): "its compile is not known to have ended"}


def test_nvcc_gets_the_launchers_signals(tmp_path: Path) -> None:
    fake = script(
        tmp_path / "fake", "[ $1 != --help ] || exit\ntrap 'exit 5' TERM\necho ready\nwhile :; do sleep 0.05; done\n"
    )
    made = launchers(tmp_path, fake)
    line = words(made, "-c", "-o", "k_gpu.o", "k.cu")
    with subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while not (tmp_path / "ledger").exists():
            time.sleep(0.01)
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 5
    assert ledger.read(str(tmp_path / "ledger")).finished[str(tmp_path / "k_gpu.o")].code == 5


def test_a_source_gets_its_own_flags_and_no_other_does(tmp_path: Path) -> None:
    text = "extern const bool good = __cplusplus == %s; int x[good ? 1 : -1];\n"
    made = launchers(tmp_path, "", a_cc=("-std=c++17",))
    assert made.nvcc == ""
    (tmp_path / "sub").mkdir()
    for name, year in (("a.cc", "201703L"), ("b.cc", "201103L"), ("sub/a.cc", "201103L")):
        (tmp_path / name).write_text(text % year)
    for where, name in (("", "a.cc"), ("", str(tmp_path / "a.cc")), ("", "b.cc"), ("sub", "a.cc")):
        line = [made.cxx, "-std=c++11", "-c", name, "-o", "x.o"]
        subprocess.run(line, cwd=tmp_path / where, check=True)
    # So does a call that only looks for its dependencies.
    subprocess.run([made.cxx, "-std=c++11", "-fsyntax-only", "a.cc"], cwd=tmp_path, check=True)


def test_nvcc_gets_a_sources_flags_and_the_host_compiler_below_it_does_not(tmp_path: Path) -> None:
    note = f'echo "$0 $@" >> {tmp_path}/calls\n'
    made = launchers(tmp_path, script(tmp_path / "fake", note + FAKE), k_cu=("-Xptxas=-O1",))
    built(made, tmp_path)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.endswith(" -Xptxas=-O1") for call in calls if not call.endswith("--help")] == [True]


@pytest.mark.skipif(NVCC is None, reason="no nvcc on this machine")
def test_a_real_nvcc_is_recorded_once_and_says_the_same(tmp_path: Path) -> None:
    assert NVCC is not None
    made = launchers(tmp_path, NVCC)
    (tmp_path / "k.cu").write_text("__global__ void k(float *x) { x[threadIdx.x] *= 2; }\n")
    flags = ["-arch=sm_90", "-Xcompiler", "-fPIC -I. -O2"]
    for name, nvcc, host in (("bare", NVCC, GXX), ("ours", made.nvcc, made.cxx)):
        (tmp_path / name).mkdir()
        line = [nvcc, "-ccbin", host, *flags, "../k.cu"]
        with (tmp_path / name / "k_gpu.d").open("wb") as rules:
            subprocess.run([*line, "-M", "-MT", "k_gpu.o"], cwd=tmp_path / name, check=True, stdout=rules)
        subprocess.run([*line, "-c", "-o", "k_gpu.o"], cwd=tmp_path / name, check=True)
    assert len((tmp_path / "ledger").read_text().splitlines()) == 2
    (entry,) = ledger.read(str(tmp_path / "ledger")).finished.values()
    assert (entry.source, entry.code) == ("../k.cu", 0)
    assert entry.memory > 20 << 20
    assert (tmp_path / "ours/k_gpu.d").read_bytes() == (tmp_path / "bare/k_gpu.d").read_bytes()
    swept = resume.sweep(str(tmp_path / "ours"), ledger.read(str(tmp_path / "ledger")))
    assert swept == resume.Swept(frozenset({str(tmp_path / "ours/k_gpu.o")}), {})
