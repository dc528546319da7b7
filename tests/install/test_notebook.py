"""A real JupyterLab and a real kernel on a real MXNet: the starter runs from top to bottom, and the page shows it.

Installed once on a machine, as `mxbuild notebook` installs it, and kept in the user's cache until lock or code change.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from xml.etree import ElementTree as ET

import msgspec
import platformdirs
import pytest

from mxbuild.execute import lock
from mxbuild.execute.notebook import pins, starter
from tests.execute import pythons
from tests.install.conftest import ROOT
from tests.servers import free_port
from tests.ui import values

pytestmark = pytest.mark.xdist_group("notebook")  # one worker: one server
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NAME = "mxnet-1.9.1-cpu-py3-0a1b2c3d"
RUN = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
try:
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
finally:
    nbformat.write(book, sys.argv[1])
"""


@dataclass(frozen=True)
class Place:
    """Where it is installed, and a directory of notebooks with the starter in it, run."""

    root: Path
    work: Path
    told: dict[str, str]
    """The result of `mxbuild notebook --prepare --json`."""

    @property
    def environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MXBUILD_", "JUPYTER", "DISPLAY", "PYTHON"))}
        places = {f"MXBUILD_{n}": str(self.root / n.lower()) for n in ("PREFIX", "CACHE_DIR", "STATE_DIR")}
        return {**kept, **places, "HOME": str(self.root / "home"), "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1"}  # fmt: skip


