"""What recipes share: laid over each other by key and rule, with every fault where it stands."""

from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import RecipeError
from mxbuild.recipe.layers import layers
from mxbuild.recipe.load import load
from tests.recipe.corpus import GOOD, change

OWN = 'extends = "base/good"\nrelease = "1.3.0"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    Path("base/good.toml").write_text(GOOD)
    return tmp_path


def written(text: str, file: str = "own.toml") -> Path:
    Path(file).write_text(text)
    return Path(file)


def refused(text: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        load(written(text))
    assert caught.value.message.startswith("own.toml has ")
    return caught.value.details


def test_nothing_of_its_own_is_the_other_file() -> None:
    base = load(Path("base/good.toml"))
    assert load(written('extends = "base/good"\n')) == msgspec.structs.replace(base, proved=())
    assert base.proved, "what was proved of one release says nothing of another"


def test_tables_are_laid_over_each_other_key_by_key() -> None:
    recipe = load(written(f'{OWN}[make]\ndisk = 7\n[flags]\nUSE_S3 = {{ value = 0, why = "new" }}\nDEBUG.value = 1\n'))
    base = load(Path("base/good.toml"))
    assert (recipe.id, recipe.summary) == ("example-1.3.0", base.summary)
    assert (recipe.make.disk, recipe.make.target) == (7, base.make.target)
    assert list(recipe.flags) == [*base.flags, "USE_S3"], "what is new comes last"
    assert (recipe.flags["DEBUG"].value, recipe.flags["DEBUG"].why) == (1, base.flags["DEBUG"].why)


def test_an_array_takes_the_others_place() -> None:
    recipe = load(written(f'{OWN}[source]\nexclude = ["docs"]\n[[python.requirements]]\npython = ""\npackages = []\n'))
    assert recipe.source.exclude == ("docs",)
    assert len(recipe.python.requirements) == 1


def test_rules_are_laid_over_each_other_by_id() -> None:
    text = (
        f'{OWN}[[compat]]\nid = "fresh"\nwhy = "w"\nreference = "r"\n[[compat]]\nid = "old-habits"\nwhy = "another"\n'
    )
    recipe, base = load(written(text)), load(Path("base/good.toml"))
    assert [rule.id for rule in recipe.compat] == [*(rule.id for rule in base.compat), "fresh"]
    assert (recipe.compat[1].why, recipe.compat[1].cflags) == ("another", base.compat[1].cflags)


def test_known_failures_of_tests_are_laid_over_each_other_by_id() -> None:
    text = (
        f'{OWN}remove = ["verify.upstream.known.old-numpy"]\n[verify.upstream]\nlimit = 5\n'
        '[[verify.upstream.known]]\nid = "new"\ntests = ["test_io.py"]\nwhy = "w"\nkind = "flag"\n'
        '[[verify.upstream.known]]\nid = "fetches"\nwhy = "another"\n'
    )
    tests = load(written(text)).verify.upstream
    assert tests is not None
    assert (tests.limit, tests.directory) == (5, "python/unittest")
    assert [(k.id, k.why, k.kind) for k in tests.known] == [("fetches", "another", "network"), ("new", "w", "flag")]
    assert "own.toml:10:8: verify.upstream.known[0].kind: " in refused(text.replace('"flag"', '"flags"'))[0]


def test_what_is_removed_is_gone() -> None:
    text = (
        'extends = "base/good"\nremove = ["flags.USE_SSE", "compat.old-habits", "compat.newer-toolkit",'
        ' "python.requirements", "make.objects",'
        " 'source.submodules.\"core/deep\"']\n"
        '[make.objects]\nsrc = "OBJ"\n[[python.requirements]]\npython = ""\npackages = []\n'
    )
    recipe = load(written(text))
    assert "USE_SSE" not in recipe.flags
    assert "old-habits" not in [rule.id for rule in recipe.compat]
    assert recipe.make.objects == {"src": "OBJ"}, "what is said anew is not removed"
    assert list(recipe.source.submodules) == ["core", "tests", "fast"]


def test_layers_on_layers() -> None:
    written('extends = "base/good"\nremove = ["flags.USE_SSE"]\n[make]\ndisk = 8\n', "base/middle.toml")
    recipe = load(written('extends = "base/middle"\nremove = ["compat.old-habits"]\n[make]\nmemory-per-job = 9\n'))
    assert (recipe.make.disk, recipe.make.memory_per_job) == (8, 9)
    assert "USE_SSE" not in recipe.flags


def test_a_recipe_of_ones_own_extends_mxbuilds(here: Path) -> None:
    """Beside the recipe first, then among those that came with mxbuild."""
    recipe = load(written('extends = "mxnet-0.12.1"\nrelease = "0.12.9"\n'))
    assert recipe.id == "mxnet-0.12.9"
    assert recipe.source.commit.startswith("e0c7906")


def test_a_fault_is_shown_where_it_stands() -> None:
    Path("base/good.toml").write_text(change("disk = 1500", 'disk = "much"'))
    text = f'{OWN}[flags]\nDEBUG.valeu = 1\n[[compat]]\nid = "old-habits"\ncflags = ["-O9"]\n'
    own, rule, shared = refused(text)
    assert own.splitlines()[0].startswith('own.toml:4:7: flags.DEBUG.valeu: unknown key "valeu"')
    assert rule.splitlines()[:2] == [rule.splitlines()[0], '    7 | cflags = ["-O9"]']
    assert rule.startswith("own.toml:7:11: compat[0].cflags[0]: ")
    assert shared.startswith("base/good.toml:")
    assert shared.splitlines()[1:] == ['   35 | disk = "much"', "      |        ^^^^^^"]


def test_what_layers_make_of_each_other_is_judged_too() -> None:
    (fault,) = refused(f'{OWN}remove = ["flags.USE_SSE"]\n')
    assert fault.startswith("base/good.toml:")
    assert 'nothing in [flags] is called "USE_SSE"' in fault


def test_a_rule_twice_in_one_file_is_still_one_too_many() -> None:
    (fault,) = refused(f"{OWN}{2 * REPEATED}")
    assert fault.startswith("own.toml:9:6: ")
    assert 'there is another rule "again" above' in fault


REPEATED = '[[compat]]\nid = "again"\nwhy = "w"\nreference = "r"\n\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('extends = "base/goood"\n', "own.toml:1:11: extends: there is no base/goood.toml in base and "),
        ('extends = "../own"\n', 'own.toml:1:11: extends: expected a file\'s name without .toml, like "base/mxnet"'),
        ('extends = "/etc/passwd"\n', "own.toml:1:11: extends: expected a file's name"),
        ("extends = 1\n", "own.toml:1:11: extends: expected a file's name"),
        ('extends = "own"\n', "own.toml:1:11: extends: goes in a circle: own extends this file"),
        ('remove = ["flags"]\n', "own.toml:1:1: remove: there is nothing to remove from"),
        (f"{OWN}remove = 1\n", "own.toml:3:10: remove: expected an array of keys"),
        (f"{OWN}remove = [1]\n", "own.toml:3:11: remove[0]: expected a key"),
        (f'{OWN}remove = ["a = 1"]\n', "own.toml:3:11: remove[0]: expected a key"),
        (f'{OWN}remove = [""]\n', "own.toml:3:11: remove[0]: expected a key"),
        (
            f'{OWN}remove = ["flags.USE_SSE", "flags.USE_SEE"]\n',
            'own.toml:3:28: remove[1]: nothing to remove: flags has no "USE_SEE"; ',
        ),
        (f'{OWN}remove = ["make.disk.x"]\n', 'remove[0]: nothing to remove: make.disk has no "x"'),
    ],
)  # fmt: skip
def test_layers_that_cannot_be_laid(text: str, fault: str) -> None:
    (shown,) = refused(text)
    assert fault in shown


def test_one_file_says_where_each_part_stands() -> None:
    whole = layers(Path("base/good.toml"))
    assert [file.path for file in whole.files] == [Path("base/good.toml")]
    assert all(origin == (0, path) for path, origin in whole.origins.items())
