import json
import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import environment, pip, receipt
from mxbuild.execute.wheel import sha256
from mxbuild.model import CreateEnvironment, Event, JournalEntry, Message, Outcome, Progress
from tests.execute import nvidia
from tests.execute.pythons import context, interpreters, packed, run
from tests.ui import values

PYTHON = sys.executable
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


DEBIAN = """\
The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv
package using the following command.
"""
"""What Debian's python3 says where python3-venv is not installed."""


@pytest.fixture
def step(tmp_path: Path, copying: str) -> CreateEnvironment:
    """An environment with `alpha` pinned and a wheel that asks for it; the index is a directory."""
    shop = tmp_path / "shop"
    shop.mkdir()
    packed(shop, "alpha", "1.5")
    packed(shop, "alpha", "2.0")
    packed(shop, "below", "1.0")
    product = packed(tmp_path, "product", "0.12.1+mxbuild.0123abcd", "import alpha\n", requires=["alpha"])
    return CreateEnvironment(
        environment=str(tmp_path / "envs" / "one"),
        python=copying,
        requirements=("alpha==1.5",),
        wheel=product.wheel,
        log=str(tmp_path / "logs" / "environment.log"),
    )


def shop(step: CreateEnvironment, **more: str) -> dict[str, str]:
    """The caller's environment: pip's configuration names the directory and no index."""
    place = str(Path(step.wheel).parent / "shop")
    own = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_CONFIG_FILE": "/dev/null"}
    return {**own, "PIP_FIND_LINKS": place, "PIP_NO_INDEX": "1", **more}


def entry(outcome: Outcome) -> JournalEntry:
    return JournalEntry(id="environment", digest="", finished=0, seconds=0, detail="", evidence=outcome.evidence)


def python(step: CreateEnvironment, code: str) -> str:
    return run(f"{step.environment}/bin/python", "-I", "-c", code).strip()


def test_pins_and_wheel_are_installed_and_nothing_else(step: CreateEnvironment) -> None:
    events: list[Event] = []
    outcome = environment.run(step, context(events, shop(step)))
    packages = outcome.evidence["packages"]
    assert {k: v for k, v in packages.items() if k not in ("pip", "setuptools")} == {
        "alpha": "1.5",
        "product": "0.12.1+mxbuild.0123abcd",
    }
    assert outcome.evidence["python"].startswith(MINOR + ".")
    assert python(step, "import product; print(product.alpha.__version__)") == "1.5"
    run(f"{step.environment}/bin/python", "-I", "-m", "pip", "check")
    counts = [e for e in events if isinstance(e, Progress)]
    assert counts[-1].done == counts[-1].total == len(packages)
    assert any(e.text.startswith("alpha") for e in counts)
    assert "Successfully installed alpha-1.5" in Path(step.log).read_text()


def test_nothing_of_the_caller_leads_it_astray_and_damage_is_seen(step: CreateEnvironment, tmp_path: Path) -> None:
    traps = tmp_path / "traps"
    for name in ("venv", "pip", "ensurepip", "json"):
        (traps / name).mkdir(parents=True)
        (traps / name / "__init__.py").write_text("raise SystemExit('trapped')")
    environ = shop(
        step,
        PYTHONPATH=str(traps),
        PYTHONHOME="/nonexistent",
        PYTHONSTARTUP=str(traps / "pip/__init__.py"),
        PIP_TARGET=str(tmp_path / "elsewhere"),
        PIP_PREFIX=str(tmp_path / "elsewhere"),
        PIP_USER="1",
        PIP_NO_BINARY=":all:",
        PIP_NO_DEPS="1",
        PIP_DRY_RUN="1",
        VIRTUAL_ENV=str(tmp_path / "elsewhere"),
        LD_LIBRARY_PATH="/nonexistent",
    )
    step = msgspec.structs.replace(step, python=PYTHON)
    seen = entry(environment.run(step, context(environ=environ)))
    assert "include-system-site-packages = false" in Path(step.environment, "pyvenv.cfg").read_text()
    assert python(step, "import alpha, product; print(alpha.__file__)").startswith(step.environment)
    assert not (tmp_path / "elsewhere").exists()

    assert environment.damage(step, seen) == ""
    place = next(Path(step.environment).glob("lib/python*/site-packages"))
    assert not list(place.glob("pip/_internal/commands/__pycache__/wheel.*")), "nobody has asked pip to make a wheel"
    library = place / "product" / "libmxnet.so"
    library.write_bytes(b"cut")
    assert environment.damage(step, seen) == f"{library} was changed"
    library.unlink()
    assert environment.damage(step, seen) == f"{library} is gone"
    shutil.rmtree(next(place.glob("alpha-*.dist-info")))
    assert environment.damage(step, seen) == "the package alpha is gone"
    Path(step.environment, "bin", "python").unlink()
    assert "interpreter" in environment.damage(step, seen)


