"""A wheel on its way: built and verified in one place, pushed, and installed in another without a compiler."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from mxbuild.errors import SourceError, UsageError
from mxbuild.execute import store
from mxbuild.execute.wheel import sha256
from mxbuild.model import Receipt, Stored
from tests.faults import disks
from tests.install.conftest import Place
from tests.ui.runner import obeyed

pytestmark = pytest.mark.xdist_group("install")  # one worker: tiny is installed once


@pytest.fixture(scope="module")
def filled(tiny: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with tiny's wheel."""
    where = tmp_path_factory.mktemp("store")
    done = tiny.run("push", "--store", str(where))
    assert "✓ Push tiny-" in done.stderr
    return where


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of it that can be spoilt."""
    return Path(copytree(filled, tmp_path / "own"))


def entry(where: Path) -> Path:
    (found,) = where.glob(f"*/*/{store.NAME}")
    return found


def compiled(place: Place) -> bool:
    return bool(list((place.root / "state").glob("builds/*/make.log")))


def test_what_is_in_the_store_is_installed_and_verified_and_not_compiled(
    tiny: Place, filled: Path, beside: Callable[[], Place], tmp_path: Path
) -> None:
    """In a job of GitHub's, where each step is a group and the job's summary has the receipt."""
    there, summary = beside(), tmp_path / "summary.md"
    summary.write_text("before\n")
    job = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "API_TOKEN": "built"}
    done = there.run("install", "tiny", "--no-apt", "--yes", MXBUILD_STORE=str(filled), **job)
    commands = obeyed(done.stdout + done.stderr)
    assert [one.name for one in commands] == ["group", "endgroup"] * 4
    assert [one.data for one in commands if one.name == "group"][1:3] == ["Create the environment", "Verify"]
    page = summary.read_text()
    assert page.startswith("before\n<h3>✓ tiny-0.1.0 (")
    assert str(filled) in page
    assert "built" not in page, "it is secret here"
    assert not compiled(there)
    assert "out of the store" in done.stderr
    receipt = there.receipt()
    assert receipt["ok"]
    assert all(check["status"] == "passed" for check in receipt["checks"])
    assert receipt["library_sha256"] == tiny.receipt()["library_sha256"]
    assert receipt["submodules"] == tiny.receipt()["submodules"]
    assert str(filled) in receipt["origin"]
    assert str(filled) in done.stdout
    # How it was made says who made it; what is in the environment is said by the one who made that.
    statement, bill = (there.current / name for name in ("provenance.json", "sbom.cdx.json"))
    assert statement.read_bytes() == (tiny.current / "provenance.json").read_bytes()
    assert {c["name"] for c in json.loads(bill.read_text())["components"]} > {"tiny-part", "alpha", "build-essential"}
    assert there.run("sbom").stdout == bill.read_text()
    statement.write_text("{}")
    assert "provenance.json was changed" in there.run("sbom", "--provenance", check=8).stderr
    assert "Write the receipt" in there.run("install", "tiny", "--no-apt", "--yes", MXBUILD_STORE=str(filled)).stderr
    assert there.run("sbom", "--provenance").stdout == (tiny.current / "provenance.json").read_text()
    # From then on it is as if it had been built here.
    again = there.run("install", "tiny", "--no-apt", "--yes", "--json")
    assert json.loads(again.stdout.splitlines()[-1])["unchanged"]
    there.run("verify")
    assert sha256(there.library()) == receipt["library_sha256"]


def test_the_plan_says_where_it_would_come_from(filled: Path, beside: Callable[[], Place]) -> None:
    there = beside()
    said = there.run("plan", "tiny", "--no-apt", "--store", str(filled)).stdout
    assert "out of the store" in said
    assert str(filled) in "".join(said.split())
    assert "Compile" not in said
    script = there.run("plan", "tiny", "--no-apt", "--store", str(filled), "--format", "sh").stdout
    assert f"cp {entry(filled).parent}/tiny-" in script
    assert "sha256sum -c -" in script


def test_killed_around_the_fetch_it_goes_on(filled: Path, beside: Callable[[], Place]) -> None:
    there = beside()
    for moment in ("before", "after"):
        code = (
            "import os, signal, sys\n"
            "from mxbuild.locations import locations\nfrom mxbuild.model import Request\n"
            "from mxbuild.pipeline import install\nfrom mxbuild.system import System\n"
            f"stop = lambda place: os.kill(os.getpid(), signal.SIGKILL) if place == 'wheel:{moment}' else None\n"
            "install(System(), Request(recipe='tiny', apt=False, store=sys.argv[1]), locations(os.environ),"
            " lambda event: None, checkpoint=stop)\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(filled)], env=there.environ, cwd=there.root, check=False)
        assert done.returncode == -signal.SIGKILL
    there.run("install", "tiny", "--no-apt", "--yes", "--store", str(filled))
    assert there.receipt()["ok"]
    assert not compiled(there)


def test_another_build_is_not_taken_for_this_one(filled: Path, beside: Callable[[], Place]) -> None:
    said = beside().run("plan", "tiny", "--no-apt", "--store", str(filled), "--set", "LOUD=1", check=None)
    assert "Compile" in said.stdout or said.returncode == 2


def test_pushing_again_changes_nothing(tiny: Place, own: Path) -> None:
    before = entry(own).stat().st_mtime_ns
    assert "has it already" in tiny.run("push", "--store", str(own)).stderr
    assert entry(own).stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: {"sha256": "0" * 64}, "its receipt is of another wheel"),
        (lambda one: {"wheel": "../../x.whl"}, "at `$.wheel`"),
        (lambda one: {"identity": "0" * 16}, "it is of another build"),
        (lambda one: {"receipt": msgspec.structs.replace(one.receipt, commit="0" * 40)}, "it is of another source"),
        (lambda one: {"receipt": msgspec.structs.replace(one.receipt, ok=False)}, "it was not verified where"),
    ],
)
def test_what_does_not_fit_is_refused(
    own: Path, beside: Callable[[], Place], spoil: Callable[[Stored], dict[str, object]], said: str
) -> None:
    one = msgspec.json.decode(entry(own).read_bytes(), type=Stored)
    entry(own).write_bytes(msgspec.json.encode(msgspec.structs.replace(one, **spoil(one))))
    there = beside()
    done = there.run("install", "tiny", "--no-apt", "--yes", "--store", str(own), check=5)
    assert said in " ".join(done.stderr.split())
    assert not (there.root / "prefix").exists()


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"x" + data[1:]])
def test_an_altered_wheel_is_refused_and_leaves_nothing(
    own: Path, beside: Callable[[], Place], spoil: Callable[[bytes], bytes]
) -> None:
    (file,) = own.glob("*/*/*.whl")
    file.write_bytes(spoil(file.read_bytes()))
    there = beside()
    done = there.run("install", "tiny", "--no-apt", "--yes", "--store", str(own), check=5)
    assert "is not the wheel that its receipt names" in " ".join(done.stderr.split())
    assert not list((there.root / "prefix").rglob("*.whl*"))


def test_a_full_disk_is_not_the_stores_fault(filled: Path, beside: Callable[[], Place]) -> None:
    there = beside()
    wheels = there.root / "prefix" / "wheels"
    wheels.mkdir(parents=True)
    filled_up = ["sh", "-c", 'echo > "$0/file" && exec "$@"', str(wheels)]
    tight = [*disks.small(str(wheels), 4096), *filled_up]  # one page
    done = there.run("install", "tiny", "--no-apt", "--yes", "--store", str(filled), check=9, under=tight)
    assert "error: the disk is full\n" in done.stderr
    assert "the same command then goes on where it was" in " ".join(done.stderr.split())
    there.run("install", "tiny", "--no-apt", "--yes", "--store", str(filled))


@pytest.fixture
def served(filled: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(filled)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_over_http(served: str, beside: Callable[[], Place]) -> None:
    there = beside()
    there.run("install", "tiny", "--no-apt", "--yes", "--store", served)
    assert there.receipt()["ok"]
    assert not compiled(there)


def test_a_server_that_is_not_there(beside: Callable[[], Place]) -> None:
    there, words = beside(), ("install", "tiny", "--no-apt", "--yes")
    done = there.run(*words, "--store", "http://127.0.0.1:1/x", check=5)
    assert "the store http://127.0.0.1:1/x cannot be reached" in " ".join(done.stderr.split())
    assert "instead  mxbuild install tiny --no-apt --yes --store ''\n" in done.stderr
    assert not (there.root / "state").exists()


@pytest.mark.parametrize(
    "address",
    ["http://example.org/x", "ftp://example.org/x", "simplecache::https://example.org/x", "github://a:b@/x",
     "https://name:secret@example.org/x", "reference://x", "https://example.org/x?secret", "s3://b/x#secret"],
)  # fmt: skip
def test_addresses_that_are_no_store(tiny: Place, address: str) -> None:
    receipt = msgspec.convert(tiny.receipt(), Receipt)
    with pytest.raises(UsageError, match="refused as a store") as caught:
        store.push(address, receipt)
    assert "secret" not in caught.value.message


def test_a_web_server_is_not_written_to(tiny: Place) -> None:
    with pytest.raises(UsageError, match="is read only"):
        store.push("https://example.org/x", msgspec.convert(tiny.receipt(), Receipt))


def test_only_what_was_verified_is_pushed(tiny: Place, tmp_path: Path) -> None:
    receipt = msgspec.convert(tiny.receipt(), Receipt)
    with pytest.raises(SourceError, match="it did not verify"):
        store.push(str(tmp_path), msgspec.structs.replace(receipt, ok=False))
    with pytest.raises(SourceError, match="is not the wheel that was verified"):
        store.push(str(tmp_path), msgspec.structs.replace(receipt, wheel_sha256="0" * 64))
    assert not list(tmp_path.iterdir())


def test_another_wheel_of_the_same_build_is_not_replaced(tiny: Place, own: Path) -> None:
    one = msgspec.json.decode(entry(own).read_bytes(), type=Stored)
    other = msgspec.structs.replace(one, sha256="0" * 64)
    entry(own).write_bytes(msgspec.json.encode(other))
    with pytest.raises(SourceError, match="holds another wheel of the same build"):
        store.push(str(own), msgspec.convert(tiny.receipt(), Receipt))


def test_the_key_is_the_environments_name_and_changes_with_the_result(tiny: Place) -> None:
    key = tiny.run("key", "tiny", "--no-apt").stdout.strip()
    assert key == tiny.current.resolve().name
    assert tiny.run("key", "tiny", "--no-apt", "--jobs", "7").stdout.strip() == key
    assert tiny.run("key", "tiny", "--no-apt", "--set", "LOUD=1").stdout.strip() != key
