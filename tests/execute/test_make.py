import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mxbuild.errors import BuildError
from mxbuild.execute import engine, journal, make
from mxbuild.execute.receipt import compose
from mxbuild.model import Compiling, Event, JournalEntry, Line, Make, Message, Outcome, Planned
from mxbuild.ui.console import screen
from mxbuild.ui.plain import Plain
from mxbuild.ui.progress import LiveScreen
from tests import project
from tests.project import GXX, SOURCES, SYMBOLS, TOTAL, script, step, write
from tests.ui import test_progress, values

LIBRARY = "lib/libsmall.so"

RUNNER = """
import sys, msgspec
from mxbuild.execute import make
from mxbuild.model import Make
from tests.project import context
step = msgspec.json.decode(open(sys.argv[1], "rb").read(), type=Make)
try:
    make.run(step, context([]))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree")


def built(one: Make) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return make.run(one, project.context(events)), events


def started(one: Make, directory: Path) -> "subprocess.Popen[bytes]":
    """The step in a process of its own."""
    (directory / "step.json").write_bytes(msgspec.json.encode(one))
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(directory / "step.json")],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def messages(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Message)]


def test_from_nothing_to_the_library(tree: Path) -> None:
    outcome, events = built(step(tree))
    assert project.symbols(tree / LIBRARY) == SYMBOLS
    evidence = outcome.evidence
    assert evidence["library"] == str(tree / LIBRARY)
    assert evidence["size"] == (tree / LIBRARY).stat().st_size
    assert (evidence["objects"], evidence["compiled"], evidence["alone"]) == (TOTAL, TOTAL, 0)
    assert evidence["cpu_seconds"] > 0
    assert evidence["peak_memory"] > 1 << 20
    assert outcome.detail == f"{TOTAL} objects"
    assert not messages(events)
    last = [e for e in events if isinstance(e, Compiling)][-1]
    assert (last.done, last.total, last.running, last.eta) == (TOTAL, TOTAL, (), (0.0, 0.0))
    log = Path(step(tree).log).read_text()
    said = [e.text for e in events if isinstance(e, Line)]
    assert "\n".join(said) in log
    assert any("-shared" in line for line in said)


def test_every_variable_stands_on_the_command_line_and_the_environment_is_the_plans(tree: Path) -> None:
    recipe = "\t@echo seen=$(EXTRA)= env=$(LEAK)= cxx=$(words $(CXX))\n"
    (tree / "Makefile").write_text(
        (tree / "Makefile").read_text().replace("\t@mkdir -p $(@D)\n", recipe + "\t@mkdir -p $(@D)\n", 1)
    )
    os.environ["LEAK"] = "leaked"
    try:
        _, events = built(step(tree, EXTRA="-DX=1 -DY=2"))
    finally:
        del os.environ["LEAK"]
    assert "seen=-DX=1 -DY=2= env== cxx=1" in [e.text for e in events if isinstance(e, Line)]


def test_what_runs_and_what_is_done_is_told(tree: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    slow = script(
        tmp_path / "slow", f'case "$*" in *gamma.o*) while [ -e {gate} ]; do sleep 0.05; done;; esac\nexec {GXX} "$@"\n'
    )
    seen: list[Compiling] = []

    def watch(event: Event) -> None:
        if isinstance(event, Compiling):
            seen.append(event)
            waiting = [name for name, _ in event.running] == ["src/gamma.cc"] and event.done == TOTAL - 1
            if waiting and event.memory > 0 and event.running[0][1] > 0:
                gate.unlink(missing_ok=True)

    one = step(tree, cxx=slow)
    make.run(one, replace(project.context([]), watch=watch))
    assert not gate.exists()
    dones = [e.done for e in seen]
    assert dones == sorted(dones)
    assert {e.total for e in seen} == {TOTAL}


def test_once_more_compiles_nothing_and_links_anew(tree: Path) -> None:
    first, _ = built(step(tree))
    again, events = built(step(tree))
    assert (again.evidence["compiled"], again.evidence["objects"]) == (0, TOTAL)
    assert again.detail == f"{TOTAL} objects, {TOTAL} of them from before"
    assert again.evidence["sha256"] == first.evidence["sha256"]
    assert any(f"{TOTAL} objects are whole" in text for text in messages(events))
    assert [e for e in events if isinstance(e, Compiling)][-1].done == TOTAL


def test_a_changed_header_is_compiled_after_a_resume_too(tree: Path) -> None:
    built(step(tree))
    time.sleep(0.01)
    (tree / "src" / "all.h").write_text("#define ALL 2\n")
    again, events = built(step(tree))
    assert again.evidence["compiled"] == len(SOURCES)
    done = [e.done for e in events if isinstance(e, Compiling)]
    assert done[-1] == TOTAL


def test_killed_in_the_middle_and_run_again_gives_the_same_library(tree: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    slow = script(
        tmp_path / "slow",
        f'case "$*" in *gamma.o*|*one.o*) [ -e {gate} ] && printf half > "$(echo "$*" | sed "s/.*-o //;s/ .*//")" '
        f'&& exec sleep 60;; esac\nexec {GXX} "$@"\n',
    )
    one = step(tree, cxx=slow)
    with started(one, tmp_path) as runner:
        book = project.ledger
        wait_for(
            lambda: {Path(o).name for o in book(one).running} == {"gamma.o"} and (tree / "build/src/gamma.o").exists()
        )
        child = int(Path(f"/proc/{runner.pid}/task/{runner.pid}/children").read_text().split()[0])
        os.killpg(child, signal.SIGKILL)
        os.killpg(runner.pid, signal.SIGKILL)
    gate.unlink()
    assert (tree / "build" / "src" / "gamma.o").read_text() == "half"
    outcome, events = built(one)
    assert project.symbols(tree / LIBRARY) == SYMBOLS
    assert 0 < outcome.evidence["compiled"] < TOTAL
    assert any("are whole and stay" in text for text in messages(events))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that was built, and a copy of it beside it; the ledger knows the paths of the first."""
    tree = write(tmp_path_factory.mktemp("whole") / "tree")
    built(step(tree))
    shutil.copytree(tree, tree.parent / "copy")
    return tree