def test_pins_with_hashes_are_installed_and_known(step: CreateEnvironment) -> None:
    """The pins with hashes by themselves: what they would ask for is not asked, what has no hash is installed too."""
    pins = nvidia.toolkit(Path(step.wheel).parent / "shop")
    asked = msgspec.structs.replace(step, requirements=(*step.requirements, *pins[-2:]))
    assert asked.pins == ("alpha==1.5", "nvidia-cuda-runtime==13.0.96", "nvidia-cublas==13.1.1.3")
    seen = entry(environment.run(asked, context(environ=shop(asked))))
    assert seen.evidence["packages"].items() >= {"alpha": "1.5", "nvidia-cublas": "13.1.1.3"}.items()
    assert environment.damage(asked, seen) == ""
    place = next(Path(asked.environment).glob("lib/python*/site-packages"))
    cublas = place / "nvidia/cu13/lib/libcublas.so.13"
    cublas.unlink()
    assert environment.damage(asked, seen) == f"{cublas} is gone"
    shutil.rmtree(next(place.glob("nvidia_cublas-*.dist-info")))
    assert environment.damage(asked, seen) == "the package nvidia-cublas is gone"


def test_one_process_gives_it_pip_the_pins_and_the_wheel(step: CreateEnvironment, tmp_path: Path) -> None:
    """Their order in the log is that of the calls; the caller's settings, which ensurepip wants none of, are back."""
    right = sha256(str(tmp_path / "shop" / "alpha-1.5-py3-none-any.whl"))
    spaced = tmp_path / "a wheel's #1 place"
    spaced.mkdir()
    asked = msgspec.structs.replace(
        step, python=PYTHON, requirements=(f"alpha==1.5 --hash=sha256:{right}",),
        wheel=shutil.move(step.wheel, spaced),
    )  # fmt: skip
    environ = {**shop(step), "PIP_FIND_LINKS": str(tmp_path / "shop")}
    seen = environment.run(asked, context(environ=environ)).evidence["packages"]
    assert seen.items() >= {"alpha": "1.5", "product": "0.12.1+mxbuild.0123abcd"}.items()
    said = Path(step.log).read_text().splitlines()
    assert [Path(line.split()[-3]).name for line in said if line.startswith("+ ")] == ["venv", "--require-hashes"]
    installed = [line for line in said if line.startswith("Successfully installed")]
    assert ["pip-" in line for line in installed] == [True, False]
    place = next(Path(asked.environment).glob("lib/python*/site-packages"))
    assert not list(place.glob("pip-*.dist-info/direct_url.json")), "as if ensurepip had been called"
    assert not list(place.glob("pip/**/*.pyc")), "nobody has used it yet"
    run(f"{asked.environment}/bin/pip", "--version")


@pytest.mark.parametrize("beside", [(), ("alpha==1.5",)], ids=["alone", "beside a pin without a hash"])
def test_a_wheel_that_was_altered_since_it_was_packed_is_refused(
    beside: tuple[str, ...], step: CreateEnvironment
) -> None:
    asked = msgspec.structs.replace(step, requirements=beside)
    packed_as = {"wheel": {"sha256": sha256(step.wheel)}}
    with open(step.wheel, "ab") as file:
        file.write(b"more")
    with pytest.raises(BuildError, match=r"product==\S+ is not what its pin or its index says: its hash is another"):
        environment.run(asked, context(environ=shop(step), outcomes=packed_as))


