"""Workers with the real distcc: over TCP to distccd on the loopback, and over an ssh that runs it here."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from mxbuild.compile import costs
from mxbuild.execute import make, workers
from mxbuild.model import Event, Make, Message, Outcome
from mxbuild.resolve.workers import parse
from tests import project
from tests.project import GXX, SYMBOLS, TOTAL, script, write
from tests.servers import compiled, distccd, free_port, redis

DISTCC = shutil.which("distcc") or ""
pytestmark = pytest.mark.skipif(not DISTCC, reason="distcc is not installed: apt-get install distcc")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[tuple[int, Path], tuple[int, Path]]]:
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    with distccd(one) as first, distccd(two) as second:
        yield (first, one), (second, two)


def far(directory: Path, workers: str, *, here: int = 1, **changes: object) -> Make:
    """The step with workers."""
    (directory / "records").mkdir(parents=True)
    fleet = parse(workers)
    step = project.step(write(directory / "tree"), jobs=here + sum(worker.slots for worker in fleet))
    return msgspec.structs.replace(step, workers=fleet, distcc=DISTCC, here=here, **changes)


def built(one: Make, **environ: str) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    context = replace(project.context(events), environ={**os.environ, **environ})
    return make.run(one, context), events


def warnings(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, Message) and e.level == "warning"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it is built by this machine alone."""
    tree = write(tmp_path_factory.mktemp("alone") / "tree")
    make.run(project.step(tree), project.context([]))
    return tree


def same_objects(one: Path, other: Path) -> int:
    """How many there are; and with each the same rules for make."""
    names = [path.relative_to(one) for path in one.rglob("*.[od]")]
    assert {path.relative_to(other) for path in other.rglob("*.[od]")} == set(names)
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    return sum(name.suffix == ".o" for name in names)


def test_two_workers_compile_and_the_objects_are_those_of_one_machine(
    servers: tuple[tuple[int, Path], tuple[int, Path]], tmp_path: Path, alone: Path
) -> None:
    (first, one), (second, two) = servers
    before = compiled(one) + compiled(two)
    step = far(tmp_path, f"tcp://127.0.0.1:{first}/2,tcp://127.0.0.1:{second}/2")
    outcome, events = built(step)
    away = outcome.evidence["workers"]["away"]
    assert sum(away.values()) == compiled(one) + compiled(two) - before > 0
    assert outcome.evidence["workers"]["back"] == 0
    assert f"{sum(away.values())} on {len(away)} worker" in outcome.detail
    assert same_objects(alone, Path(step.tree)) == TOTAL
    assert project.symbols(Path(step.tree, step.library)) == SYMBOLS
    (danger,) = warnings(events)
    assert "whoever reaches the port runs any command there" in danger
    book = project.ledger(step)
    assert set(book.away.values()) == set(away)
    # What was sent says nothing of what a compiler takes.
    assert all(cost.memory == cost.roomy == 0 for name, cost in costs.recorded({"": book}).items() if name in book.away)


def test_a_worker_that_is_not_there_is_said_and_its_files_are_compiled_here(tmp_path: Path, alone: Path) -> None:
    port = free_port()
    step = far(tmp_path, f"tcp://127.0.0.1:{port}/2")
    outcome, events = built(step)
    assert outcome.evidence["workers"]["away"] == {}
    back = outcome.evidence["workers"]["back"]
    assert 1 <= back < TOTAL  # the first ones; then it was left alone
    assert f"{back} came back from workers" in outcome.detail
    _, lost, *summary = warnings(events)
    assert f"tcp://127.0.0.1:{port} does not compile: nonblocking connect" in lost
    assert any("should have compiled" in text and "Connection refused" in text for text in summary)
    assert same_objects(alone, Path(step.tree)) == TOTAL


def test_what_distcc_keeps_to_itself_is_noticed(
    servers: tuple[tuple[int, Path], tuple[int, Path]], tmp_path: Path
) -> None:
    (first, one), _ = servers
    before = compiled(one)
    step = far(tmp_path, f"tcp://127.0.0.1:{first}/4")
    (Path(step.tree) / "Makefile").write_text(project.MAKEFILE.replace("-O0", "-O0 -march=native"))
    outcome, events = built(step)
    # Four files of the project itself; those of the submodule have no such flag.
    kept = [text for text in warnings(events) if "distcc kept it here" in text]
    assert len(kept) == 1
    assert outcome.evidence["workers"]["back"] >= 1
    assert compiled(one) - before == sum(outcome.evidence["workers"]["away"].values())
    assert not set(project.ledger(step).away) & {f"{step.tree}/build/src/alpha.o"}


def test_an_error_in_a_source_is_said_once_by_the_compiler_here(
    servers: tuple[tuple[int, Path], tuple[int, Path]], tmp_path: Path
) -> None:
    (first, _), _ = servers
    step = far(tmp_path, f"tcp://127.0.0.1:{first}/2")
    (Path(step.tree) / "src" / "beta.cc").write_text("int f( {\n")
    with pytest.raises(make.BuildError, match="expected"):
        built(step)
    log = Path(step.log).read_text()
    bare = subprocess.run([GXX, "-c", "src/beta.cc"], cwd=step.tree, capture_output=True, text=True, check=False)
    assert log.count("error: expected") == bare.stderr.count("error: expected") > 0
    assert "distcc[" not in log


