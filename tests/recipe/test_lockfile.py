"""The locks: that they have all that our recipes pin, and that nothing but pins and hashes gets out of one."""

import re
from pathlib import Path

import msgspec
import pytest

from mxbuild.cli.wheellocking import sets
from mxbuild.errors import RecipeError
from mxbuild.recipe import lockfile
from mxbuild.recipe.find import available
from mxbuild.recipe.load import load
from mxbuild.recipe.lockfile import Locked, Lockfile
from tests.machines import RECIPES

ONE, TWO = "1" * 64, "2" * 64
LOCK = Lockfile(
    sets=(Locked(python="3.11", pins=("a==1", "b==2"), also=("c==3",)), Locked(python="3.12", pins=("a==1",))),
    wheels={"a==1": {"a-1-py3-none-any.whl": TWO, "a-1-cp311-none-any.whl": ONE}, "b==2": {"b.whl": ONE},
            "c==3": {"c.whl": ONE}},
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name, _ in available([RECIPES])])
def test_every_pin_of_our_recipes_is_locked_for_every_interpreter(name: str) -> None:
    recipe = load(RECIPES / f"{name}.toml")
    lock = lockfile.of(RECIPES / f"{name}.toml", recipe.name)
    wanted = list(sets(recipe))
    assert {python for python, _, _ in wanted} == {f"3.{minor}" for minor in range(6, 14)}
    for python, pins, _ in wanted:
        found = lock.found(pins, f"{python}.1")
        assert found is not None, f"mxbuild recipes lock {name} --python {python}"
        for line in lock.lines((*found.pins, *found.also)):
            assert re.fullmatch(r"[\w.-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+", line)


def test_numpy_has_wheels_for_both_machines() -> None:
    lock = lockfile.of(RECIPES / "mxnet-0.12.1.toml", "mxnet")
    for pin in {pin for one in lock.sets for pin in one.pins if pin.startswith("numpy==")}:
        assert {machine for name in lock.wheels[pin] for machine in ("x86_64", "aarch64") if machine in name} == {
            "x86_64", "aarch64",
        }  # fmt: skip


def test_a_set_is_found_by_what_is_pinned_on_which_interpreter() -> None:
    assert LOCK.found(("b==2", "a==1"), "3.11.7") == LOCK.sets[0]
    assert LOCK.found(("a==1",), "3.11.7") is None
    assert LOCK.found(("a==1", "b==3"), "3.11.7") is None
    assert LOCK.found(("a==1", "b==2"), "3.12.1") is None
    assert LOCK.lines(("a==1",)) == (f"a==1 --hash=sha256:{ONE} --hash=sha256:{TWO}",)


def test_a_set_whose_wheels_are_not_all_there_counts_for_nothing() -> None:
    torn = msgspec.structs.replace(LOCK, wheels={"a==1": LOCK.wheels["a==1"], "b==2": {}, "c==3": LOCK.wheels["c==3"]})
    assert torn.found(("a==1", "b==2"), "3.11.7") is None


def test_what_is_locked_again_takes_the_place_of_what_was() -> None:
    new = Lockfile(
        sets=(Locked(python="3.11", pins=("b==2", "a==1"), also=("c==4",)),),
        wheels={"a==1": LOCK.wheels["a==1"], "b==2": LOCK.wheels["b==2"], "c==4": {"c4.whl": TWO}},
    )
    whole = lockfile.replaced(LOCK, new)
    assert [(one.python, one.also) for one in whole.sets] == [("3.12", ()), ("3.11", ("c==4",))]
    assert set(whole.wheels) == {"a==1", "b==2", "c==4"}
    again = msgspec.json.decode(lockfile.text(whole), type=Lockfile)
    assert lockfile.text(again) == lockfile.text(whole)


def test_a_lock_beside_a_recipe_comes_before_ours(tmp_path: Path) -> None:
    own = Lockfile(
        sets=(Locked(python="3.11", pins=("numpy==2.2.6", "graphviz==0.20.3")),),
        wheels={"numpy==2.2.6": {"own.whl": ONE}, "graphviz==0.20.3": {"own.whl": ONE}},
    )
    (tmp_path / "mini.lock").write_bytes(lockfile.text(own))
    lock = lockfile.of(tmp_path / "mine.toml", "mini")
    assert lock.wheels["numpy==2.2.6"] == {"own.whl": ONE}
    assert lock.found(("numpy==2.2.6", "graphviz==0.20.3"), "3.11.7") == own.sets[0]
    assert lock.found(("numpy==1.19.5", "graphviz==0.19.1"), "3.6.15") is not None
    assert lockfile.of(tmp_path / "mine.toml", "other") == Lockfile()


@pytest.mark.parametrize(
    "text",
    [
        '{"format": 1, "wheels": {"a==1\\n--index-url=https://evil": {"a.whl": "ONE"}}}',
        '{"format": 1, "wheels": {"a==1": {"a.whl": "ONE --hash=sha256:0"}}}',
        '{"format": 1, "wheels": {"a==1": {"a.whl": "ONE\\n"}}}',
        '{"format": 1, "wheels": {"a @ https://evil/a.whl": {"a.whl": "ONE"}}}',
        '{"format": 1, "sets": [{"python": "3.11", "pins": ["-e ."]}]}',
        '{"format": 1, "sets": [{"python": "3.11\\n", "pins": []}]}',
        '{"format": 2}',
        '{"format": 1, "more": 1}',
        "[" * 100_000,
        '{"format": 1',
        "\xff",
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mini.lock").write_bytes(text.replace("ONE", ONE).encode("latin-1"))
    with pytest.raises(RecipeError, match="is no lock"):
        lockfile.of(tmp_path / "mine.toml", "mini")