def prepared(root: Path, work: Path) -> Place:
    """An environment with the MXNet of the package index, and what its notebooks need."""
    environment = root / "prefix/envs" / NAME
    place = Place(root, work, {})
    if not environment.exists():
        (root / "home").mkdir(parents=True, exist_ok=True)
        environment.parent.mkdir(parents=True)
        published = pythons.published()
        subprocess.run(["cp", "-a", published, f"{environment}.partial"], check=True)
        version = pythons.run(
            f"{published}/bin/python", "-c", "import platform; print(platform.python_version())"
        ).strip()
        base = os.path.realpath(published / "bin/python")
        proof = msgspec.structs.replace(
            values.RECEIPT, recipe="mxnet-1.9.1", release="1.9.1", python=f"{base} {version}", verification=None
        )
        Path(f"{environment}.partial", "receipt.json").write_bytes(msgspec.json.encode(proof))
        os.rename(f"{environment}.partial", environment)
    words = [sys.executable, "-m", "mxbuild", "notebook", NAME, "--prepare", "--json"]
    done = subprocess.run(words, env=place.environ, capture_output=True, text=True, check=False, cwd=work)
    assert done.returncode == 0, done.stdout
    return Place(root, work, json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    code = b"".join(p.read_bytes() for p in sorted((ROOT / "mxbuild/execute/notebook").glob("*.py")))
    key = hashlib.sha256(code + pins.LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    cache = Path(platformdirs.user_cache_dir("mxbuild-tests"))
    root = cache / f"notebook-{key}"
    with lock.held(f"{root}.lock", lambda _: None):
        for old in cache.glob("notebook-*[!k]"):  # of another lock or code: each takes half a gigabyte
            if old != root and not lock.taken(f"{old}.lock"):
                shutil.rmtree(old)
        yield prepared(root, tmp_path_factory.mktemp("notebooks"))


@pytest.fixture(scope="module")
def book(place: Place) -> Path:
    """The starter, run in the kernel from top to bottom."""
    assert starter.lay(str(place.work))
    path = place.work / starter.NAME
    environ = {**place.environ, "JUPYTER_PATH": place.told["jupyter_path"]}
    done = subprocess.run(
        [f"{place.told['server']}/bin/python", "-I", "-c", RUN, str(path)],
        env=environ, capture_output=True, text=True, check=False, cwd=place.work,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return path


def test_the_starter_runs_from_top_to_bottom_and_its_pictures_are_there(place: Place, book: Path) -> None:
    cells = {c["id"]: c for c in json.loads(book.read_text())["cells"]}
    said = {
        name: "".join("".join(o["text"]) for o in cell.get("outputs", ()) if o["output_type"] == "stream")
        for name, cell in cells.items()
    }
    assert f"MXNet 1.9.1 in {place.root}/prefix/envs/{NAME}/lib" in said["versions"], "the one that was asked for"
    assert "opencv" in said["versions"], "and what its receipt says"
    losses = re.search(r"loss ([0-9.]+), then ([0-9.]+); ([0-9.]+) % of the points are told right", said["training"])
    assert losses, said["training"]
    first, last, right = map(float, losses.groups())
    assert last < first / 3
    assert right > 90
    shown = {name: [o["data"] for o in c.get("outputs", ()) if "data" in o] for name, c in cells.items()}
    for name in ("data", "training", "learned"):
        (picture,) = [data["image/png"] for data in shown[name] if "image/png" in data]
        assert colours(base64.b64decode(picture)) > 20, f"{name} is no blank picture"
    (drawing,) = ["".join(data["image/svg+xml"]) for data in shown["network"]]
    texts = [element.text for element in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("FullyConnected") == 3
    assert {"data", "softmax"} <= set(texts)
    assert not [o for c in cells.values() for o in c.get("outputs", ()) if o.get("name") == "stderr"], (
        "nothing is complained of"
    )


def colours(png: bytes) -> int:
    """How many different values the bytes of a picture's first rows have, unpacked: one or two where it is blank."""
    import zlib

    data, at = b"", 8
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return len(set(zlib.decompress(data)))


@pytest.fixture(scope="module")
def server(place: Place, book: Path) -> Iterator[str]:
    """Address, with its token, of the server that `mxbuild notebook` becomes."""
    port = free_port()
    words = [sys.executable, "-m", "mxbuild", "notebook", NAME, "--no-browser", "--port", str(port)]
    log = place.work / "server.log"
    with log.open("wb") as file:
        child = subprocess.Popen(
            words,
            env=place.environ,
            cwd=place.work,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 120
        while not (found := re.search(rf"http://127\.0\.0\.1:{port}/\S*token=[0-9a-f]{{48}}", log.read_text())):
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield found[0]
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


def test_without_the_token_nobody_gets_in_and_from_outside_nobody_gets_near(place: Place, server: str) -> None:
    base, token = server.partition("/lab")[0], server.rpartition("token=")[2]
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(f"{base}/api/contents")
    assert refused.value.code == 403
    refused.value.close()
    with urllib.request.urlopen(f"{base}/api/kernelspecs?token={token}") as answer:
        kernels = json.load(answer)
    assert kernels["default"] == "python3"
    assert {n: k["spec"]["display_name"].partition(" (")[0] for n, k in kernels["kernelspecs"].items()} == {
        "python3": "mxnet-1.9.1"
    }
    port = int(base.rpartition(":")[2])
    listening = {
        row.split()[1]
        for name in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        if row.split()[3] == "0A" and row.split()[1].endswith(f":{port:04X}")
    }
    assert listening == {f"{int.from_bytes(socket.inet_aton('127.0.0.1'), 'little'):08X}:{port:04X}"}
    assert not (place.root / "home/.jupyter").exists()
    log = (place.work / "server.log").read_text()
    if os.geteuid() == 0:
        assert "you are root, so Jupyter gets --allow-root" in log


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_page_opens_at_the_starter_with_its_pictures_and_a_kernel(server: str, tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 2400})
        outside: list[str] = []
        page.on(
            "request",
            lambda r: outside.extend([r.url] * (not r.url.startswith(("http://127.0.0.1:", "data:", "blob:")))),
        )
        page.goto(server)
        panel = page.locator(".jp-NotebookPanel")
        panel.locator(".jp-KernelName", has_text="mxnet-1.9.1").wait_for(timeout=90_000)
        assert starter.NAME[:8] in page.title()
        pictures = panel.locator(".jp-OutputArea img")
        pictures.nth(2).wait_for(timeout=30_000)
        wide = pictures.evaluate_all("found => found.map(one => one.complete && one.naturalWidth)")
        assert all(width > 100 for width in wide), wide
        assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0, "it asks for nothing"
        assert outside == [], "it asks nobody"
        browser.close()