@pytest.mark.parametrize("age", ["oldest", "newest"])
def test_every_interpreters_pip_installs_itself_and_something_else_in_one_go(
    age: str, step: CreateEnvironment, tmp_path: Path
) -> None:
    every = sorted(interpreters(), key=lambda minor: int(minor.split(".")[1]))
    made = tmp_path / "made"
    run(interpreters()[every[0 if age == "oldest" else -1]], "-I", "-m", "venv", "--without-pip", str(made))
    arguments = ["install", "--no-index", "--no-deps", str(tmp_path / "shop" / "alpha-1.5-py3-none-any.whl")]
    run(f"{made}/bin/python", "-I", str(pip.WITH_PIP), *arguments)
    listed = json.loads(run(f"{made}/bin/python", "-Im", "pip", "list", "--format", "json"))
    assert {one["name"] for one in listed} >= {"alpha", "pip"}


@pytest.mark.parametrize(
    ("lacks", "says", "last"),
    [
        (
            "raise ModuleNotFoundError(\"No module named 'ensurepip'\")",
            "cannot make environments",
            "No module named 'ensurepip'",
        ),
        (
            "_run_pip = None\ndef bootstrap(**options): _run_pip(['help'], [])",
            "ensurepip, in the new environment, ended",
            "No module named pip",
        ),
        ("def bootstrap(**options): pass", "in the new environment, ended with status 1", "installed no pip"),
        ("def bootstrap(**options): raise OSError(28, 'No space left on device')", "No space left", "Errno 28"),
    ],
)
def test_an_interpreter_whose_ensurepip_does_nothing_is_told_as_such(
    step: CreateEnvironment, tmp_path: Path, lacks: str, says: str, last: str
) -> None:
    """Of the whole standard library it is the one part that Debian packs by itself."""
    made = Path(step.environment)
    made.parent.mkdir()
    run(PYTHON, "-I", "-m", "venv", "--without-pip", str(made))
    (site,) = made.glob("lib/python3*/site-packages")
    (site / "before.pth").write_text(f"import sys; sys.path.insert(0, {str(tmp_path / 'first')!r})\n")
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "ensurepip.py").write_text(lacks + "\n")
    Path(step.log).parent.mkdir()
    with pytest.raises((BuildError, OSError), match=says):
        pip.Pip(step, str(made), context(environ=shop(step))).ensure()
    assert last in Path(step.log).read_text(), "whoever looks into the log is told what went wrong"


def test_a_pin_with_another_hash_is_refused_by_name(step: CreateEnvironment) -> None:
    asked = msgspec.structs.replace(step, requirements=("alpha==1.5 --hash=sha256:" + "0" * 64,))
    with pytest.raises(BuildError, match=r"alpha==1\.5 is not what its pin or its index says"):
        environment.run(asked, context(environ=shop(asked)))


@pytest.fixture
def without_venv(step: CreateEnvironment, tmp_path: Path) -> CreateEnvironment:
    """With an interpreter that says what Debian's says where python3-venv is not installed."""
    split = tmp_path / "python3"
    split.write_text(f'#!/bin/sh\n[ "$3" = venv ] || exec {PYTHON} "$@"\ncat <<E\n{DEBIAN}E\nexit 1\n')
    split.chmod(0o755)
    return msgspec.structs.replace(step, python=str(split))


def test_what_a_stopped_run_left_is_removed_first(without_venv: CreateEnvironment) -> None:
    place = Path(without_venv.environment)
    (place / "lib").mkdir(parents=True)
    (place / "lib" / "left.txt").write_text("left")
    (place / "receipt.json").write_text("{}")
    with pytest.raises(BuildError):
        environment.run(without_venv, context(environ=shop(without_venv)))
    assert not place.exists()


