"""What mxbuild itself wrote, and a crash, a full disk or somebody else changed; what a store says; recipes."""

import hashlib
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from mxbuild import toml
from mxbuild.compile import costs, elf, ledger, objects, resume
from mxbuild.environments import installed
from mxbuild.errors import BuildError, RecipeError, SourceError, UsageError
from mxbuild.execute import (
    apt,
    casework,
    checkout,
    contents,
    deep,
    documents,
    environment,
    journal,
    provenance,
    receipt,
    runlog,
    store,
    switch,
    toolkit,
    upstream,
    wheelcheck,
    wheelindex,
)
from mxbuild.execute.notebook import places
from mxbuild.execute.upstream.records import Records
from mxbuild.locations import Locations
from mxbuild.model import Begun, Compiling, Cpu, JournalEntry, Recorded, StepFinished, Stored
from mxbuild.recipe import lockfile
from mxbuild.recipe.draft import CONFIG, MAKEFILE, Upstream, draft
from mxbuild.recipe.load import load
from mxbuild.redaction import Redactor
from mxbuild.report import trace
from mxbuild.report.find import find
from mxbuild.report.read import read
from mxbuild.ui.page import render
from tests.fuzz.building import LIBRARY
from tests.fuzz.detection import SCRATCH, written
from tests.fuzz.target import Anything, Target, text, texts
from tests.recipe.corpus import GOOD
from tests.report.records import NAME, compiled, let_in
from tests.ui import values
from tests.ui.test_upstream import report

RECEIPT = msgspec.json.encode(values.RECEIPT)
BUILD = Path("state/builds") / NAME


def _journal(data: bytes) -> object:
    written(data, "journal.jsonl")
    return journal.read(str(SCRATCH))


def _runs(data: bytes) -> object:
    written(data, "runs.jsonl")
    return list(runlog.read(str(SCRATCH)))


def _receipt(data: bytes) -> object:
    return receipt.read(str(written(data, "receipt.json")))


def _environments(data: bytes) -> object:
    written(data, "prefix/envs/a/receipt.json")
    return installed(str(SCRATCH / "prefix"))


def _ledger(data: bytes) -> object:
    book = ledger.read(str(written(data, "ledger.jsonl")))
    return costs.recorded({"/t": book})


def _report(data: bytes) -> object:
    """A whole page of records, of which any is broken."""
    parts = data.split(b"\x1e")[:4] + [b""] * 4
    for name, part in zip(("ledger.jsonl", "runs.jsonl", "journal.jsonl", "receipt.json"), parts, strict=False):
        written(part, f"{BUILD}/{name}")
    place = str(SCRATCH)
    build = read(find(Locations(prefix=f"{place}/none", cache=place, state=f"{place}/state"), None))
    return trace.trace(build), render(build)


def _marker(data: bytes) -> object:
    written(data, "repository/.git/mxbuild.json")
    written(data, "repository/.git/HEAD")
    return checkout.read_marker(str(SCRATCH / "repository")), checkout.head(str(SCRATCH / "repository"))


def _hidden(data: bytes) -> object:
    """What others see of a text that has a secret in it."""
    clean = Redactor({"A_TOKEN": "hunter22", "PROXY": text(data)}, homes=["/home/alice"], user="alice", host="tower.a")
    shown = clean(text(data))
    assert "hunter22" not in shown
    return shown


def _toolkit(data: bytes) -> object:
    written(data, f"toolkit/{toolkit.MARKER}")
    with suppress(FileNotFoundError):
        return toolkit._wrong(Anything(root=str(SCRATCH / "toolkit")))
    return None


def _notebook(data: bytes) -> object:
    return places.read(str(written(data, f"notebook/{places.RECORD}").parent))


def _new_packages(data: bytes) -> object:
    written(data, "state/apt/1.json")
    return apt.newly_installed(str(SCRATCH / "state"))


def _answers(data: bytes) -> object:
    return deep.read(written(data, "answers.json"))


def _last_report(data: bytes) -> object:
    place = written(data, "upstream.json")
    with mock.patch.object(upstream, "record", lambda one, where: str(place)):
        return upstream.latest(Anything(), Anything())


def _tests(data: bytes) -> object:
    records = Records("test_a.py", str(written(data, "record")))
    records.read()
    return records.left, records.ordered(), records.total


