import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from mxbuild.compile import install, ledger
from mxbuild.errors import BuildError
from tests.project import GXX, compiler, script

CONFUSING = '-O3 -I/opt/include -c -o /tmp/x.o -M y.cc "-DTEXT=a b"'
"""Host flags in one word, as upstream's Makefiles hand on their CFLAGS to nvcc."""


def launcher(tmp_path: Path, cxx: str = GXX, *, prefix: str = "", name: str = "ledger") -> str:
    return install.install(
        str(tmp_path / "bin"),
        compiler=compiler(cxx),
        ledger=str(tmp_path / name),
        environment=os.environ,
        prefix=prefix,
    ).cxx


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A launcher of g++ for tests that leave no compile in its ledger."""
    return launcher(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A launcher of a compiler that takes everything and does nothing."""
    return launcher(tmp_path_factory.mktemp("idle"), "/bin/true")


def source(tmp_path: Path, name: str = "a.cc", text: str = "int f() { return 1; }\n") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_compile_is_recorded_whole(tmp_path: Path) -> None:
    cxx = launcher(tmp_path)
    source(tmp_path)
    before = time.time()
    subprocess.run([cxx, "-O2", "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=True)
    book = ledger.read(str(tmp_path / "ledger"))
    assert list(book.finished) == [str(tmp_path / "a.o")]
    assert not book.running
    entry = book.finished[str(tmp_path / "a.o")]
    assert (entry.source, entry.code, entry.size) == ("a.cc", 0, (tmp_path / "a.o").stat().st_size)
    assert before - 0.01 < entry.start < entry.end < time.time() + 0.01
    assert entry.memory > 1 << 20  # cc1plus, not the driver alone
    assert entry.cpu > 0


@pytest.mark.parametrize("hit", [True, False])
def test_what_a_cache_had_is_told_from_what_was_compiled(tmp_path: Path, hit: bool) -> None:
    """As ccache does it: it calls what CCACHE_PREFIX names before the compiler, or nothing at all."""
    ccache = script(tmp_path / "ccache", ': > "$5"\n' if hit else '"$CCACHE_PREFIX" "$@"\n')
    source(tmp_path)
    for prefix in (ccache, ""):
        cxx = launcher(tmp_path, prefix=prefix)
        environ = {**os.environ, "CCACHE_PREFIX": str(tmp_path / "bin" / "gate")}
        subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=True, env=environ)
    seen = list(ledger.entries((tmp_path / "ledger").read_bytes()))
    ends = [e for e in seen if e.event == "end"]
    began = [e for e in seen if e.event == "compile"]
    assert [e.ccache for e in ends] == [True, False]
    assert [e.object for e in began] == ([] if hit else [str(tmp_path / "a.o")])
    assert all(ends[0].start <= e.start <= ends[0].end for e in began)


def test_the_object_is_the_one_that_the_bare_compiler_makes(tmp_path: Path) -> None:
    cxx = launcher(tmp_path)
    source(tmp_path)
    for name, program in (("bare.o", GXX), ("ours.o", cxx)):
        subprocess.run([program, "-O2", "-c", "a.cc", "-o", name], cwd=tmp_path, check=True)
    assert (tmp_path / "bare.o").read_bytes() == (tmp_path / "ours.o").read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["-MM", "a.cc"],
        ["-E", "a.cc"],
        ["-shared", "-o", "x.so", "a.cc"],
        ["-c", "a.cc", "-o", "x.other"],
    ],
)
def test_everything_else_passes_untouched(usual: str, tmp_path: Path, words: list[str]) -> None:
    cxx = usual
    source(tmp_path)
    ours = subprocess.run([cxx, *words], cwd=tmp_path, capture_output=True, check=False)
    bare = subprocess.run([GXX, *words], cwd=tmp_path, capture_output=True, check=False)
    # A driver says its own name: the launcher runs it under the real one.
    assert (ours.returncode, ours.stdout, ours.stderr) == (bare.returncode, bare.stdout, bare.stderr)
    assert not Path(usual).parents[1].joinpath("ledger").exists()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("-c a.cc -o a.o", ("a.cc", "a.o")),
        ("-c -oa.o a.cc", ("a.cc", "a.o")),
        ("-DX -D y.cc -MF z.c -include p.c -c -o a.o a.cc -MMD", ("a.cc", "a.o")),
        ("-c kernel.cu -o k_gpu.o", ("kernel.cu", "k_gpu.o")),
        ("-M -MT a.o a.cc -c -o a.o", None),
        ("a.o b.o -o c.o -r", None),
        ("-c -o", None),
        ("-o x.o -c a.cc -D", ("a.cc", "x.o")),
        ("-c a.cc -o CMakeFiles/CMakeTmp/a.o", None),
        # nvcc's
        ("-c -o k_gpu.o k.cu", ("k.cu", "k_gpu.o")),
        ("-M -MT k_gpu.o k.cu", None),
        (["-Xcompiler", CONFUSING, "-c", "-o", "k_gpu.o", "k.cu"], ("k.cu", "k_gpu.o")),
        ("-Xcompiler -M -c -o k_gpu.o k.cu", ("k.cu", "k_gpu.o")),
        ("-Xcompiler=-M -Xcompiler -c -o k_gpu.o k.cu", None),
        ("-ccbin /opt/x.cc -arch sm_90 -c k.cu -o k_gpu.o", ("k.cu", "k_gpu.o")),
        ("-gencode arch=compute_90,code=[sm_90,compute_90] -c k.cu -o k.o", ("k.cu", "k.o")),
        ("-x cu -odir d.cc -dc k.cu -o k.o", ("k.cu", "k.o")),
        ("--compile k.cu --output-file k.o", ("k.cu", "k.o")),
        ("-arch=sm_90 -E --x cu /dev/null", None),
        ("-ptx k.cu -o k.o", None),
    ],
)  # fmt: skip
def test_what_is_a_compile(idle: str, tmp_path: Path, words: str | list[str], found: tuple[str, str] | None) -> None:
    written = Path(idle).parents[1] / "ledger"
    written.unlink(missing_ok=True)
    subprocess.run([idle, *(words.split() if isinstance(words, str) else words)], cwd=tmp_path, check=True)
    book = ledger.read(str(written))
    assert {(e.source, e.object) for e in book.finished.values()} == (
        {(found[0], f"{tmp_path}/{found[1]}")} if found else set()
    )