def test_a_link_in_its_place_is_not_followed(without_venv: CreateEnvironment, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    place = Path(without_venv.environment)
    place.parent.mkdir()
    place.symlink_to(tmp_path / "mine")
    with pytest.raises(BuildError):
        environment.run(without_venv, context(environ=shop(without_venv)))
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "mine"
    assert not place.is_symlink()


def test_a_pin_that_no_wheel_fits_is_named_with_a_way_out(step: CreateEnvironment) -> None:
    asked = msgspec.structs.replace(step, requirements=("alpha==9.9",))
    with pytest.raises(BuildError, match=r"no wheel of alpha==9\.9 fits") as failed:
        environment.run(asked, context(environ=shop(step)))
    assert "--python" in (failed.value.remedy or "")
    assert failed.value.details[-1] == f"log: {step.log}"


def test_an_index_that_cannot_be_reached_is_a_matter_of_the_network(step: CreateEnvironment) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "2"}
    environ = {k: v for k, v in shop(step, **nowhere).items() if k not in ("PIP_FIND_LINKS", "PIP_NO_INDEX")}
    seen: list[Event] = []
    with pytest.raises(BuildError, match=r"cannot reach the package index to fetch alpha==1\.5") as failed:
        environment.run(step, context(seen, environ=environ))
    assert "PIP_INDEX_URL" in (failed.value.remedy or "")
    told = [event.text for event in seen if isinstance(event, Progress)]
    assert "the index does not answer; 1 more try" in told, "who waits is told for what"


def test_a_wheel_for_another_machine_is_refused(step: CreateEnvironment) -> None:
    alien = step.wheel.replace("-any.whl", "-linux_vax.whl")
    shutil.copy(step.wheel, alien)
    with pytest.raises(BuildError, match=r"linux_vax\.whl does not fit"):
        environment.run(msgspec.structs.replace(step, wheel=alien), context(environ=shop(step)))


def test_a_python_without_venv_names_debians_package(without_venv: CreateEnvironment) -> None:
    with pytest.raises(BuildError, match="cannot make environments") as failed:
        environment.run(without_venv, context(environ=shop(without_venv)))
    assert failed.value.remedy == f"apt-get install python{MINOR}-venv"


def test_a_python_that_is_gone_is_an_error_of_ours(step: CreateEnvironment) -> None:
    with pytest.raises(BuildError, match="cannot be started"):
        environment.run(msgspec.structs.replace(step, python="/no/python"), context(environ=shop(step)))


NEWER = """
import json, pathlib, sys
pathlib.Path(sys.prefix, "newer.json").write_text(json.dumps(sys.argv[1:]))
"""


def test_a_wheel_that_is_not_what_the_lock_says_stops_before_anything_of_it_is_installed(
    step: CreateEnvironment, tmp_path: Path
) -> None:
    """The index serves another wheel of the same name and version."""
    right = sha256(str(tmp_path / "shop" / "alpha-1.5-py3-none-any.whl"))
    pinned = msgspec.structs.replace(step, requirements=(f"alpha==1.5 --hash=sha256:{right}",))
    environment.run(pinned, context(environ=shop(step)))
    assert python(pinned, "import alpha; print(alpha.__version__)") == "1.5"
    shutil.rmtree(tmp_path / "tree-alpha-1.5", ignore_errors=True)
    shutil.rmtree(tmp_path / "shop" / "tree-alpha-1.5")
    packed(tmp_path / "shop", "alpha", "1.5", "import evil\n")
    with pytest.raises(BuildError, match=r"its hash is another"):
        environment.run(pinned, context(environ=shop(step)))
    assert not list(Path(step.environment).glob("lib/python*/site-packages/alpha*"))