def _cases(data: bytes) -> object:
    """What the runner of operator cases wrote, and what its process said."""

    def ended(command: list[str], **_: object) -> object:
        Path(command[-1]).write_bytes(data)
        return Anything(stdout=text(data), stderr=text(data), code=1, late=False)

    subject = Anything(environment="/e", environ={}, libraries="", log=str(SCRATCH / "log"))
    with mock.patch.object(casework, "run_limited", ended):
        return casework._start(subject, {"group": "a"}, Anything())


def _installed(data: bytes) -> object:
    place = "lib/python3.9/site-packages"
    written(data, f"{place}/a-1.dist-info/METADATA")
    written(data, f"{place}/a-1.dist-info/RECORD")
    return environment.installed([str(SCRATCH / place)]), contents.check(str(SCRATCH), ("a", "b"))


def _object(data: bytes) -> object:
    return elf.kind(str(written(data, "a.o")))


def _dependencies(data: bytes) -> object:
    return resume._whole_rules(str(written(data, "a.d")))


def _cmake(data: bytes) -> object:
    written(data, "cmake/CMakeFiles/a.dir/build.make")
    return objects.generated(str(SCRATCH / "cmake"))


def _shipped(data: bytes) -> object:
    written(data, "recipes/toy-1.costs")
    with mock.patch.object(costs, "packaged", lambda: SCRATCH / "recipes"):
        return costs.shipped("toy-1")


def _store(data: bytes) -> object:
    """What a store says of a build: taken only where all is as it should be."""
    place = f"{SCRATCH}/store"
    build = Anything(fingerprint=values.RECEIPT.fingerprint)
    build.recipe.id, build.recipe.source.commit = values.RECEIPT.recipe, values.RECEIPT.commit
    build.recipe.source.submodules = {p: Anything(commit=c) for p, c in values.RECEIPT.submodules.items()}
    build.request.store = place
    pinned = {path: Anything(commit=commit) for path, commit in STORED.receipt.submodules.items()}
    build.recipe.source.submodules = pinned
    written(data, "store/stored.json")
    with (
        mock.patch.object(store, "stored_at", lambda build: place),
        mock.patch.object(store, "wheel_identity", lambda build: STORED.identity),
    ):
        return store.look(build, CPU)


def _statement(data: bytes) -> object:
    """What lies beside a wheel and says how it was made."""
    path = written(data, f"wheel/{provenance.NAME}")
    proof = msgspec.structs.replace(
        values.RECEIPT, wheel=f"{path.parent}/a.whl", documents={provenance.NAME: hashlib.sha256(data).hexdigest()}
    )
    return documents.damage(proof, str(path.parent)), documents.kept(proof)


def _stores_wheel(data: bytes) -> object:
    """A wheel with that RECORD."""
    info, library = "toy-1.dist-info", "toy/libmxnet.so"
    path = written(b"", "toy.whl")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(library, b"x")
        archive.writestr(f"{info}/RECORD", data)
    sha256 = hashlib.sha256(b"x").hexdigest()
    return wheelcheck.wrong(str(path), package="toy", info=info, library=library, sha256=sha256)


def _lock(data: bytes) -> object:
    found = lockfile.read(written(data, "toy.lock"))
    assert found is not None
    return found.found(["numpy==1.26.4"], "3.11.2"), lockfile.text(lockfile.replaced(found, found))


def _trail(data: bytes) -> object:
    written(data, f"prefix/{switch.TRAIL}")
    return switch.trail(str(SCRATCH / "prefix/current"))


def _index(data: bytes) -> object:
    """A package index; nothing but the web is read, whatever it names."""
    index = wheelindex.Index("https://index/simple")
    with mock.patch.object(wheelindex.urllib.request, "urlopen", lambda request, timeout: _answer(request, data)):
        return [index.metadata(file) for file in index.files("a")]


def _answer(request: Any, data: bytes) -> io.BytesIO:
    assert request.full_url.startswith("https://")
    return io.BytesIO(data)


def _index_wheel(data: bytes) -> object:
    wheel = wheelindex.File(
        filename="a.whl", url="https://index/a.whl", hashes={"sha256": hashlib.sha256(data).hexdigest()}
    )
    with mock.patch.object(wheelindex.urllib.request, "urlopen", lambda request, timeout: _answer(request, data)):
        return wheelindex._inside(wheel)