PRODUCTS = [
    *(f"build/src/{n}{e}" for n in SOURCES for e in (".o", ".d")),
    "sub/one.o",
    "sub/one.d",
    "sub/libsub.a",
    LIBRARY,
]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cuts=st.dictionaries(st.sampled_from(PRODUCTS), st.floats(0, 1, exclude_max=True), min_size=1, max_size=4))
def test_a_damaged_file_is_never_linked(whole: Path, cuts: dict[str, float]) -> None:
    shutil.rmtree(whole)
    shutil.copytree(whole.parent / "copy", whole)
    for name, share in cuts.items():
        data = (whole / name).read_bytes()
        (whole / name).write_bytes(data[: int(len(data) * share)])
        # make alone would take it: it is younger than what it is made of.
        os.utime(whole / name)
    outcome, _ = built(step(whole))
    assert project.symbols(whole / LIBRARY) == SYMBOLS
    touched = {name.rpartition(".")[0] for name in cuts if name.endswith((".o", ".d"))}
    assert outcome.evidence["compiled"] == len(touched)
    assert (whole / LIBRARY).read_bytes() == (whole.parent / "copy" / LIBRARY).read_bytes()


def test_files_of_the_source_that_look_like_products_stay(tree: Path) -> None:
    for name in ("vendor.a", "sub/vendor.so", "sub/src/data.d"):
        (tree / name).write_text("upstream's")
    for where in (tree, tree / "sub"):
        for words in (["init", "-q"], ["add", "-f", "."]):
            subprocess.run(
                ["git", "-c", "protocol.file.allow=always", *words], cwd=where, check=True, capture_output=True
            )
    built(step(tree))
    built(step(tree))
    assert [(tree / n).read_text() for n in ("vendor.a", "sub/vendor.so", "sub/src/data.d")] == ["upstream's"] * 3


