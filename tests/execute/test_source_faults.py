"""What goes wrong on the way: a line that breaks, a server that refuses, a process that is killed; and what stays."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import fetch, source
from mxbuild.execute.parallel import together
from tests.execute import gitworld
from tests.execute.gitserver import Server, processes_about
from tests.execute.gitworld import World

ROOT = Path(__file__).parents[2]

RUN = """
import sys
from pathlib import Path
from mxbuild.execute import source
from tests.execute import gitworld
world = gitworld.World(Path(sys.argv[1]), Path(sys.argv[1]) / "mirror", eval(sys.argv[3]), [])
try:
    source.run(world.step(sys.argv[2]), world.context())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "FIRST_PAUSE", 0.01)


def assert_whole(world: World, base: str) -> None:
    step = world.step(base)
    assert [p.name for p in world.tree.parent.iterdir()] == ["tree"]
    assert source.run(step, world.context()).detail == "5 repositories, all there from before"
    assert (world.tree / "src/deep/b.cc").is_file()


@pytest.mark.parametrize("place", [0, 1, 60, 250, 400])
def test_a_line_cut_anywhere_is_tried_again(world: World, server: Server, place: int) -> None:
    server.cut_after, server.cuts = place, 3
    source.run(world.step(server.base), world.context())
    assert server.cuts == 0
    assert "; try 2 of 4 in " in world.messages()
    assert_whole(world, server.base)


def test_where_it_stays_cut_the_run_ends_and_the_next_one_fetches_the_rest_only(world: World, server: Server) -> None:
    server.status["/owner/graph.git/"] = 503
    with pytest.raises(SourceError) as caught:
        source.run(world.step(server.base), world.context())
    assert "graph: " in caught.value.message
    assert "503" in caught.value.message
    assert caught.value.remedy == "look at the network and run the same command again: what was fetched is kept"
    assert server.asked_for("graph") == fetch.TRIES
    assert not world.tree.exists()
    server.status.clear()
    server.requests.clear()
    outcome = source.run(world.step(server.base), world.context())
    assert outcome.evidence["fetched"] == ["graph"]
    assert outcome.detail.startswith("5 repositories, 4 kept from before, 0.0 MB fetched")
    assert [name for name in ("main", "core", "fusion") if server.asked_for(name)] == []
    assert_whole(world, server.base)


def test_the_files_of_a_blobless_fetch_are_tried_again_too(world: World, server: Server) -> None:
    """The cut falls into the second round trip: the first one's replies are smaller."""
    ballast = gitworld.BALLAST[:20_000]
    main = gitworld.commit(world.bare("main"), {"large.txt": ballast, "docs/x": "x\n"})
    step = world.step(
        server.base, **{"": main, "core": None, "graph": None, "graph/core": None, "graph/plugin/fusion": None}
    )
    server.cut_after, server.cuts = 5_000, 2
    outcome = source.run(step, world.context())
    assert outcome.evidence["how"] == {".": "shallow+blobless+sparse"}
    assert world.messages().count("; try 2 of 4 in ") == 1
    assert [p.text[:8] for p in world.progress() if p.text.startswith("try ")] == ["try 2 of", "try 3 of"]
    assert (world.tree / "large.txt").read_text() == ballast


@pytest.mark.parametrize(
    ("status", "tries", "remedy"),
    [(401, 1, "~/.netrc"), (403, 1, "~/.netrc"), (404, 1, "--mirror"), (429, 4, "network"), (500, 4, "network")],
)
def test_only_what_time_can_cure_is_tried_again(
    world: World, server: Server, status: int, tries: int, remedy: str
) -> None:
    server.status["/owner/fusion"] = status
    with pytest.raises(SourceError) as caught:
        source.run(world.step(server.base), world.context())
    assert server.asked_for("fusion") == tries
    assert remedy in (caught.value.remedy or "")


def test_a_server_that_wants_a_password_makes_no_helper_ask_for_one(world: World, server: Server) -> None:
    config, canary, script = world.tmp / "config", world.tmp / "canary", world.tmp / "ask"
    script.write_text(f"#!/bin/sh\ntouch {canary}\necho password\n")
    script.chmod(0o755)
    gitworld.git("/", "config", "-f", str(config), "credential.helper", str(script))
    gitworld.git("/", "config", "-f", str(config), "core.askPass", str(script))
    server.status["/owner/fusion"] = 401
    with pytest.raises(SourceError, match="terminal prompts disabled"):
        source.run(world.step(server.base), world.context(GIT_CONFIG_GLOBAL=str(config), SSH_ASKPASS=str(script)))
    assert not canary.exists()


