"""Text that would run something, in every field of the model: refused with its line, or of no effect but to be read.

The fields are the model's own: one that good.toml has no sample of fails here.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mxbuild import script
from mxbuild.errors import RecipeError
from mxbuild.foreign import ACTIVE
from mxbuild.model import PackWheel, Plan, Request
from mxbuild.plan import paths, plan
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import resolve
from tests.machines import bookworm, recipe
from tests.recipe.corpus import GOOD
from tests.recipe.test_hostile import DATA, FREE, STRINGS, put, taken

RUNS = (
    *("x; touch CANARY", "$(touch CANARY)", "`touch CANARY`", "$(shell touch CANARY)", "x\ntouch CANARY", "x\x00y"),
    *("x\r\ntouch CANARY", "../../CANARY", "--upload-pack=touch CANARY", "-oProxyCommand=touch CANARY", "%(x)s"),
    *("ext::sh -c touch% CANARY", "' ; touch CANARY ; '", '" ; touch CANARY ; "', "x # \ntouch CANARY"),
    *("{__import__('os').system('touch CANARY')}", "x\u2028touch CANARY", "ｔouch\uff04(CANARY)", "x\\\ntouch CANARY"),
    *("\u202eYRANAC hcuot", "\x1b]0;CANARY\x07", "--eval=$(CANARY)"),
)
REFUSED = "x\n$(touch CANARY) \x1b]0;CANARY\x07\u202e"
"""In no field at all."""
READ = (
    "$(touch CANARY) `touch CANARY` ; touch CANARY | touch CANARY && touch CANARY ' \" \\ > CANARY {0} %s </script> \\n"
)
"""What a field for people may hold: it is only ever shown."""
SEEN = {"why", "reference", "matched", "summary"}
"""Where it may get to in a step: what is shown beside it."""


def leaves(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place of a text in the model; `*` for a name or a number."""
    if isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            yield from leaves(field.type, (*path, field.encode_name))
    elif isinstance(kind, msgspec.inspect.DictType):
        yield (*path, "*key")
        yield from leaves(kind.value_type, (*path, "*"))
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from leaves(kind.item_type, (*path, "*"))
    elif isinstance(kind, msgspec.inspect.UnionType):
        for part in kind.types:
            yield from leaves(part, path)
    elif isinstance(kind, msgspec.inspect.StrType | msgspec.inspect.LiteralType):
        yield path


def fits(place: tuple[str, ...], path: tuple[str | int, ...]) -> bool:
    return len(place) == len(path) and all(p in ("*", str(q)) for p, q in zip(place, path, strict=True))


def test_every_field_of_the_model_has_a_sample() -> None:
    places = {place for place in leaves(msgspec.inspect.type_info(Recipe)) if place[-1] != "*key"}
    numbers = {("format",)}
    unseen = {place for place in places - numbers if not any(fits(place, path) for path in STRINGS)}
    assert unseen == set()


def written(data: Any, at: tuple[str | int, ...], value: str) -> str:
    """The good recipe as TOML with another value there; its place in the file stays."""
    holder: Any = data
    for part in at[:-1]:
        holder = holder[part]
    old = holder[at[-1]]
    quoted = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 or c in '"\\' else c for c in value)
    for quote in ('"', "'"):
        for text in (f"= {quote}{old}{quote}", f"{quote}{old}{quote}"):
            if GOOD.count(text) == 1:
                return GOOD.replace(text, text.replace(f"{quote}{old}{quote}", f'"{quoted}"'))
    return ""


def test_what_would_run_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    for path in STRINGS:
        for_people = bool(FREE & {*map(str, path)})
        assert [v for v in RUNS if taken(put(path, v)) and not (for_people and v.isprintable())] == [], path
        text = written(DATA, path, REFUSED)
        if not text:  # it is in the file twice
            continue
        file.write_text(text)
        with pytest.raises(RecipeError) as caught:
            load(file)
        details = caught.value.details
        assert all(re.search(r"recipe\.toml:\d+(:\d+)?: ", detail.splitlines()[0]) for detail in details), details
        assert not ACTIVE.search("".join(details)), path