def test_a_tree_behind_a_link_keeps_its_objects(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree)
    one = msgspec.structs.replace(step(tree), tree=str(tmp_path / "link"))
    first, events = built(one)
    assert [e for e in events if isinstance(e, Compiling)][-1].done == TOTAL
    assert first.evidence["library"] == f"{tmp_path}/link/{LIBRARY}"
    assert built(one)[0].evidence["compiled"] == 0


def test_an_error_is_shown_with_its_place_its_log_and_what_it_said(tree: Path) -> None:
    (tree / "src" / "beta.cc").write_text('extern "C" int beta() { return nowhere; }\n')
    with pytest.raises(BuildError) as caught:
        built(step(tree))
    error = caught.value
    assert error.message.startswith("src/beta.cc:1: ")
    assert "nowhere" in error.message
    assert any("nowhere" in line for line in error.details)
    assert f"log: {step(tree).log}" in error.details
    assert f"file: {tree}/src/beta.cc:1" in error.details
    (command,) = [line.removeprefix("command: ") for line in error.details if line.startswith("command: ")]
    again = subprocess.run(["sh", "-c", command], cwd="/", capture_output=True, text=True, check=False)
    assert (again.returncode, "nowhere" in again.stderr) == (1, True), "the command can be pasted anywhere"
    assert error.remedy is not None
    assert "mxbuild bug-report" in error.remedy
    (tree / "src" / "beta.cc").write_text('extern "C" int beta() { return 1; }\n')
    built(step(tree))
    assert project.symbols(tree / LIBRARY) == SYMBOLS


def test_an_error_that_the_failure_book_knows_has_its_cause_its_thread_and_the_command(tree: Path) -> None:
    (tree / "src" / "beta.cc").write_text("#include <nobody_has_this.h>\n")
    with pytest.raises(BuildError) as caught:
        built(step(tree))
    unknown = caught.value
    assert not any(line.startswith("see: ") for line in unknown.details)
    (tree / "src" / "beta.cc").write_text("#include <opencv2/no_such.hpp>\n")
    with pytest.raises(BuildError) as caught:
        built(step(tree))
    details = caught.value.details
    assert any(line.startswith("cause: the compiler does not find OpenCV's headers") for line in details)
    assert any(line.startswith("see: ") and "apache/mxnet#14937" in line for line in details)
    assert any(line.startswith("try: sudo apt-get install") for line in details)
    assert not any(line.startswith("try: make ") for line in details), "by hand is not how it is built here"
    (command,) = [line for line in details if line.startswith("command: ")]
    assert "src/beta.cc" in command


def test_an_error_of_an_earlier_run_is_not_shown_again(tree: Path) -> None:
    (tree / "src" / "beta.cc").write_text("first_fault;\n")
    with pytest.raises(BuildError, match="first_fault"):
        built(step(tree))
    (tree / "src" / "beta.cc").write_text("second_fault;\n")
    with pytest.raises(BuildError, match="second_fault"):
        built(step(tree))


def test_a_link_that_fails_names_what_is_missing(tree: Path) -> None:
    with pytest.raises(BuildError, match="cannot find -lno_such_library"):
        built(step(tree, LIBS="-lno_such_library"))


def test_a_make_that_ends_well_without_a_library_is_a_failure(tree: Path) -> None:
    (tree / "Makefile").write_text(f"ALL_DEP = a.o\n{LIBRARY}:\n\tmkdir -p lib; echo no library > $@\n")
    with pytest.raises(BuildError, match="is no shared library"):
        built(step(tree))


def short_of_memory(directory: Path) -> str:
    """A compiler that the kernel kills where another one runs beside it."""
    return script(
        directory / "hungry",
        f'case "$*" in *-c*) ;; *) exec {GXX} "$@";; esac\n'
        f"mkdir {directory}/alone 2>/dev/null || kill -9 $$\n"
        f'sleep 0.3; {GXX} "$@"; code=$?; rmdir {directory}/alone; exit $code\n',
    )