def test_exit_codes_and_words_of_the_compiler_are_kept(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, script(tmp_path / "fake", "echo out; echo err >&2; exit 7\n"))
    done = subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    assert ledger.read(str(tmp_path / "ledger")).finished[str(tmp_path / "a.o")].code == 7


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1, signal.SIGPIPE])
def test_a_signal_that_ends_the_compiler_ends_the_launcher(tmp_path: Path, number: signal.Signals) -> None:
    cxx = launcher(tmp_path, script(tmp_path / "fake", f"kill -{int(number)} $$\n"))
    done = subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=False)
    assert done.returncode == -number
    assert ledger.read(str(tmp_path / "ledger")).finished[str(tmp_path / "a.o")].code == -number


def test_a_caller_that_ignores_its_children_hears_how_the_compiler_ended(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, script(tmp_path / "fake", "exit 7\n"))
    deaf = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", deaf, cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=False)
    assert done.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_compiler_gets_the_launchers_signals(tmp_path: Path, number: signal.Signals) -> None:
    fake = script(tmp_path / "fake", f"trap 'exit 5' {int(number)}\necho ready\nwhile :; do sleep 0.05; done\n")
    with subprocess.Popen(
        # nohup ignores SIGHUP, and no shell can trap what was ignored when it began.
        ["env", "--default-signal", launcher(tmp_path, fake), "-c", "a.cc", "-o", "a.o"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        # The start line is written once the signals are passed on.
        while not (tmp_path / "ledger").exists():
            time.sleep(0.01)
        child.send_signal(number)
        assert child.wait(20) == 5


def test_a_compile_that_is_stopped_with_its_whole_group_is_not_begun_anew(tmp_path: Path) -> None:
    # The compiler may be gone before the launcher passes the signal on: that once looked like a failed start.
    fake = script(tmp_path / "fake", f"echo >> {tmp_path}/calls; while :; do sleep 0.05; done\n")
    cxx = launcher(tmp_path, fake)
    for calls in range(1, 11):
        with subprocess.Popen([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, start_new_session=True) as child:
            while not (tmp_path / "calls").exists() or len((tmp_path / "calls").read_text()) < calls:
                time.sleep(0.01)
            time.sleep(0.02)
            os.killpg(child.pid, signal.SIGTERM)
            try:
                assert child.wait(5) == -signal.SIGTERM
            finally:
                os.killpg(child.pid, signal.SIGKILL) if child.returncode is None else None
    assert len((tmp_path / "calls").read_text()) == 10


def test_what_python_ignores_the_compiler_does_not(tmp_path: Path) -> None:
    fake = script(tmp_path / "fake", "grep SigIgn /proc/self/status\n")
    cxx = launcher(tmp_path, fake)
    for words in (["-c", "a.cc", "-o", "a.o"], ["--version"]):
        bare, ours = (
            int(subprocess.check_output([program, *words], cwd=tmp_path).split()[1], 16) for program in (fake, cxx)
        )
        # Signals 32 and 33 are glibc's own; whoever starts a child with posix_spawn, as make does, leaves them ignored.
        assert ours & 0x7FFFFFFF == bare & 0x7FFFFFFF


def test_it_compiles_where_the_ledger_cannot_be_written(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, name="no/such/directory/ledger")
    source(tmp_path)
    subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.o").exists()


def test_it_compiles_where_ccache_has_gone(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, prefix=str(tmp_path / "gone" / "ccache"))
    source(tmp_path)
    subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], cwd=tmp_path, check=True)
    assert (tmp_path / "a.o").exists()


def test_ccache_stands_before_compiles_and_nothing_else(tmp_path: Path) -> None:
    prefix = script(tmp_path / "ccache", f'echo "$@" >> {tmp_path}/asked\nexec "$@"\n')
    cxx = launcher(tmp_path, prefix=prefix)
    source(tmp_path)
    for words in (["-c", "a.cc", "-o", "a.o"], ["-shared", "a.o", "-o", "a.so"], ["-MM", "a.cc"]):
        subprocess.run([cxx, *words], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "asked").read_text() == f"{GXX} -c a.cc -o a.o\n"


def test_a_compiler_that_is_not_there_is_named(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, str(tmp_path / "nowhere" / "g++"))
    done = subprocess.run([cxx, "-c", "a.cc", "-o", "a.o"], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert done.stderr == f"{tmp_path}/nowhere/g++: No such file or directory\n"


def test_lines_of_twenty_compilers_stay_whole(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, script(tmp_path / "fake", "exit 0\n"))
    long = "x" * 200 + "/"
    running = [
        subprocess.Popen(
            ["sh", "-c", f'for n in 1 2 3 4 5; do "$0" -c a.cc -o {long * 15}{job}.$n.o; done', cxx], cwd=tmp_path
        )
        for job in range(20)
    ]
    assert [child.wait() for child in running] == [0] * 20
    lines = (tmp_path / "ledger").read_bytes().splitlines()
    assert len(lines) == 200
    assert all(json.loads(line)["event"] in ("start", "end") for line in lines)
    assert len(ledger.read(str(tmp_path / "ledger")).finished) == 100


@pytest.mark.parametrize("name", ["plain", "mit blank", "umläut", 'quo"te', "back\\slash", "new\nline", "tab\t"])
def test_any_name_is_recorded(tmp_path: Path, name: str) -> None:
    cxx = launcher(tmp_path, script(tmp_path / "fake", ': > "$4"\n'))
    subprocess.run([cxx, "-c", f"{name}.cc", "-o", f"{name}.o"], cwd=tmp_path, check=True)
    entry = ledger.read(str(tmp_path / "ledger")).finished[str(tmp_path / f"{name}.o")]
    assert (entry.source, entry.code) == (f"{name}.cc", 0)


def test_installing_again_replaces_it_whole(tmp_path: Path) -> None:
    first = Path(launcher(tmp_path)).read_bytes()
    second = Path(launcher(tmp_path, shutil.which("true") or "/bin/true")).read_bytes()
    assert first != second
    assert sorted(p.name for p in (tmp_path / "bin").iterdir()) == ["g++", "gate", "gcc"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin"]


def test_a_compiler_that_makes_no_program_is_said(tmp_path: Path) -> None:
    broken = msgspec.structs.replace(
        compiler(), cc=script(tmp_path / "cc", "echo 'stdio.h: No such file' >&2; exit 1\n")
    )
    with pytest.raises(BuildError) as caught:
        install.install(str(tmp_path / "bin"), compiler=broken, ledger="x", environment=os.environ)
    assert (caught.value.message, caught.value.details) == (
        f"{tmp_path}/cc cannot compile a small C program", ("stdio.h: No such file",)
    )  # fmt: skip
    assert not (tmp_path / "bin").exists()


def test_a_name_that_is_no_text_is_recorded_as_python_says_it(tmp_path: Path) -> None:
    cxx = launcher(tmp_path, "/bin/true")
    subprocess.run([cxx, "-c", b"a\xff.cc", "-o", "a.o"], cwd=tmp_path, check=True)
    (entry,) = ledger.read(str(tmp_path / "ledger")).finished.values()
    assert entry.source == r"a\xff.cc"


def placed(root: Path, *, prefix: str = "") -> tuple[Path, str]:
    """A tree with a header whose path gets into the object, and a launcher for it."""
    tree = root / "tree"
    (tree / "core/include").mkdir(parents=True)
    (tree / "graph/src").mkdir(parents=True)
    (tree / "core/include/where.h").write_text("inline const char *where() { return __FILE__; }\n")
    (tree / "graph/src/a.cc").write_text('#include "where.h"\nconst char *f() { return where(); }\n')
    made = install.install(
        str(root / "bin"),
        compiler=compiler(GXX),
        ledger=str(root / "ledger"),
        environment=os.environ,
        prefix=prefix,
        tree=str(tree),
    )
    return tree, made.cxx


def test_an_object_says_nothing_of_where_its_tree_lies(tmp_path: Path) -> None:
    objects, ledgers = [], []
    for root in (tmp_path / "one", tmp_path / "another/and deeper"):
        root.mkdir(parents=True)
        tree, cxx = placed(root)
        run = (cxx, "-O1", "-c", f"-I{tree}/core/include/", f"{tree}/graph/src/a.cc", "-o", f"{tree}/a.o")
        subprocess.run(run, cwd=tree / "graph", check=True)
        objects.append((tree / "a.o").read_bytes())
        ledgers.append(
            [entry.object for entry in ledger.read(str(root / "ledger")).finished.values()] == [f"{tree}/a.o"]
        )
    assert objects[0] == objects[1]
    assert b"../core/include/where.h" in objects[0]
    assert ledgers == [True, True]


def test_the_object_is_the_one_that_ccache_has_compiled(tmp_path: Path) -> None:
    ccache = shutil.which("ccache")
    if ccache is None:
        pytest.skip("ccache is not installed")
    objects = []
    for name, prefix in (("with", ccache), ("without", "")):
        (tmp_path / name).mkdir()
        tree, cxx = placed(tmp_path / name, prefix=prefix)
        settings = {"CCACHE_DIR": f"{tmp_path}/{name}.cache", "CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}
        words = ["-c", f"-I{tree}/core/include", f"-I{tree}", f"-I{tree}/graph/", "src/a.cc", "-o", "src/a.o"]
        subprocess.run([cxx, *words], cwd=tree / "graph", env=os.environ | settings, check=True)
        objects.append((tree / "graph/src/a.o").read_bytes())
    assert objects[0] == objects[1]


@pytest.fixture(scope="module")
def echoing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A tree, and a launcher of a compiler for it that says what it is told."""
    root = tmp_path_factory.mktemp("echoing")
    echo = script(root / "echo", 'printf "%s\\n" "$@"\n')
    (root / "tree/a/b").mkdir(parents=True)
    made = install.install(
        str(root / "bin"),
        compiler=msgspec.structs.replace(compiler(GXX), cxx=echo),
        ledger=str(root / "ledger"),
        environment=os.environ,
        tree=str(root / "tree"),
    )
    return root / "tree", made.cxx


@pytest.mark.parametrize(
    ("here", "word", "becomes"),
    [
        ("", "-I{}", "-I."),
        ("a", "-isystem{}/b", "-isystem../b"),
        ("", "-I{}/", "-I."),
        ("", "-I{}/a//", "-Ia"),
        ("a/b", "-I{}", "-I../.."),
        ("a/b", "-I{}/a", "-I.."),
        ("a/b", "-I{}/a/b", "-I."),
        ("a/b", "-I{}/a/bc", "-I../bc"),
        ("a/b", "-I{}/a/b/c/d.h", "-Ic/d.h"),
        ("a/b", "-I{}x/c", "-I{}x/c"),
        ("a/b", "-I/usr/include", "-I/usr/include"),
        ("a/b", "-L{}/a", "-L{}/a"),
        ("a/b", "{}/a/x.o", "{}/a/x.o"),
        ("a/b", "-Da={}/a", "-Da={}/a"),
        ("..", "-I{}/a", "-I{}/a"),
    ],
)
def test_paths_below_the_tree_and_no_others_are_relative(
    echoing: tuple[Path, str], here: str, word: str, becomes: str
) -> None:
    tree, cxx = echoing
    words = [cxx, word.format(tree), "-D", f"{tree}/a", "-c", "x.cc", "-o", f"{tree}/x.o"]
    done = subprocess.run(words, cwd=tree / here, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [becomes.format(tree), *(words[2:])]