def test_ssh_starts_distccd_and_gets_no_word_that_it_could_take_for_an_option(tmp_path: Path, alone: Path) -> None:
    calls = tmp_path / "calls"
    # Where the real one would start a shell there, this one starts the command here.
    ssh = script(tmp_path / "ssh", f'echo "$@" >> {calls}\nwhile [ "$1" != distccd ]; do shift; done\nexec "$@"\n')
    step = far(tmp_path, "me@build1/2")
    outcome, events = built(step, DISTCC_SSH=ssh)
    assert sum(outcome.evidence["workers"]["away"].values()) == len(calls.read_text().splitlines()) > 0
    assert calls.read_text().splitlines()[0] == "-l me build1 distccd --inetd --enable-tcp-insecure"
    assert not warnings(events)
    assert same_objects(alone, Path(step.tree)) == TOTAL


def test_an_ssh_that_is_refused_is_said(tmp_path: Path) -> None:
    ssh = script(tmp_path / "ssh", "echo 'Permission denied (publickey).' >&2; exit 255\n")
    outcome, events = built(far(tmp_path, "build1/2"), DISTCC_SSH=ssh)
    assert outcome.evidence["workers"]["away"] == {}
    assert any("build1 does not compile" in text for text in warnings(events))


def test_with_a_shared_cache_what_a_worker_compiled_is_found_by_others(
    servers: tuple[tuple[int, Path], tuple[int, Path]], tmp_path: Path
) -> None:
    ccache = shutil.which("ccache")
    if ccache is None:
        pytest.skip("ccache is not installed")
    (first, one), _ = servers
    with redis(tmp_path) as port:
        shared = {"ccache": ccache, "remote_cache": f"redis://127.0.0.1:{port}"}
        made, _ = built(
            far(tmp_path / "a", f"tcp://127.0.0.1:{first}/4", **shared, ccache_directory=str(tmp_path / "c1"))
        )
        before = compiled(one)
        found, _ = built(
            far(tmp_path / "b", f"tcp://127.0.0.1:{first}/4", **shared, ccache_directory=str(tmp_path / "c2"))
        )
    assert made.evidence["cache"] == {"local": 0, "remote": 0, "missed": TOTAL, "failed": 0}
    assert 0 < sum(made.evidence["workers"]["away"].values()) <= TOTAL
    assert found.evidence["cache"]["remote"] == TOTAL
    assert found.evidence["cache"]["remote"] == TOTAL
    assert found.evidence["workers"] == {"away": {}, "back": 0}
    assert compiled(one) == before


def test_nvcc_is_not_distributed(servers: tuple[tuple[int, Path], tuple[int, Path]], tmp_path: Path) -> None:
    (first, _), _ = servers
    nvcc = script(tmp_path / "nvcc", project.FAKE_NVCC)
    step = far(tmp_path, f"tcp://127.0.0.1:{first}/2", nvcc=nvcc)
    rules = "build/src/k_gpu.o: src/k.cu\n\t@mkdir -p $(@D)\n\t$(NVCC) -ccbin $(CXX) -Xcompiler -fPIC -c -o $@ $<\n"
    text = project.MAKEFILE.replace("ALL_DEP = $(OBJ)", "ALL_DEP = $(OBJ) build/src/k_gpu.o")
    (Path(step.tree) / "Makefile").write_text(text + rules)
    (Path(step.tree) / "src" / "k.cu").write_text('extern "C" int kernel() { return 1; }\n')
    built(step)
    book = project.ledger(step)
    assert f"{step.tree}/build/src/k_gpu.o" in book.finished
    assert f"{step.tree}/build/src/k_gpu.o" not in {**book.away, **book.back}


def test_distcc_waits_longer_than_any_file_takes(tmp_path: Path) -> None:
    wait = int(workers.settings(far(tmp_path, "build1/2"), {})["DISTCC_IO_TIMEOUT"])
    longest = max(cost.seconds for release in ("1.0.0", "1.6.0") for cost in costs.shipped(f"mxnet-{release}").values())
    assert longest > 300  # distcc's own
    assert wait > 4 * longest


def test_nothing_of_the_caller_reaches_make_but_what_ssh_needs(tmp_path: Path) -> None:
    one = far(tmp_path, "build1/2")
    given = workers.settings(one, {"SSH_AUTH_SOCK": "/run/agent", "DISTCC_HOSTS": "other", "DISTCC_FALLBACK": "1"})
    assert given["SSH_AUTH_SOCK"] == "/run/agent"
    assert (given["DISTCC_FALLBACK"], given["DISTCC_SSH"]) == ("0", "ssh -oBatchMode=yes")
    assert "DISTCC_HOSTS" not in given
    assert workers.settings(msgspec.structs.replace(one, workers=()), {"SSH_AUTH_SOCK": "/run/agent"}) == {}