def test_a_compiler_that_is_killed_for_memory_has_the_machine_to_itself_next_time(tree: Path, tmp_path: Path) -> None:
    one, events, log = step(tree, cxx=short_of_memory(tmp_path), jobs=2), list[Event](), io.StringIO()
    planned = Planned(step=one, title="Compile", action="run", why="", digest="0")
    where = msgspec.structs.replace(values.PLAN.paths, records=str(tmp_path / "records"))
    plan = msgspec.structs.replace(values.PLAN, steps=(planned,), paths=where)
    (outcome,) = engine.execute(plan, project.context([]).environ, events.append)
    assert project.symbols(tree / LIBRARY) == SYMBOLS
    assert outcome.evidence["jobs"] == 2
    warnings = [e.text for e in events if isinstance(e, Message) and e.level == "warning"]
    assert len(warnings) == outcome.evidence["alone"] > 0
    assert "was killed: memory ran out" in warnings[0]
    assert warnings[0].endswith("once more, with no other compiler beside it")
    assert outcome.evidence["compiled"] == TOTAL, "what was whole is not compiled again"
    # Every screen says it, the journal keeps it, and so does the receipt.
    terminal = test_progress.terminal(width=400)
    with LiveScreen(terminal) as live, Plain(screen(log, {})) as plain:
        for event in events:
            live.watch(event)
            plain.watch(event)
    assert f"warning: {warnings[0]}\n" in log.getvalue()
    assert any(warnings[0] in line for line in test_progress.lasting(terminal))
    (entry,) = journal.read(where.records).values()
    assert entry.evidence["warnings"] == warnings
    assert compose(values.PLAN, {"make": entry.evidence}, {}).warnings == tuple(warnings)


def test_where_memory_runs_out_for_one_alone_it_says_so(tree: Path, tmp_path: Path) -> None:
    fake = script(tmp_path / "fake", f'case "$*" in *-c*alpha*) kill -9 $$;; esac\nexec {GXX} "$@"\n')
    one = step(tree, cxx=fake, jobs=4)
    with pytest.raises(BuildError, match=r"^the compiler of src/alpha\.cc was killed$") as caught:
        built(one)
    assert any(line.startswith("cause: memory ran out") for line in caught.value.details)
    runs = [line for line in Path(one.log).read_text().splitlines() if line.startswith("+ ")]
    assert len(runs) == 2


