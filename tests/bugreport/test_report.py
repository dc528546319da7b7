"""The archive: all that is needed is in it, nothing secret is, and it is never large."""

import json
import tarfile
from pathlib import Path

import pytest

from mxbuild.bugreport import Member, collect, write
from mxbuild.bugreport.excerpt import AROUND, LARGEST, excerpt
from mxbuild.cli import main
from mxbuild.errors import UsageError
from mxbuild.execute import journal, runlog
from mxbuild.locations import Locations
from mxbuild.model import Outcome, StepFailed
from mxbuild.redaction import Redactor
from mxbuild.system import System
from tests.ui import values

HOSTS = Path(__file__).parents[1] / "hosts"
NAME = "mini-0123456789abcdef"
CANARIES = {
    "a variable": "canary-one-in-the-environment",
    "a password in a URL": "canary-two",
    "a git header": "Y2FuYXJ5LXRocmVl",
    "a parameter of a URL": "canary-four",
    "a known form": "ghp_canaryfive0123456789",
    "the user": "wilhelmine",
    "the machine": "wilhelmines-tower",
    "mail": "w.canary@example.org",
    "a private key": "canary-eight",
}
LOG = f"""\
+ git clone https://me:{CANARIES["a password in a URL"]}@example.org/a.git
AUTHORIZATION: basic {CANARIES["a git header"]}
GET https://example.org/x?sig={CANARIES["a parameter of a URL"]}
{CANARIES["a known form"]} {CANARIES["a variable"]} {CANARIES["mail"]}
-----BEGIN RSA PRIVATE KEY-----
{CANARIES["a private key"]}
-----END RSA PRIVATE KEY-----
g++ -c -I/home/wilhelmine/x -c src/a.cc -o build/a.o
wilhelmines-tower: /home/wilhelmine/a.cc:1:1: note
/usr/bin/ld: cannot find -lcblas
"""


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("people") / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[http "https://github.com/"]\n\textraheader = "AUTHORIZATION: basic {CANARIES["a git header"]}"\n'
        f'[url "https://me:{CANARIES["a password in a URL"]}@example.org/"]\n\tinsteadOf = https://github.com/\n'
    )
    (home / ".netrc").write_text(f"machine example.org login me password {CANARIES['a password in a URL']}\n")
    return {
        "HOME": str(home),
        "USER": "wilhelmine",
        "PATH": "/usr/bin:/bin",
        "DEPLOY_TOKEN": CANARIES["a variable"],
        "https_proxy": f"http://me:{CANARIES['a password in a URL']}@proxy.example.org:3128",
    }


@pytest.fixture(scope="module")
def where(environ: dict[str, str]) -> Locations:
    """A build that failed, in the home of a user with a name."""
    home = environ["HOME"]
    there = Locations(prefix=f"{home}/prefix", cache=f"{home}/cache", state=f"{home}/state")
    records = Path(there.state, "builds", NAME)
    records.mkdir(parents=True)
    (records / "make.log").write_text(LOG)
    step = values.PLAN.steps[0].step
    outcome = Outcome(id=step.id, status="done", seconds=1, detail=f"{home}/x by wilhelmine", evidence={"log": home})
    journal.append(str(records), step, outcome)
    log = runlog.RunLog(str(records))
    log.watch(runlog.begun(values.PLAN))
    log.watch(StepFailed(id="make", title="Compile", seconds=1.0, message=f"{home}: {CANARIES['a variable']}"))
    older = Path(there.state, "builds", "toy-1.2-fedcba9876543210")
    older.mkdir()
    Path(there.state, "apt").mkdir()
    Path(there.state, "apt", "1.log").write_text(f"E: Unable to locate package of {CANARIES['the user']}\n")
    return there


@pytest.fixture(scope="module")
def members(where: Locations, environ: dict[str, str]) -> tuple[Member, ...]:
    clean = Redactor(environ, homes=[environ["HOME"]], user="wilhelmine", host="wilhelmines-tower")
    system = System.captured(HOSTS / "debian-12")
    return collect(system, where, environ, None, clean)


def named(members: tuple[Member, ...]) -> dict[str, bytes]:
    return {member.name: member.data for member in members}