def test_a_refused_connection_is_told_for_all_at_once(world: World) -> None:
    with pytest.raises(SourceError) as caught:
        source.run(world.step("http://127.0.0.1:1"), world.context())
    assert caught.value.message == "5 of 5 repositories cannot be had as the recipe pins them"
    said, others = caught.value.details
    assert " cannot be had from http://127.0.0.1:1/" in said
    assert others.startswith("  the same of ")
    assert others.count(", ") == 3
    assert world.messages().count("; try 2 of 4 in ") == 1, "what all fail for is said once"
    assert (caught.value.remedy or "").count("look at the network") == 1


def test_what_differs_is_not_said_to_be_the_same() -> None:
    one = "fatal: unable to access 'https://a.example/o/x.git/': Couldn't connect after 3 ms"
    errors = [
        SourceError(f"core: {'1' * 40} cannot be had from https://a.example/o/x.git: {one}"),
        SourceError(f"fusion: {'2' * 40} cannot be had from https://b.example/o/y: fatal: not found"),
        SourceError(f"graph: {'3' * 40} cannot be had from https://a.example/o/z: {one.replace('3 ms', '14 ms')}"),
    ]
    assert together(errors, "3 of 5").details == (errors[0].message, "  the same of graph", errors[1].message)


def start(world: World, base: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(world.tmp), base, repr(world.pins)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def until(true: object) -> None:
    deadline = time.monotonic() + 300
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def others_are_done(world: World) -> bool:
    """Whether all but graph lie in the staging directory with their markers."""
    return len(list(Path(f"{world.tree}.partial").glob("*/.git/mxbuild.json"))) == 4


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on_where_it_was(world: World, server: Server, number: signal.Signals) -> None:
    server.held = "/owner/graph.git/"
    with start(world, server.base) as runner:
        assert server.holding.wait(300)
        until(lambda: others_are_done(world))
        runner.send_signal(number)
        assert runner.stdout is not None
        said = runner.stdout.read()
        assert runner.wait(300) == (0 if number == signal.SIGINT else -signal.SIGKILL)
    if number == signal.SIGINT:
        assert said == "interrupted\n"
        assert processes_about(str(world.tmp)) == processes_about(server.base) == [], "no git is left"
    server.held = ""
    server.release.set()
    until(lambda: processes_about(str(world.tmp)) == [])
    assert not world.tree.exists()
    server.requests.clear()
    assert source.run(world.step(server.base), world.context()).evidence["fetched"] == ["graph"]
    assert [name for name in ("main", "core", "fusion") if server.asked_for(name)] == []
    assert_whole(world, server.base)


def test_an_interrupt_does_not_wait_for_the_pause_between_two_tries(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "FIRST_PAUSE", 500.0)
    monkeypatch.setattr(fetch, "LONGEST_PAUSE", 500.0)
    server.status["/owner/core"] = 503
    context = world.context()
    watch, once = context.watch, threading.Lock()
    ctrl_c = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))

    def interrupting(event: object) -> None:
        watch(event)  # type: ignore[arg-type]
        if "try 2 of" in str(event) and once.acquire(blocking=False):
            ctrl_c.start()

    object.__setattr__(context, "watch", interrupting)
    try:
        with pytest.raises(KeyboardInterrupt):
            source.run(world.step(server.base), context)
    finally:
        ctrl_c.cancel()  # whatever ended it, the next test gets none


def test_children_of_a_killed_run_keep_its_locks(world: World, server: Server) -> None:
    """An orphaned git still writes into the staging directory: who comes next has to wait for it."""
    server.held = "/owner/core.git/"
    read, write = os.pipe()
    os.set_inheritable(write, False)
    context = world.context()
    object.__setattr__(context, "keep_open", (write,))
    found: list[bool] = []

    def look() -> None:
        assert server.holding.wait(300)
        paths = [p for pid in processes_about(str(world.tmp)) for p in Path(f"/proc/{pid}/fd").glob("*")]
        found.append(any(os.path.exists(p) and os.stat(p).st_ino == os.stat(write).st_ino for p in paths))
        server.held = ""
        server.release.set()

    looker = threading.Thread(target=look)
    looker.start()
    try:
        source.run(world.step(server.base), context)
    finally:
        looker.join()
        os.close(read)
        os.close(write)
    assert found == [True]