def small_wheel() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/__init__.py", "a = 1\n" * 20)
        archive.writestr("a-1.dist-info/METADATA", "Name: a\n" * 20)
    return stream.getvalue()


WHEEL = small_wheel()
LISTED = b'{"files":[{"filename":"a.whl","url":"../a.whl","hashes":{"sha256":"0"},"core-metadata":{"sha256":"1"}}]}'
EMPTY = b'{"files":[{"filename":"a.whl","url":"../a.whl","hashes":{}}]}'
NOTHING = b'{"files":[]}'
LOCK = (
    b'{"format":1,"sets":[{"python":"3.11","pins":["numpy==1.26.4"]}],"wheels":{"numpy==1.26.4":{"numpy.whl":"'
    + b"0" * 64
    + b'"}}}'
)


def _recipe(data: bytes) -> object:
    return load(written(data, "recipe.toml"))


def _draft(data: bytes) -> object:
    """Whatever upstream's files say, the draft is TOML."""
    config, makefile = texts(data, 2)
    theirs = Upstream(
        tag="1", commit="0" * 40, date="2020-01-01", submodules={}, files={CONFIG: config, MAKEFILE: makefile}
    )
    return toml.loads(draft(LIKE, "toy-1", "2", theirs))


LIKE = load(written(GOOD.encode(), "like.toml"))
STORED = Stored(
    identity="i",
    wheel=Path(values.RECEIPT.wheel).name,
    sha256=values.RECEIPT.wheel_sha256,
    size=10,
    receipt=values.RECEIPT,
)
CPU: Any = mock.Mock(spec=Cpu)
CPU.features.value = ""
ENTRY = JournalEntry(
    id="make", digest="0", finished=1.0, seconds=1.0, detail="3 objects", evidence={"jobs": 2, "x": [{}]}
)
LINES = [*compiled("a", 0, 5, pid=1), *compiled("b", 1, 9, pid=2, code=1), let_in("a", 1), let_in("b", 2, event="room")]
LEDGER = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in LINES)
RUNS = b"".join(
    msgspec.json.encode(Recorded(at=at, event=event)) + b"\n"
    for at, event in (
        (1_700_000_000.0, Begun(mxbuild="1", recipe="toy-1.2", fingerprint="f", environment="e", host="h", compiler="c",
                                python="p", jobs=2, ccache="", variables=(), rules=(), decisions=())),
        (1_700_000_001.0, Compiling(id="make", done=1, total=9, running=(), memory=1, eta=(1.0, 2.0))),
        (1_700_000_011.0, StepFinished(id="make", title="Compile", seconds=10.0, detail="9 objects")),
    )
)  # fmt: skip
VAST = LEDGER.replace(b'"memory":', b'"memory":' + b"9" * 400)
FLAGS = b"".join(b"USE_%d=\n" % n for n in range(7000))
LATE = RUNS.replace(b"1700000000", b"170000000000000000")
JOURNAL = msgspec.json.encode(ENTRY) + b"\n"
STATEMENT = msgspec.json.encode(
    {
        "_type": provenance.STATEMENT,
        "subject": [{"name": "a.whl", "digest": {"sha256": values.RECEIPT.wheel_sha256}}],
        "predicateType": provenance.PREDICATE,
        "predicate": {},
    }
)
RULE = b"CMakeFiles/a.dir/src/a.cc.o: CMakeFiles/a.dir/flags.make\n\tg++ -c a.cc\n"
RECORD = b'{"event":"collected","tests":["a","b"]}\n{"event":"start","test":"a"}\n{"event":"end","test":"a","result":"failed"}\n'
TOML = (Path(__file__).parents[2] / "recipes/mini.toml").read_bytes()
BROKEN = GOOD.replace('release = "1.2.0"', '"rel.ease" = 1').encode()
ANSWERS = (
    b'{"release":"1.0","origin":"a wheel","python":"3.11","numpy":"1.26","date":"2026-11-25","processor":"x",'
    b'"cases":{"gradients.a":"there is none"}}'
)
MAKE = b"#---\n# USE_X: a comment\n#---\nUSE_X = 1\nexport USE_Y ?= a/b # c\nDEBUG=0\n\x1eifeq ($(USE_Z), 1)\nifdef ENABLE_Q\n"


