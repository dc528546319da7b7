"""`mxbuild notebook` when something goes wrong: what is said is so, nothing runs on, and the same command goes on."""

import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mxbuild.environments import select, uninstall
from mxbuild.execute.notebook import part, pins
from tests.execute.notebook.conftest import VERSION, rewrite, stock, toy
from tests.faults.corner import Corner, Ended
from tests.faults.injection import Kind, inject
from tests.servers import free_port

pytestmark = pytest.mark.xdist_group("faults-notebook")  # one worker: a server is installed once

Seen = Callable[[str], None]
"""Hears of each call that can fail before it is made, in the process that makes it."""

FAULTS: tuple[tuple[Kind, str], ...] = (
    ("kill", "tmp"), ("ENOSPC", "overrides.json"), ("EACCES", "environment.pth"),
)  # fmt: skip
"""What goes wrong, and at the first call of which name; the last is the kernel's."""


class Place:
    """A corner with one environment, small stand-ins for Jupyter in its shop, and no notebooks yet."""

    def __init__(self, root: Path, python: str) -> None:
        self.corner = Corner(root / "corner", python)
        self.shop = stock(self.corner.root / "shop")
        self.name = toy(self.corner.prefix, python).name
        (self.corner.prefix / "current").symlink_to(f"envs/{self.name}")

    @property
    def notebook(self) -> Path:
        return self.corner.prefix / "notebook"

    @property
    def kernels(self) -> list[str]:
        """Names of all that is there of kernels."""
        return [path.name for path in self.notebook.glob("*") if "kernel" in path.name]

    def run(self, *words: str, seen: Seen | None = None, **environ: str) -> Ended:
        def within(once: Callable[[], int]) -> int:
            part.own = lambda: (self.corner.python, VERSION)
            pins.DATA, pins.LOCK = self.shop, self.shop / "notebook.lock"
            pins.pins.cache_clear()
            pins.lock.cache_clear()
            os.environ.update(environ)
            if seen is not None:
                inject(None, str(self.corner.root), lambda _, what: seen(what))
            return once()

        ended = self.corner.run("notebook", *(words or ("--prepare",)), within=within)
        self.corner.settled(ended)
        return ended


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, copying: str) -> Place:
    place = Place(tmp_path_factory.mktemp("notebook"), copying)
    place.corner.save()
    return place


@pytest.fixture
def place(saved: Place) -> Place:
    saved.corner.restore()
    return saved


@pytest.fixture
def served(place: Place) -> Place:
    """With a server; only the kernel is to be installed."""
    kept = place.corner.root.parent / "server"
    if not kept.exists():
        place.run(seen=once("/kernel-", partial(fails, "kill")))
        shutil.copytree(place.notebook, kept, symlinks=True)
        shutil.rmtree(place.notebook)
    subprocess.run(["cp", "-al", kept, place.notebook], check=True)
    assert place.kernels == []
    return place


def once(name: str, act: Callable[[], None]) -> Seen:
    """Do it at the first call with that in its name."""
    done: list[str] = []

    def seen(what: str) -> None:
        if name in what and not done:
            done.append(what)
            act()

    return seen


def fails(kind: Kind) -> None:
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    code = getattr(errno, kind)
    raise OSError(code, os.strerror(code), "somewhere")


class Half(SimpleHTTPRequestHandler):
    """Ends each wheel in its middle."""

    def copyfile(self, source, outputfile):  # type: ignore[no-untyped-def]
        text = source.read()
        outputfile.write(text[: len(text) // 2] if self.path.endswith(".whl") else text)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def halves(directory: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Half, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_whatever_fails_the_same_command_goes_on(place: Place) -> None:
    with halves(place.shop) as address:
        ended = place.run(PIP_FIND_LINKS=address, PIP_RETRIES="0")
    assert ended.code == 7
    assert re.search(r"jupyterlab==1.0 .*its hash is another|IncompleteRead|Connection broken", ended.said), ended.said
    for kind, name in FAULTS:
        ended = place.run(seen=once(name, partial(fails, kind)))
        assert ended.code == (-signal.SIGKILL if kind == "kill" else 9), ended.said
        assert ended.said.count("\n✗ Install") == (kind != "kill"), ended.said
    port, taken = free_port(), socket.socket()

    def take() -> None:
        taken.bind(("127.0.0.1", port))
        taken.listen()

    with taken:  # while it installs what was not finished
        ended = place.run("--port", str(port), "--no-browser", seen=once("notebook.json", take))
    assert (ended.code, "(it was never finished)" in ended.said) == (2, True), ended.said
    assert f"--port {port}: nothing can listen on 127.0.0.1: Address already in use" in ended.said
    assert "leave --port out" in ended.said
    ended = place.run()
    assert ended.code == 0, ended.said
    assert "Install" not in ended.said, "all is there"


@pytest.mark.parametrize("moment", ["/kernel-", "constraints.txt"])
def test_an_environment_that_is_uninstalled_meanwhile_is_said_to_be_and_no_kernel_is_left(
    served: Place, moment: str
) -> None:
    prefix = str(served.corner.prefix)
    ended = served.run(seen=once(moment, lambda: (uninstall(prefix, select(prefix, None)), None)[1]))
    assert (ended.code, f"error: {served.name} was uninstalled meanwhile" in ended.said) == (7, True), ended.said
    assert served.kernels == []


def test_a_kernel_that_dies_at_its_start_is_none(served: Place) -> None:
    (module,) = served.corner.prefix.glob("envs/*/lib/python3*/site-packages/mxnet/__init__.py")
    whole = module.read_text()
    rewrite(module, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    ended = served.run()
    assert ended.code == 7
    assert f"the kernel of {served.name} does not import MXNet and matplotlib" in ended.said
    assert "crashed with SIGSEGV" in ended.said
    assert f"mxbuild verify {served.name}" in ended.said
    rewrite(module, whole)
    ended = served.run()
    assert (ended.code, "(it was never finished)" in ended.said) == (0, True), ended.said
