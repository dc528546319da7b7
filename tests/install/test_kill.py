"""SIGKILL at every step boundary, and in the middle of make: the same command again ends like a run without a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mxbuild.execute.wheel import sha256
from tests.install.conftest import Place

pytestmark = pytest.mark.xdist_group("install")  # one worker: mini is compiled once

STEPS = ("source", "make", "wheel", "environment", "verify", "activate")

KILLED = """
import os, signal, sys
from mxbuild import pipeline
from mxbuild.locations import locations
from mxbuild.model import Request
from mxbuild.system import System

where = locations(os.environ)
request = Request(recipe=sys.argv[1], apt=False)
for place in sys.argv[2:]:
    if not (child := os.fork()):
        stop = lambda reached: reached == place and os.kill(os.getpid(), signal.SIGKILL)
        pipeline.install(System(), request, where, lambda event: None, checkpoint=stop)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(place, os.WIFSIGNALED(status) and os.WTERMSIG(status), os.path.lexists(f"{where.prefix}/current"), flush=True)
"""
"""One process after the other, each killed at the next place; they share what is imported before the first begins."""


def test_the_list_of_steps_is_the_codes_own() -> None:
    from typing import get_args

    from mxbuild.model import Step

    tags = {t.__struct_config__.tag for t in get_args(Step)}
    # tiny's path has no toolkit to put together, no store and no vendored file: test_toolkit.py, test_store.py and
    # test_faults.py kill those steps.
    assert tags - {"apt", "cuda", "store", "vendored"} == set(STEPS)


def killed_at(where: Place, recipe: str, *places: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, recipe, *places], env=where.environ, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(places), done.stderr
    return lines


def test_a_kill_at_every_boundary_loses_nothing(tiny: Place, beside: Callable[[], Place]) -> None:
    where = beside()
    places = [f"{step}:{moment}" for step in STEPS for moment in ("before", "after")]
    assert killed_at(where, "tiny", *places) == [f"{place} 9 {place == 'activate:after'}" for place in places]
    where.run("install", "tiny", "--no-apt")
    assert where.receipt()["ok"] is True
    assert where.receipt()["library_sha256"] == tiny.receipt()["library_sha256"]


def test_a_kill_in_the_middle_of_make_links_no_damaged_object(installed: Place, elsewhere: Callable[[], Place]) -> None:
    where = elsewhere()
    command = [sys.executable, "-m", "mxbuild", "install", "mini", "--no-apt", "--no-ccache", "-q"]
    with subprocess.Popen(command, env=where.environ, start_new_session=True) as first:
        deadline = time.monotonic() + 240
        while sum('"event":"end"' in line for line in ledger(where)) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        make = group_of_make(first.pid)
        os.kill(first.pid, signal.SIGKILL)
        os.killpg(make, signal.SIGKILL)
    tree = next((where.root / "cache" / "trees").iterdir())
    victims = sorted(tree.rglob("*.o"))
    victims[0].write_bytes(victims[0].read_bytes()[:-10])
    # What comes after the wheel is the same then.
    assert killed_at(where, "mini", "environment:before") == ["environment:before 9 False"]
    (wheel,) = (where.root / "prefix" / "wheels").glob("*/*.whl")
    # To the byte, in another directory, part of it compiled without ccache.
    assert sha256(str(wheel)) == installed.receipt()["wheel_sha256"]


def ledger(where: Place) -> list[str]:
    found = list((where.root / "state").glob("builds/*/ledger.jsonl"))
    return found[0].read_text().splitlines() if found else []


def group_of_make(parent: int) -> int:
    """The session that make leads: the child of mxbuild."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        if name == "make" and int(rest[1]) == parent:
            return int(path.parent.name)
    raise AssertionError("make does not run")