def test_ctrl_c_leaves_no_process_and_goes_on_later(tree: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    gate = tmp_path / "gate"
    gate.touch()
    stubborn = script(
        tmp_path / "stubborn",
        f"if [ -e {gate} ]; then trap '' TERM INT HUP; echo $$ >> {pids}; while :; do sleep 0.1; done; fi\n"
        f'exec {GXX} "$@"\n',
    )
    one = step(tree, cxx=stubborn)
    with started(one, tmp_path) as runner:
        wait_for(lambda: pids.exists() and len(project.ledger(one).running) == 2)
        compilers = [e.pid for e in project.ledger(one).running.values()]
        runner.send_signal(signal.SIGINT)
        assert runner.wait(60) == 130
    assert not [pid for pid in (*compilers, *map(int, pids.read_text().split())) if alive(pid)]
    gate.unlink()
    built(one)
    assert project.symbols(tree / LIBRARY) == SYMBOLS


def test_an_orphaned_make_holds_what_it_was_given(tree: Path, tmp_path: Path) -> None:
    read, write_end = os.pipe()
    fake = script(tmp_path / "fake", f'ls -l /proc/self/fd/ > {tmp_path}/fds\nexec {GXX} "$@"\n')
    make.run(step(tree, cxx=fake), replace(project.context([]), keep_open=(write_end,)))
    target = os.readlink(f"/proc/self/fd/{write_end}")
    os.close(read)
    os.close(write_end)
    assert target in (tmp_path / "fds").read_text()


@pytest.mark.parametrize("name", ["with blank", "a#b", "a$b", "a:b", "a%b", "~", "a'b", "tab\t"])
def test_a_path_that_make_cannot_take_is_refused(tmp_path: Path, name: str) -> None:
    tree = write(tmp_path / name / "tree")
    with pytest.raises(BuildError, match="make cannot work in") as caught:
        built(step(tree))
    assert str(tree) in caught.value.message
    assert "MXBUILD_CACHE_DIR" in (caught.value.remedy or "")


def test_a_path_of_other_letters_is_taken(tmp_path: Path) -> None:
    tree = write(tmp_path / "ümläut+@,".rstrip(",") / "tree")
    built(step(tree))
    assert project.symbols(tree / LIBRARY) == SYMBOLS


def test_a_pkg_config_alias_stands_for_the_real_module(tree: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (real / "newname4.pc").write_text("Name: n\nDescription: d\nVersion: 4.6.0\nCflags: -DFROM_REAL=1\nLibs:\n")
    (real / "oldname.pc").write_text(
        "Name: n\nDescription: an older one that must not win\nVersion: 1\nCflags: -DWRONG\n"
    )
    flags = "EXTRA = $(shell pkg-config --cflags oldname) -DVERSION=$(shell pkg-config --modversion oldname)\n"
    (tree / "Makefile").write_text((tree / "Makefile").read_text().replace("EXTRA =\n", flags, 1))
    one = step(tree, aliases={"oldname": "newname4"})
    environment = {**one.environment, "PKG_CONFIG_PATH": str(real)}
    _, events = built(msgspec.structs.replace(one, environment=environment))
    lines = [e.text for e in events if isinstance(e, Line)]
    assert any("-DFROM_REAL=1" in line and "-DVERSION=4.6.0" in line for line in lines)
    assert not any("WRONG" in line for line in lines)


def test_an_alias_of_nothing_is_refused(tree: Path) -> None:
    with pytest.raises(BuildError, match="pkg-config does not know no-such-module"):
        built(step(tree, aliases={"old": "no-such-module"}))


def test_ccache_gets_its_settings_and_stands_in_front(tree: Path, tmp_path: Path) -> None:
    fake = script(tmp_path / "ccache", f'env >> {tmp_path}/env; echo "$1" >> {tmp_path}/first\nexec "$@"\n')
    built(msgspec.structs.replace(step(tree), ccache=fake, ccache_directory="/some/cache"))
    environment = (tmp_path / "env").read_text().splitlines()
    settings = ["CCACHE_DIR=/some/cache", f"CCACHE_BASEDIR={tree}", "CCACHE_NOHASHDIR=1"]
    for setting in (*settings, "CCACHE_COMPILERCHECK=content", "CCACHE_MAXSIZE=10G"):
        assert environment.count(setting) == TOTAL
    assert (tmp_path / "first").read_text().split() == [GXX] * TOTAL


@pytest.mark.skipif(shutil.which("ccache") is None, reason="ccache is not installed")
def test_two_trees_give_the_same_library_with_a_cache_and_without(tmp_path: Path) -> None:
    """What messages name (`__FILE__`) of a header that the Makefile gives the whole path of."""
    libraries = []
    for place, cache in (("one", ""), ("two/deeper", ""), ("three", shutil.which("ccache") or "")):
        tree = project.write(tmp_path / place / "tree")
        (tree / "src" / "where.h").write_text("inline const char *where() { return __FILE__; }\n")
        (tree / "sub" / "src" / "one.cc").write_text(
            '#include "where.h"\nextern "C" const char *one() { return where(); }\n'
        )
        for makefile in (tree / "Makefile", tree / "sub" / "Makefile"):
            makefile.write_text(makefile.read_text().replace("-fPIC", f"-fPIC -I{tree}/src"))
        subprocess.run(["git", "init", "-q", str(tree)], check=True)
        author = {"GIT_AUTHOR_DATE": "1234567890 +0000", "GIT_COMMITTER_DATE": "1234567890 +0000"}
        commit = ["git", "-c", "user.name=x", "-c", "user.email=x", "commit", "-q", "--allow-empty", "-m", "x"]
        subprocess.run(commit, cwd=tree, env=os.environ | author, check=True)
        dated = tree / "sub" / "src" / "two.cc"
        dated.write_text('extern "C" const char *two() { return __DATE__ __TIME__; }\n')
        built(msgspec.structs.replace(step(tree), ccache=cache, ccache_directory=str(tmp_path / "cache")))
        libraries.append((tree / LIBRARY).read_bytes())
    assert libraries[0] == libraries[1] == libraries[2]
    assert b"../src/where.h" in libraries[0]
    assert b"Feb 13 2009" in libraries[0]


def test_costs_come_from_other_builds_of_the_release(tmp_path: Path) -> None:
    from mxbuild.compile.costs import earlier

    def placed(name: str) -> Make:
        tree = write(tmp_path / "trees" / name)
        records = f"{tmp_path}/builds/{name}"
        return msgspec.structs.replace(
            step(tree), launcher=f"{records}/bin", ledger=f"{records}/ledger.jsonl", log=f"{records}/make.log"
        )

    built(placed("release-1-aaaa"))
    other = placed("release-1-bbbb")
    known = earlier(other.ledger, other.tree)
    assert set(known) == {*(f"build/src/{n}.o" for n in SOURCES), "sub/one.o", "sub/two.o"}
    assert all(cost.seconds > 0 for cost in known.values())
    stranger = placed("release-2-cccc")
    assert earlier(stranger.ledger, stranger.tree) == {}


def test_damage_looks_at_the_library(tree: Path) -> None:
    one = step(tree)
    outcome, _ = built(one)
    entry = JournalEntry(id="make", digest="", finished=0, seconds=0, detail="", evidence=outcome.evidence)
    assert make.damage(one, entry) == ""
    os.utime(tree / LIBRARY, ns=(1, 1))
    assert make.damage(one, entry) == f"{tree}/{LIBRARY} was changed"
    (tree / LIBRARY).unlink()
    assert make.damage(one, entry) == f"{tree}/{LIBRARY} is gone"


def test_a_launcher_is_one_word(tree: Path) -> None:
    one = step(tree)
    built(one)
    command = Path(one.log).read_text().splitlines()[0].removeprefix("+ ")
    assert f"CXX={one.launcher}/g++" in shlex.split(command)
    assert f"CC={one.launcher}/gcc" in shlex.split(command)


def test_a_release_never_built_here_has_the_costs_of_its_recipe(tmp_path: Path) -> None:
    from mxbuild.compile.costs import earlier, shipped

    known = shipped("mxnet-0.12.1")
    assert (len(known), sum(name.endswith("_gpu.o") for name in known)) == (156 + 83, 83)
    assert max(known, key=lambda name: known[name].seconds) == "build/src/operator/tensor/elemwise_unary_op_basic.o"
    assert shipped("mini") == {}
    assert shipped("mxnet-9.9.9").keys() >= known.keys(), "what the same source costs in other releases"
    new = step(tmp_path / "trees" / "mxnet-0.12.1-1", cxx=GXX)
    new = msgspec.structs.replace(new, ledger=str(tmp_path / "builds" / "mxnet-0.12.1-1" / "ledger.jsonl"))
    assert earlier(new.ledger, new.tree) == known
    # One that was begun here knows a few objects; a whole one knows this machine.
    Path(new.ledger).parent.mkdir(parents=True)
    facts = '"pid":1,"start":1.0,"end":9.0,"code":0,"memory":1,"cpu":8.0,"size":1'
    entry = '{{"event":"end","source":"a.cc","object":"{0}/{1}",' + facts + "}}\n"
    Path(new.ledger).write_text(entry.format(new.tree, next(iter(known))))
    assert earlier(new.ledger, new.tree) == known
    Path(new.ledger).write_text("".join(entry.format(new.tree, name) for name in known))
    own = earlier(new.ledger, new.tree)
    assert {cost.seconds for cost in own.values()} == {8.0}
    assert all(cost.memory == known[name].memory for name, cost in own.items()), "what was not seen here"
