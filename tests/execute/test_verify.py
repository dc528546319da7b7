import hashlib
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import UsageError, VerificationError
from mxbuild.execute import receipt, runtime, verify
from mxbuild.model import CheckResult, Event, FeatureCheck, FeatureResult, JournalEntry, Progress, Receipt, Verify
from tests.execute.pythons import bare_environment, context, library

pytestmark = pytest.mark.xdist_group("verify")  # one worker: one environment is made

SCRIPTS = {
    "import": "import mxnet, sys; print('imported')",
    "good": "print('good')",
    "bad": "import sys; sys.exit('expected 1, seen 2')",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny package whose library needs libtiny and libm."""
    environment = bare_environment(tmp_path_factory.mktemp("made") / "env", "")
    place = inside(environment)
    library(place.parent / "libtiny.so.1", "int tiny(void) { return 1; }", "-Wl,-soname,libtiny.so.1")
    source = "#include <math.h>\nint tiny(void); double own(double x) { return sin(x) + tiny(); }"
    needs = (str(place.parent / "libtiny.so.1"), "-lm", "-Wl,-rpath,$ORIGIN")
    library(place, source, *needs)
    return environment


@pytest.fixture
def step(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """A copy of it; libm is a feature called math."""
    monkeypatch.setattr(runtime, "SCRIPTS", tmp_path / "scripts")
    (tmp_path / "scripts").mkdir()
    for name, text in SCRIPTS.items():
        (tmp_path / "scripts" / f"{name}.py").write_text(text)
    environment = shutil.copytree(made, tmp_path / "env", symlinks=True)
    return Verify(
        environment=str(environment),
        wheel="/nonexistent",
        package="mxnet",
        release="1",
        features=(feature("math", needed=("libmkl", "libm."), symbols=("sin", "ow*"), checks=("good",)),),
        checks=("import",),
        log=str(tmp_path / "logs" / "verify.log"),
    )


def feature(name: str, *, on: bool = True, asked: bool = False, **evidence: tuple[str, ...]) -> FeatureCheck:
    nothing: dict[str, tuple[str, ...]] = {"needed": (), "symbols": (), "checks": ()}
    return FeatureCheck(feature=name, on=on, asked=asked, why="because", **{**nothing, **evidence})


def inside(environment: Path | str) -> Path:
    return next(Path(environment).glob("lib/python*/site-packages/mxnet")) / "libmxnet.so"


def failure(step: Verify, **outcomes: dict[str, object]) -> VerificationError:
    with pytest.raises(VerificationError) as failed:
        verify.run(step, context(outcomes=outcomes))
    return failed.value


def bytecode(environment: str) -> list[Path]:
    """Of the package."""
    return list(Path(environment).glob("lib/python3*/site-packages/mxnet/__pycache__/*.pyc"))


def statuses(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["name"]: row["status"] for row in rows}


def test_what_is_there_is_proved(step: Verify) -> None:
    sha256 = hashlib.sha256(inside(step.environment).read_bytes()).hexdigest()
    events: list[Event] = []
    outcome = verify.run(step, context(events, outcomes={"wheel": {"library_sha256": sha256}}))
    (result,) = msgspec.convert(outcome.evidence["features"], list[FeatureResult])
    assert (result.feature, result.asked, result.decided, result.why, result.ok) == (
        "math",
        "default",
        "on",
        "because",
        True,
    )
    assert [(r.name, r.status) for r in result.evidence] == [
        ("libm.so.6", "passed"), ("sin", "passed"), ("own", "passed"), ("good", "passed"),
    ]  # fmt: skip
    checks = msgspec.convert(outcome.evidence["checks"], list[CheckResult])
    assert [(c.name, c.status) for c in checks] == [("linked", "passed"), ("packed", "passed"), ("import", "passed")]
    assert "GLIBC 2." in checks[0].detail
    counts = [e for e in events if isinstance(e, Progress)]
    assert [(e.done, e.total) for e in counts] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    entry = JournalEntry(id="verify", digest="", finished=0, seconds=0, detail="", evidence=outcome.evidence)
    assert verify.damage(step, entry) == ""
    assert bytecode(step.environment), "it is there when somebody uses it who may not write it"
    more = msgspec.structs.replace(step, features=(*step.features, feature("other")))
    assert verify.damage(more, entry) == "the results are not all there"


@pytest.mark.parametrize(
    ("evidence", "name", "detail"),
    [
        ({"needed": ("libmkl",)}, "libmkl*", "NEEDED has libtiny.so.1, libm.so.6"),
        ({"symbols": ("sin", "_ZN2cv*")}, "_ZN2cv*", "no such symbol"),
        ({"checks": ("bad",)}, "bad", "expected 1, seen 2"),
    ],
)
def test_what_is_on_but_not_there_fails_with_all_that_was_seen(
    step: Verify, evidence: dict[str, tuple[str, ...]], name: str, detail: str
) -> None:
    wrong = feature("wrong", asked=True, **evidence)
    error = failure(msgspec.structs.replace(step, features=(*step.features, wrong)))
    assert "1 of " in error.message
    assert any(line.startswith(f"{name}: ") and detail in line for line in error.details)
    good, bad = msgspec.convert(error.evidence["features"], list[FeatureResult])
    assert (good.ok, bad.ok, bad.asked) == (True, False, "on")
    assert statuses(error.evidence["checks"])["import"] == "passed"


def test_what_is_off_must_not_be_there(step: Verify) -> None:
    off = feature("mkl", on=False, asked=True, needed=("libmkl",), symbols=("mkl_*",), checks=("bad",))
    outcome = verify.run(msgspec.structs.replace(step, features=(off,)), context())
    (result,) = msgspec.convert(outcome.evidence["features"], list[FeatureResult])
    assert (result.asked, result.decided, result.ok) == ("off", "off", True)
    assert [r.name for r in result.evidence] == ["no libmkl*", "no mkl_*"]

    off = feature("math", on=False, needed=("libm.",), symbols=("sin",))
    error = failure(msgspec.structs.replace(step, features=(off,)))
    assert [line.split(":")[0] for line in error.details[:2]] == ["no libm.*", "no sin"]


def test_a_library_that_would_not_load_elsewhere_is_found_out(step: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = inside(step.environment).parent / "libtiny.so.1"
    tiny.rename(Path(step.environment) / "libtiny.so.1")
    monkeypatch.setenv("LD_LIBRARY_PATH", step.environment)
    error = failure(step)
    assert statuses(error.evidence["checks"])["linked"] == "failed"
    assert "libtiny.so.1, which libmxnet.so needs (Debian package: libtiny1)" in error.details[0]


def test_another_library_than_the_one_that_was_built_is_found_out(step: Verify) -> None:
    error = failure(step, wheel={"library_sha256": "0" * 64})
    assert statuses(error.evidence["checks"]) == {"linked": "passed", "packed": "failed", "import": "passed"}


@pytest.mark.parametrize("what", ["gone", "torn"])
def test_no_library_is_a_failure_and_no_crash(step: Verify, what: str) -> None:
    place = inside(step.environment)
    content = place.read_bytes()
    place.unlink()
    if what == "torn":
        place.write_bytes(content[:100])
    error = failure(step)
    assert statuses(error.evidence["checks"])["linked"] == "failed"
    assert msgspec.convert(error.evidence["features"], list[FeatureResult])[0].ok is False


def test_an_interpreter_that_is_gone_is_a_failure_and_no_crash(step: Verify) -> None:
    Path(step.environment, "bin", "python").unlink()
    assert "cannot be started" in failure(step).details[0]


def test_where_the_import_fails_the_rest_was_not_run(step: Verify) -> None:
    inside(step.environment).with_name("__init__.py").write_text("raise OSError('libgfortran.so.3: cannot open')")
    error = failure(step)
    assert "1 could not be run" in error.message
    assert error.details[0] == "import: OSError: libgfortran.so.3: cannot open"
    (result,) = msgspec.convert(error.evidence["features"], list[FeatureResult])
    assert (result.ok, result.evidence[-1].status) == (False, "not run")


def written(step: Verify, sha256: str) -> None:
    """A receipt as the last step leaves it, of which only two things matter here."""
    empty: dict[type, object] = {str: "", tuple: (), dict: {}, float: 0.0, bool: True, int: 1}
    fields = {f.name: empty.get(getattr(f.type, "__origin__", f.type)) for f in msgspec.structs.fields(Receipt)}
    fields |= {"verification": step, "library_sha256": sha256}
    receipt.write(Receipt(**fields), f"{step.environment}/receipt.json")


def test_an_environment_can_be_verified_again_wherever_it_lies(step: Verify, tmp_path: Path) -> None:
    written(step, hashlib.sha256(inside(step.environment).read_bytes()).hexdigest())
    moved = shutil.move(step.environment, tmp_path / "moved")
    _, found = verify.verify_environment(str(moved), os.environ, lambda event: None)
    assert found.ok
    assert bytecode(moved) == [], "it is left as it was"
    with inside(moved).open("ab") as file:
        file.write(b"one byte more")
    own = tmp_path / "own/verify.log"
    proof, found = verify.verify_environment(str(moved), os.environ, lambda event: None, str(own))
    assert "import.py" in own.read_text(), "who made it may be another user, whose records are private"
    assert proof.verification == step
    assert [c.name for c in found.all if c.status == "failed"] == ["packed"]


def test_what_has_no_receipt_is_no_environment(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no receipt"):
        verify.verify_environment(str(tmp_path), os.environ, lambda event: None)
