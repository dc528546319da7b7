"""What goes along with a wheel: that it says all, holds no secret, and is believed of its wheel alone."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild.errors import SourceError
from mxbuild.execute import documents, provenance, receipt, store
from mxbuild.model import ExtraOperators, Plan, Receipt, Request, Stored
from mxbuild.recipe import lockfile
from mxbuild.resolve import resolve
from tests.machines import RECIPES, bookworm, recipe

CANARY = "c4n4ry"
WHEEL, LIBRARY = "a" * 64, "b" * 64
PACKAGES = {"mxnet": "0.12.1", "numpy": "1.23.5", "charset-normalizer": "3.4.4", "pip": "23.0"}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Receipt]:
    """A build whose request and surroundings are full of secrets."""
    for name in ("AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "GIT_ASKPASS", "PIP_INDEX_URL", "CCACHE_REMOTE_STORAGE"):
        monkeypatch.setenv(name, f"https://me:{CANARY}@host/")
    lock = lockfile.of(RECIPES / "mxnet-0.12.1.toml", "mxnet")
    request = Request(mirror=f"https://me:{CANARY}@host/mirror", store=f"s3://{CANARY}/x", flags={"USE_PROFILER": "1"})
    build = resolve(recipe(), bookworm(), request, lock=lock)
    where = plans.paths(build, str(tmp_path / "prefix"), str(tmp_path / "cache"), str(tmp_path / "state"))
    planned = plans.plan(build, where, {})
    evidence: dict[str, dict[str, Any]] = {
        "wheel": {"sha256": WHEEL, "library_sha256": LIBRARY},
        "environment": {"packages": PACKAGES},
    }
    return planned, receipt.compose(planned, evidence, {})


def test_the_statement_says_what_of_what_by_what_and_how(made: tuple[Plan, Receipt]) -> None:
    planned, bare = made
    proof, texts = documents.compose(planned, bare, {"make": 60.0})
    assert set(proof.documents) == {"provenance.json", "sbom.cdx.json"}
    said = json.loads(texts[provenance.NAME])
    assert (said["_type"], said["predicateType"]) == (provenance.STATEMENT, provenance.PREDICATE)
    assert [one["digest"]["sha256"] for one in said["subject"]] == [WHEEL, LIBRARY]
    definition = said["predicate"]["buildDefinition"]
    commits = {
        m["digest"]["gitCommit"] for m in definition["resolvedDependencies"] if "gitCommit" in m.get("digest", {})
    }
    assert commits == {bare.commit, *bare.submodules.values()}
    assert "USE_PROFILER=1" in definition["internalParameters"]["make"]
    assert definition["externalParameters"]["flags"] == {"USE_PROFILER": "1"}
    assert said["predicate"]["runDetails"]["builder"]["version"]["gcc"] == planned.build.compiler.version


def test_operators_of_the_users_own_are_among_what_it_was_made_of(made: tuple[Plan, Receipt]) -> None:
    planned, bare = made
    extra = ExtraOperators(directory=f"/home/{CANARY}", files={"own.cc": WHEEL})
    request = msgspec.structs.replace(planned.build.request, extra_operators=extra)
    build = msgspec.structs.replace(planned.build, request=request)
    statement = provenance.compose(msgspec.structs.replace(planned, build=build), bare, {})
    made_of = json.loads(statement)["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert {"name": "extra operators: own.cc", "digest": {"sha256": WHEEL}} in made_of
    assert CANARY.encode() not in statement


def test_the_bill_names_every_repository_and_package_with_its_version(made: tuple[Plan, Receipt]) -> None:
    planned, bare = made
    _, texts = documents.compose(planned, bare, {})
    bill = json.loads(texts["sbom.cdx.json"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    rows = {part["bom-ref"]: part for part in bill["components"]}
    assert {rows[f"git:{path}"]["version"] for path in bare.submodules} == set(bare.submodules.values())
    assert rows["git:source"]["version"] == bare.commit
    assert rows["pypi:numpy"]["purl"] == "pkg:pypi/numpy@1.23.5"
    assert rows["deb:libopenblas-dev"]["purl"].startswith("pkg:deb/")
    assert "pypi:mxnet" not in rows
    assert documents.compose(planned, bare, {})[1] == texts


def test_no_secret_is_in_them(made: tuple[Plan, Receipt]) -> None:
    proof, texts = documents.compose(*made, {})
    assert all(CANARY.encode() not in text for text in texts.values())
    assert CANARY not in msgspec.json.encode(proof).decode()


def test_what_was_changed_or_is_gone_is_noticed(made: tuple[Plan, Receipt], tmp_path: Path) -> None:
    proof, texts = documents.compose(*made, {})
    documents.write(texts, str(tmp_path))
    assert documents.damage(proof, str(tmp_path)) == ""
    (tmp_path / "sbom.cdx.json").write_text("{}")
    assert documents.damage(proof, str(tmp_path)) == "sbom.cdx.json was changed"
    assert documents.damage(proof, str(tmp_path), (provenance.NAME,)) == ""
    (tmp_path / "provenance.json").unlink()
    assert documents.damage(proof, str(tmp_path), (provenance.NAME,)) == "provenance.json is gone"


def test_the_statement_beside_a_wheel_stays_and_one_of_another_wheel_does_not(made: tuple[Plan, Receipt]) -> None:
    planned, bare = made
    beside = Path(bare.wheel).parent
    beside.mkdir(parents=True)
    first = provenance.compose(planned, bare, {"make": 1.0})
    (beside / provenance.NAME).write_bytes(first)
    later = msgspec.structs.replace(bare, finished=bare.finished + 1000)
    assert documents.compose(planned, later, {})[1][provenance.NAME] == first
    other = msgspec.structs.replace(later, wheel_sha256="c" * 64)
    assert documents.compose(planned, other, {})[1][provenance.NAME] != first
    # Of what came out of a store without one, nothing is claimed.
    fetched = msgspec.structs.replace(other, origin="built elsewhere")
    assert provenance.NAME not in documents.compose(planned, fetched, {})[0].documents


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{}", "it is no statement: "),
        (b"[" * 100_000, "it is no statement: "),
        (b'{"_type": "x", "predicateType": "y", "subject": [], "predicate": {}}', "it is no statement of provenance"),
    ],
)
def test_what_is_no_statement_is_not_believed(text: bytes, why: str) -> None:
    assert provenance.wrong(text, WHEEL).startswith(why)


def test_a_store_whose_statement_is_not_the_receipts_is_refused(made: tuple[Plan, Receipt]) -> None:
    planned, bare = made
    proof, texts = documents.compose(planned, msgspec.structs.replace(bare, ok=True), {})
    one = Stored(
        identity=plans.wheel_identity(planned.build),
        wheel=Path(proof.wheel).name,
        sha256=WHEEL,
        size=1,
        receipt=proof,
        provenance=texts[provenance.NAME].decode(),
    )

    def fitting(stored: Stored) -> Stored:
        return store._fitting(msgspec.json.encode(stored), "/store", planned.build, bookworm().cpu)

    assert fitting(one) == one
    for text in ("", one.provenance + " "):
        with pytest.raises(SourceError, match="it is not the one that the receipt names"):
            fitting(msgspec.structs.replace(one, provenance=text))
    # A store that an earlier mxbuild filled has none, and its receipt names none.
    plain = msgspec.structs.replace(proof, documents={})
    assert fitting(msgspec.structs.replace(one, provenance="", receipt=plain))