SECRETS = b"""A_TOKEN=hunter22 https://bob:hunter22@example.org/a.git?b=1&access_token=ab&amp;sig=cd
Authorization: Bearer abc.def.ghi {"password": "hunter22"} Alice <alice@tower.a> /home/alice/x
eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghij
-----BEGIN RSA PRIVATE KEY-----
MIIE
-----END RSA PRIVATE KEY-----
"""

TARGETS = (
    Target("journal", _journal, (JOURNAL * 2,)),
    Target("log of runs", _runs, (RUNS,)),
    Target("receipt", _receipt, (RECEIPT,)),
    Target("environments", _environments, (RECEIPT,)),
    Target("ledger", _ledger, (LEDGER,)),
    Target(
        "report of broken records",
        _report,
        (b"\x1e".join((LEDGER, RUNS, JOURNAL, RECEIPT)), VAST, b"\x1e".join((b"", LATE))),
        (UsageError,),
    ),
    Target(
        "a repository's marker and HEAD",
        _marker,
        (b'{"commit":"0","exclude":[],"how":"full","url":"u","bytes":1,"files":["a"]}', b"ref: refs/heads/main\n"),
    ),
    Target(
        "a notebook's record",
        _notebook,
        (b'{"python":"/p 3.11.2","packages":{"a":"1"},"hashed":true,"release":"1.0","gluon":true,"finished":1.5}',),
    ),
    Target(
        "what others may see",
        _hidden,
        (SECRETS,),
        (),
        (  # words that an expression looked at again from each of their characters
            b"a-" * 30_000,
            b"token" * 10_000,
            b"a." * 30_000 + b"@",
            b"eyJ-" * 15_000,
        ),
    ),
    Target("a toolkit's marker", _toolkit, (b'{"packages":["a==1"],"files":1,"bytes":2}',)),
    Target("packages that apt brought", _new_packages, (b'["libopenblas-dev","g++"]',)),
    Target("recorded answers", _answers, (ANSWERS,), (RecipeError,)),
    Target("last report of upstream's tests", _last_report, (msgspec.json.encode(report()),)),
    Target("records of upstream's tests", _tests, (RECORD,)),
    Target(
        "results of operator cases",
        _cases,
        (b'{"case":"a","status":"begun"}\n{"case":"a","status":"passed","worst":1.0}\n',),
    ),
    Target(
        "METADATA and RECORD",
        _installed,
        (b"Metadata-Version: 2.1\nName: a\nVersion: 1\n\ntext\n", b"a.py,sha256=x,1\na.pyc,,\n"),
        (BuildError,),
    ),
    Target("objects", _object, (LIBRARY,)),
    Target("dependency files", _dependencies, (b"a.o: a.cc \\\n b.h\n",)),
    Target("CMake's makefiles", _cmake, (RULE,)),
    Target("costs that ship", _shipped, (b'"build/a.o" = [1.5, 200]\n"build/b.o" = [2, 1, 3]\n',)),
    Target(
        "a store's wheel", _stores_wheel, (b"toy/libmxnet.so,sha256=LXEWQrcmsEQBYnyp-6xy9chTD7GQPMTbAiWHF5IaSIE,1\n",)
    ),
    Target("a store's answer", _store, (msgspec.json.encode(STORED),), (SourceError,)),
    Target("a wheel's statement of provenance", _statement, (STATEMENT,)),
    Target("recipes", _recipe, (GOOD.encode(), TOML, BROKEN), (RecipeError,), (TOML + b"[[compat]]\n" * 3000,)),
    Target("a lock of Python packages", _lock, (LOCK,), (RecipeError,)),
    Target("the trail of environments", _trail, (b'["a","b"]',)),
    Target("a package index's list", _index, (NOTHING, LISTED, EMPTY), (SourceError,)),
    Target("a package index's wheel", _index_wheel, (WHEEL,), (SourceError,)),
    Target("upstream's flags, for a draft", _draft, (MAKE,), (), (b"\x1e" + b"\n" * 65_000, FLAGS)),
)
