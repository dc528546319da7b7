"""What the recipes of MXNet's releases have to keep to, and the README's table of them."""

import msgspec
import pytest

from mxbuild import plan
from mxbuild.model import FetchSource, Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import resolve
from tests.machines import bookworm
from tests.releases import BEGIN, HERE, PAGE, page, recipes, system, written

ALL = {recipe.release: recipe for recipe in recipes() if recipe.name == "mxnet"}
FINAL = (
    "0.11.0", "0.12.0", "0.12.1", "1.0.0", "1.1.0", "1.2.1", "1.3.1", "1.4.1", "1.5.1", "1.6.0", "1.7.0", "1.8.0",
    "1.9.1",
)  # fmt: skip


def test_the_tables_of_releases_are_current() -> None:
    readme = (HERE / "README.md").read_text()
    assert BEGIN in readme
    assert written(readme) == readme, "run: make releases"
    assert PAGE.read_text() == page(), "run: make releases"


def test_a_place_is_named_without_its_tools() -> None:
    assert system("Ubuntu 24.04 (gcc 13.3, CUDA 13.0), NVIDIA H200") == "Ubuntu 24.04, NVIDIA H200"
    assert system("Debian 12 (gcc 12.2)") == "Debian 12"
    assert system("wherever the tests run") == "wherever the tests run"


def test_every_final_release_is_there() -> None:
    assert sorted(ALL) == sorted(FINAL)


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL.keys())
def test_nothing_is_fetched_while_make_runs(recipe: Recipe) -> None:
    """Flags that make upstream's makefiles use the network are off, or follow a feature that needs none."""
    for flag in ("USE_MKL2017", "USE_MKLDNN", "USE_INTGEMM", "USE_TVM_OP", "USE_TENSORRT", "USE_DIST_KVSTORE"):
        if flag not in recipe.flags or recipe.flags[flag].values == (0,):
            continue
        name = next(name for name, feature in recipe.features.items() if flag in feature.on)
        feature = recipe.features[name]
        given = [flag for flag in recipe.flags.values() if flag.only_with == name]
        assert feature.submodules or (feature.apt and given), "nothing says where make finds it"


def test_onednn_is_built_where_make_needs_no_network_for_it() -> None:
    """Until 1.5 mkldnn.mk runs prepare_mkl.sh, which downloads."""
    built = {release for release, recipe in ALL.items() if "cmake" in recipe.build_systems}
    assert built == {"1.6.0", "1.7.0", "1.8.0", "1.9.1"}
    for release in FINAL[FINAL.index("1.2.1") : FINAL.index("1.6.0")]:
        assert ALL[release].flags["USE_MKLDNN"].values == (0,)
        assert "3rdparty/mkldnn" in ALL[release].source.skip


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL.keys())
def test_every_flag_says_what_it_does(recipe: Recipe) -> None:
    follows = {flag for feature in recipe.features.values() for flag in feature.on}
    assert [name for name, flag in recipe.flags.items() if not flag.does and name not in follows] == []


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL.keys())
def test_cub_of_the_source_steps_back_for_the_toolkits(recipe: Recipe) -> None:
    """Where a rule empties a submodule, it is one of the recipe's, and one that is fetched."""
    for rule in recipe.compat:
        for path in rule.empty:
            assert path in recipe.source.submodules.keys() - recipe.source.skip.keys()


def test_what_is_skipped_is_pinned_and_compared_but_not_fetched() -> None:
    recipe = ALL["1.9.1"]
    build = resolve(recipe, bookworm(), Request())
    steps = plan.steps(build, plan.paths(build, "/p", "/c", "/s"))
    step = next(step for step in steps if isinstance(step, FetchSource))
    fetched = {repository.path for repository in step.repositories}
    out = {*recipe.source.skip, "3rdparty/intgemm"}
    assert step.empty == {path: recipe.source.submodules[path].commit for path in out}
    assert {"3rdparty/openmp", "3rdparty/intgemm"} < step.empty.keys()
    assert fetched == {"", *recipe.source.submodules} - out


def test_what_is_skipped_is_in_the_name_of_the_build_but_why_is_not() -> None:
    def name(**skip: str) -> str:
        recipe = ALL["0.12.1"]
        source = msgspec.structs.replace(recipe.source, skip=skip)
        return resolve(msgspec.structs.replace(recipe, source=source), bookworm(), Request()).fingerprint

    assert name(cub="one reason") == name(cub="another") != name()
