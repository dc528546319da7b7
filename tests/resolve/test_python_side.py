"""Rules for versions of Python and numpy: which apply, and what is another one then: the wheel, never the library."""

import msgspec
import pytest

from mxbuild import plan as plans
from mxbuild.errors import UsageError
from mxbuild.model import Build, CreateEnvironment, PackWheel, Request
from mxbuild.recipe import lockfile
from mxbuild.recipe.load import load
from mxbuild.resolve import resolve
from mxbuild.resolve.asked import options
from mxbuild.resolve.shims import HOOK, files_of
from tests.machines import RECIPES, bookworm, python


def build(release: str, version: str, **pins: str) -> Build:
    host = bookworm(pythons=(python(version),))
    return resolve(load(RECIPES / f"mxnet-{release}.toml"), host, Request(pins=pins))


def packed(built: Build) -> PackWheel:
    rows = plans.steps(built, plans.paths(built, "/p", "/c", "/s"))
    return next(step for step in rows if isinstance(step, PackWheel))


@pytest.mark.parametrize(
    ("release", "version", "numpy", "rules"),
    [
        ("0.12.1", "3.11.2", "1.23.5", []),
        ("0.12.1", "3.13.0", "2.2.6", ["numpy-scalars"]),
        ("0.12.1", "3.13.0", "2.3.5", ["numpy-names", "numpy-tobytes", "numpy-scalars"]),
        ("1.2.1", "3.7.1", "1.21.6", []),
        ("1.2.1", "3.8.1", "1.23.5", ["yield-in-comprehension"]),
        ("1.9.1", "3.11.2", "1.23.5", []),
        ("1.9.1", "3.11.2", "1.26.4", ["numpy-names"]),
        ("1.9.1", "3.12.1", "1.26.4", ["numpy-names", "distutils-version"]),
        ("1.9.1", "3.13.0", "2.2.6", ["numpy-names", "numpy-scalars", "distutils-version"]),
    ],
)
def test_the_rules_follow_the_interpreter_and_the_numpy_in_the_environment(
    release: str, version: str, numpy: str, rules: list[str]
) -> None:
    built = build(release, version, numpy=numpy)
    assert f"numpy=={numpy}" in built.requirements
    ours = [r.id for r in built.rules if r.id.startswith(("numpy", "distutils", "yield"))]
    assert ours == rules
    wanted = {f"{r}.py".replace("-", "_") for r in rules if r != "numpy-tobytes"}
    assert set(packed(built).shims) == (wanted | {HOOK} if wanted else set())
    assert packed(built).shims == built.shims
    tobytes = [(s.file, s.old, s.new) for s in packed(built).substitutions]
    assert tobytes == [("python/mxnet/recordio.py", "tostring", "tobytes")] * ("numpy-tobytes" in rules)


def test_another_python_side_is_another_wheel_of_the_same_library() -> None:
    old, new, newest = build("1.9.1", "3.11.2"), build("1.9.1", "3.13.0"), build("1.9.1", "3.13.0", numpy="2.3.5")
    assert len({b.fingerprint for b in (old, new, newest)}) == 1
    where = [plans.paths(b, "/p", "/c", "/s") for b in (old, new, newest)]
    assert len({p.tree for p in where}) == len({p.records for p in where}) == 1
    assert len({p.wheel for p in where}) == len({p.environment for p in where}) == 3
    assert plans.wheel_version(old) == f"1.9.1+mxbuild.{old.fingerprint}"
    assert plans.wheel_version(new).startswith(f"1.9.1+mxbuild.{new.fingerprint}.")


def test_a_shim_that_says_something_else_makes_another_wheel() -> None:
    import msgspec

    built = build("1.9.1", "3.13.0")
    other = msgspec.structs.replace(built, shims={**built.shims, HOOK: "0" * 64})
    assert plans.wheel_identity(other) != plans.wheel_identity(built)


def test_every_shim_that_a_recipe_can_name_is_there() -> None:
    from typing import get_args

    from mxbuild.recipe.values import Shim

    assert all(len(digest) == 64 for name in get_args(Shim) for digest in files_of([name]).values())
    assert list(files_of(["numpy-names", "numpy-names"])) == [HOOK, "numpy_names.py"]


def test_what_the_recipe_does_not_pin_cannot_be_pinned() -> None:
    with pytest.raises(UsageError, match=r"--pin scipy==1\.10: mxnet-0\.12\.1 installs no scipy, only graphviz, numpy"):
        build("0.12.1", "3.11.2", scipy="1.10")


def test_a_pin_is_said_as_it_was_asked_for() -> None:
    assert options(Request(pins={"numpy": "2.3.5"})) == ["--pin", "numpy==2.3.5"]


def locked(version: str = "3.11.2", lock: lockfile.Lockfile | None = None, **pins: str) -> Build:
    path = RECIPES / "mxnet-0.12.1.toml"
    host = bookworm(pythons=(python(version),))
    return resolve(load(path), host, Request(pins=pins), lock=lock or lockfile.of(path, "mxnet"))


def test_what_a_lock_has_is_installed_by_its_hashes_alone() -> None:
    built = locked()
    names = [line.partition("==")[0] for line in built.locked]
    assert names == ["numpy", "graphviz", "requests", "certifi", "charset-normalizer", "idna", "urllib3"]
    assert all(" --hash=sha256:" in line for line in built.locked)
    assert built.unlocked == ()
    step = next(s for s in plans.steps(built, plans.paths(built, "/p", "/c", "/s")) if isinstance(s, CreateEnvironment))
    assert step.requirements == step.hashed == built.locked
    decision = next(d for d in built.decisions if d.subject == "wheels")
    assert (decision.choice, decision.asked) == ("7 wheels, each by its SHA-256", False)


def test_a_pin_that_no_lock_knows_is_said_and_the_others_keep_their_hashes() -> None:
    built = locked(numpy="1.26.4")
    assert built.unlocked == ("numpy==1.26.4",)
    assert [line.partition("==")[0] for line in built.locked][:2] == ["graphviz", "requests"]
    decision = next(d for d in built.decisions if d.subject == "wheels")
    assert decision.choice.startswith("numpy==1.26.4 WITHOUT a hash; 6 wheels")
    assert decision.asked
    assert "mxnet.lock" in decision.why
    assert "3.11" in decision.why


def test_a_pin_that_is_the_recipes_own_is_locked() -> None:
    assert locked(numpy="1.23.5").unlocked == ()


def test_without_a_lock_all_is_said_to_be_without_hashes() -> None:
    built = locked(lock=lockfile.Lockfile())
    assert built.locked == ()
    assert built.unlocked == built.requirements
    assert "WITHOUT" in next(d for d in built.decisions if d.subject == "wheels").choice


def test_another_lock_makes_another_environment() -> None:
    lock = lockfile.of(RECIPES / "mxnet-0.12.1.toml", "mxnet")
    other = msgspec.structs.replace(lock, wheels={pin: {"other.whl": "0" * 64} for pin in lock.wheels})
    assert plans.environment_name(locked()) != plans.environment_name(locked(lock=other))
    assert locked().fingerprint == locked(lock=other).fingerprint