def hostile(data: Any, inside: bool = False) -> Any:
    """Every text for people replaced."""
    if isinstance(data, dict):
        return {key: hostile(value, inside or key in FREE) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [hostile(value, inside) for value in data]
    return READ if inside and isinstance(data, str) else data


def planned(one: Recipe, where: Path) -> Plan:
    build = resolve(one, bookworm(), Request(recipe="mini"))
    return plan(build, paths(build, f"{where}/prefix", f"{where}/cache", f"{where}/state"), {}, f"{where}/embedded")


def without(data: Any) -> Any:
    """A step without what is only shown."""
    if isinstance(data, dict):
        return {key: without(value) for key, value in data.items() if key not in SEEN}
    return [without(value) for value in data] if isinstance(data, list | tuple) else data


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, Plan]:
    where = tmp_path_factory.mktemp("canary")
    mini = recipe("mini")
    bad = msgspec.convert(hostile(msgspec.to_builtins(mini)), Recipe)
    assert bad.summary == READ
    return where, planned(mini, where), planned(bad, where)


def test_what_is_for_people_changes_no_step(both: tuple[Path, Plan, Plan]) -> None:
    """So it reaches no command line, no variable of make, no wheel and no environment."""
    _, good, bad = both
    one, other = (without(msgspec.to_builtins([p.step for p in made.steps])) for made in (good, bad))
    assert one == other
    assert good.build.fingerprint == bad.build.fingerprint


def test_what_is_for_people_is_a_comment_in_the_script(both: tuple[Path, Plan, Plan]) -> None:
    def commands(made: Plan) -> list[str]:
        return [line for line in script.render(made).splitlines() if not line.startswith("#")]

    _, good, bad = both
    assert commands(good) == commands(bad)
    assert "touch CANARY" in script.render(bad)


STAND_IN = """#!/bin/sh
printf '%s\\n' "$0 $*" >> "$LOG"
case "$*" in
*"-m venv "*) mkdir -p "${3}/bin"; cp "$0" "${3}/bin/python" ;;
*sysconfig*) mkdir -p "$HOME/site"; echo "$HOME/site" ;;
esac
case "$0" in */env) for file in $LIBRARIES; do mkdir -p "${file%/*}"; : > "$file"; done ;; esac
"""


def test_the_script_runs_and_makes_no_canary(both: tuple[Path, Plan, Plan], tmp_path: Path) -> None:
    """For real, up to the programs that it calls, which write down what they were told."""
    where, _, bad = both
    stand_ins = tmp_path / "bin"
    stand_ins.mkdir()
    text = script.render(bad).replace("/usr/bin/", f"{stand_ins}/").replace("/usr/local/bin/", f"{stand_ins}/")
    for name in (
        "git",
        "make",
        "env",
        "sudo",
        "apt-get",
        "pip",
        "g++",
        "gcc",
        "python3",
        "python3.11",
        "ccache",
        "curl",
    ):
        (stand_ins / name).write_text(STAND_IN)
        (stand_ins / name).chmod(0o755)
    (where / "embedded").symlink_to(Path(__file__).parents[2] / "recipes/mini")
    (tmp_path / "script").write_text(text)
    (packs,) = (p.step for p in bad.steps if isinstance(p.step, PackWheel))
    libraries = " ".join(f"{packs.tree}/{path}" for path in (packs.library, *packs.beside))
    environ = {
        "PATH": f"{stand_ins}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LOG": f"{tmp_path}/log",
        "LIBRARIES": libraries,
    }
    for command in (["bash", "-n", "script"], ["sh", "script"]):
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    told = (tmp_path / "log").read_text()
    assert "-m venv" in told
    assert "CANARY" not in told
    assert not [*tmp_path.rglob("*CANARY*"), *where.rglob("*CANARY*")]