def test_an_old_pip_that_finds_nothing_is_updated_first(
    step: CreateEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pip that is older than our threshold: this one, with the threshold put above it."""
    monkeypatch.setattr(pip, "OLD", (99, 0))
    made = packed(tmp_path / "shop", "pip", "20.3.9")
    Path(made.tree, "pip", "__main__.py").write_text(NEWER)
    from mxbuild.execute import wheel

    wheel.run(made, context())
    monkeypatch.setattr(pip, "NEWER", f"pip==20.3.9 --hash=sha256:{wheel.sha256(made.wheel)}")
    asked = msgspec.structs.replace(step, requirements=("alpha==9.9",))
    events: list[Event] = []
    environment.run(asked, context(events, shop(step)))
    assert any(isinstance(e, Message) and "too old" in e.text for e in events)
    last = json.loads(Path(step.environment, "newer.json").read_text())
    assert Path(last[-1]).read_text().startswith(f"{Path(step.wheel).as_uri()} --hash=sha256:")
    assert (
        environment.installed([str(p) for p in Path(step.environment).glob("lib/python*/site-packages")])["pip"]
        == "20.3.9"
    )


@pytest.mark.parametrize("text", ["a,b\n", "a,sha256=x,many\n", '"a,,3\n', "a\0b,,3\n"])
def test_a_torn_record_is_damage_and_no_crash(step: CreateEnvironment, text: str) -> None:
    place = Path(step.environment, "lib", "python3.9", "site-packages", "alpha-1.dist-info")
    place.mkdir(parents=True)
    Path(step.environment, "bin").mkdir()
    Path(step.environment, "bin", "python").symlink_to(PYTHON)
    (place / "RECORD").write_text(text)
    seen = JournalEntry(id="environment", digest="", finished=0, seconds=0, detail="", evidence={"packages": {}})
    assert str(place) in environment.damage(step, seen) or "is gone" in environment.damage(step, seen)


@pytest.mark.parametrize(
    ("said", "headline", "remedy"),
    [
        ("ERROR: OSError: [Errno 28] No space left on device", "the disk is full", "free"),
        ("  Could not find a version that satisfies the requirement numpy==9", "no wheel of numpy==9", "--python"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "cannot trust", "PIP_CERT"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not what its pin or its index says", "cache"),
        ("ERROR: Something nobody has seen before", "Something nobody has seen before", None),
        ("", "it said nothing", None),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_cause_and_remedy(said: str, headline: str, remedy: str | None) -> None:
    what, cure = pip.explain(said.splitlines(), "/usr/bin/python3")
    assert headline in what
    assert cure is None if remedy is None else remedy in (cure or "")


def test_what_is_whole_and_has_the_very_wheel_works_on_and_nothing_leads_to_what_is_removed(
    step: CreateEnvironment, tmp_path: Path
) -> None:
    made = environment.run(step, context([], shop(step)))
    there = context([], shop(step), {"wheel": {"sha256": sha256(step.wheel)}})
    where = Path(step.environment)
    proof = msgspec.structs.replace(
        values.RECEIPT, wheel_sha256=sha256(step.wheel), python=f"{step.python} {made.evidence['python']}",
        python_packages=made.evidence["packages"],
    )  # fmt: skip
    receipt.write(proof, f"{where}/receipt.json")
    inode = where.stat().st_ino
    kept = environment.run(step, there)
    assert (where.stat().st_ino, kept.evidence) == (inode, made.evidence)
    next(where.glob("lib/python3*/site-packages/product/__init__.py")).write_text("altered")
    current = tmp_path / "current"
    current.symlink_to(where)
    object.__setattr__(there, "paths", msgspec.structs.replace(there.paths, current=str(current)))
    object.__setattr__(there, "environ", {**there.environ, "PIP_FIND_LINKS": "/nonexistent"})
    with pytest.raises(BuildError):
        environment.run(step, there)
    assert not current.is_symlink()
    assert not (where / "receipt.json").exists()


def test_of_pips_tries_the_last_one_is_shown() -> None:
    tries = [f"WARNING: Retrying (Retry(total={left}, connect=None)) after ...: /simple/alpha/" for left in (2, 1, 0)]
    said = ["Looking in indexes: ...", *tries, "ERROR: No matching distribution found for alpha"]
    assert pip.last(said) == [said[0], tries[-1], said[-1]]