def test_all_that_is_needed_is_in_it(members: tuple[Member, ...]) -> None:
    there = named(members)
    place = f"builds/{NAME}"
    for name in (
        "CONTENTS.txt", "versions.json", "doctor.json", "plan.json", "apt/1.log", "machine/commands.toml",
        f"{place}/journal.jsonl", f"{place}/runs.jsonl", f"{place}/make.log", f"{place}/make.log.json",
    ):  # fmt: skip
        assert there[name], name
        assert name in there["CONTENTS.txt"].decode() or name == "CONTENTS.txt" or name.startswith("machine/")
    first = json.loads(there[f"{place}/make.log.json"])["first"]
    assert (first["line"], first["explanation"]["id"]) == (10, "blas-atlas")
    assert any(name.startswith("machine/root/") for name in there)
    assert json.loads(there["versions.json"])["mxbuild"]


def test_what_was_json_still_is(members: tuple[Member, ...]) -> None:
    for name, data in named(members).items():
        if name.endswith(".json"):
            json.loads(data)
        if name.endswith(".jsonl"):
            assert all(json.loads(line) for line in data.splitlines())


def test_no_canary_is_in_the_archive(members: tuple[Member, ...], tmp_path: Path) -> None:
    path = tmp_path / "report.tar.gz"
    size = write(str(path), members)
    assert size == path.stat().st_size
    with tarfile.open(path) as archive:
        infos = archive.getmembers()
        texts = [(i.name, i.linkname, i.uname, i.gname) for i in infos]
        contents = {i.name: archive.extractfile(i).read() for i in infos if i.isfile()}  # type: ignore[union-attr]
    assert all(info.name.startswith("report/") for info in infos)
    assert {(info.uid, info.gid) for info in infos} == {(0, 0)}
    assert b"canary" not in b"".join(contents.values()) + repr(texts).encode()
    for what, canary in CANARIES.items():
        for name, data in contents.items():
            assert canary.encode() not in data, f"{what} is in {name}"
        assert canary not in repr(texts), what


def test_the_machine_in_it_is_one_that_can_be_tested_with(members: tuple[Member, ...], tmp_path: Path) -> None:
    path = tmp_path / "report.tar.gz"
    write(str(path), members)
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(tmp_path)
    assert System.captured(tmp_path / "report" / "machine").read("/etc/os-release")


def test_a_long_log_is_its_beginning_its_first_error_and_its_end(tmp_path: Path) -> None:
    log = tmp_path / "make.log"
    line = "g++ -c -O3 -Wall -Iinclude -c src/operator/tensor/elemwise.cc -o build/src/operator/tensor/elemwise.o\n"
    middle = "src/a.cc:7:1: error: here it is\n"
    log.write_text("the beginning\n" + line * 20_000 + middle + line * 20_000 + "the end\n")
    kept = excerpt(log).decode()
    assert len(kept) <= LARGEST + 4 * AROUND
    assert kept.startswith("the beginning")
    assert middle in kept
    assert kept.endswith("the end\n")
    assert kept.count("[...]") == 2


def test_an_archive_is_bounded(where: Locations, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxbuild.bugreport.parts.ALL", 20_000)
    members = collect(System.captured(HOSTS / "debian-12"), where, environ, NAME[:8], Redactor(environ))
    assert sum(len(m.data) for m in members[1:]) <= 20_000
    assert "left out, too large: " in members[0].data.decode()


def test_a_build_that_is_not_there(where: Locations, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no build nothing"):
        collect(System.captured(HOSTS / "debian-12"), where, environ, "nothing", Redactor({}))


def test_a_machine_without_builds_has_a_report_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PREFIX", "CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"MXBUILD_{name}", str(tmp_path / name))
    monkeypatch.setattr("mxbuild.bugreport.parts._machine", lambda system, where: iter([Member("machine.txt", b"x")]))
    path = tmp_path / "r.tar.gz"
    assert main(["bug-report", "-o", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["archive"] == str(path)
    assert told["bytes"] == path.stat().st_size
    assert {m["name"] for m in told["members"]} == {"CONTENTS.txt", "versions.json", "doctor.json", "machine.txt"}
    assert main(["bug-report", "-o", str(tmp_path / "no" / "r.tar.gz")]) == 2
    assert not list(tmp_path.glob("**/*.partial*"))
    assert main(["bug-report", "-o", str(path)]) == 0
    assert str(path) in capsys.readouterr().out.replace("\n", "")
