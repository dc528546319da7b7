"""What differs is put back: one environment is made, and copied for each way to damage it."""

import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from mxbuild.errors import BuildError
from mxbuild.execute import contents, environment, runtime
from mxbuild.execute.repair import repair
from mxbuild.execute.wheel import sha256
from mxbuild.model import CheckResult, CreateEnvironment, Event, Paths, Receipt
from tests.execute.pythons import context, packed, run
from tests.ui import values

pytestmark = pytest.mark.xdist_group("repair")  # one worker: one environment is made

VERSION = "1.0+mxbuild.0123abcd"
Environment = tuple[Path, Receipt, Mapping[str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, copying: str) -> Environment:
    root = tmp_path_factory.mktemp("made")
    (root / "shop").mkdir()
    packed(root / "shop", "alpha", "1.5")
    packed(root / "shop", "alpha", "2.0")
    product = packed(root, "mxnet", VERSION)
    environ = {
        "PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(root / "shop"),
    }  # fmt: skip
    step = CreateEnvironment(
        environment=str(root / "env"), python=copying, requirements=("alpha==1.5",), wheel=product.wheel,
        log=str(root / "log"),
    )  # fmt: skip
    outcome = environment.run(step, context(environ=environ))
    proof = msgspec.structs.replace(
        values.RECEIPT, wheel=product.wheel, wheel_sha256=sha256(product.wheel), python=f"{copying} 3.11.0",
        python_packages=outcome.evidence["packages"],
    )  # fmt: skip
    return root / "env", proof, environ


@pytest.fixture
def damaged(made: Environment, tmp_path: Path) -> Path:
    subprocess.run(["cp", "-a", made[0], tmp_path / "env"], check=True)
    return tmp_path / "env"


def inside(where: Path, name: str) -> Path:
    (place,) = contents.places(str(where))
    return next(Path(place).glob(name))


def put_back(where: Path, made: Environment, **other: str) -> tuple[tuple[str, ...], list[Event]]:
    _, proof, environ = made
    nowhere = dict.fromkeys(Paths.__struct_fields__, "/nonexistent")
    paths = Paths(**{**nowhere, "environment": str(where), "records": f"{where.parent}/records"})
    events: list[Event] = []
    proof = msgspec.structs.replace(proof, **other)
    return repair(proof, paths, environ, events.append), events


def intact(where: Path, made: Environment) -> bool:
    wrong = list(contents.differences(str(where), made[1].python_packages, hashed=True))
    return (
        not wrong and run(f"{where}/bin/python", "-I", "-c", "import alpha, mxnet; print(alpha.__version__)") == "1.5\n"
    )


def same_size(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"#")


WAYS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file of MXNet's is gone": (lambda e: inside(e, "mxnet/__init__.py").unlink(), "mxnet/__init__.py"),
    "one was changed and has its size": (lambda e: same_size(inside(e, "mxnet/libmxnet.so")), "mxnet/libmxnet.so"),
    "a directory lies in its place": (
        lambda e: (inside(e, "mxnet/libmxnet.so").unlink(), (inside(e, "mxnet") / "libmxnet.so").mkdir()),
        "mxnet/libmxnet.so",
    ),
    "MXNet's metadata are gone": (lambda e: shutil.rmtree(inside(e, "mxnet-*.dist-info")), "mxnet"),
    "another package was changed": (lambda e: same_size(inside(e, "alpha/__init__.py")), "alpha"),
    "another package is gone": (lambda e: shutil.rmtree(inside(e, "alpha-*.dist-info")), "alpha"),
    "pip is broken": (lambda e: inside(e, "pip/__init__.py").write_text("raise SystemExit(3)"), "pip"),
    "pyvenv.cfg is gone": (lambda e: (e / "pyvenv.cfg").unlink(), "the interpreter"),
    "the interpreter is gone": (lambda e: (e / "bin/python").unlink(), "the interpreter"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_differs_is_put_back(way: str, damaged: Path, made: Environment) -> None:
    damage, what = WAYS[way]
    damage(damaged)
    done, _ = put_back(damaged, made)
    assert [one.rpartition("site-packages/")[2] for one in done] == [what]
    assert intact(damaged, made)


def test_where_nothing_differs_nothing_is_done(damaged: Path, made: Environment) -> None:
    before = {p: p.lstat().st_mtime_ns for p in damaged.rglob("*")}
    assert put_back(damaged, made)[0] == ()
    assert {p: p.lstat().st_mtime_ns for p in damaged.rglob("*")} == before


def test_a_library_is_as_executable_as_it_was(damaged: Path, made: Environment) -> None:
    library = inside(damaged, "mxnet/libmxnet.so")
    mode = library.stat().st_mode
    library.unlink()
    put_back(damaged, made)
    assert library.stat().st_mode == mode


@pytest.mark.parametrize("gone", [True, False])
def test_nothing_comes_out_of_another_wheel(gone: bool, damaged: Path, made: Environment, tmp_path: Path) -> None:
    wheel = tmp_path / "mxnet-1.0-py3-none-any.whl"
    if not gone:
        shutil.copy(made[1].wheel, wheel)
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("mxnet/more.py", "")
    inside(damaged, "mxnet/__init__.py").unlink()
    with pytest.raises(BuildError, match="is gone" if gone else "was changed") as caught:
        put_back(damaged, made, wheel=str(wheel))
    assert (caught.value.remedy or "").startswith(f"mxbuild install {made[1].recipe}")


def test_a_package_that_was_installed_by_its_hash_comes_back_by_it(damaged: Path, made: Environment) -> None:
    (damaged / "pinned.txt").write_text(f"alpha==1.5 --hash=sha256:{'0' * 64}\n")
    same_size(inside(damaged, "alpha/__init__.py"))
    with pytest.raises(BuildError, match="its hash is another"):
        put_back(damaged, made)


def test_pip_is_asked_whether_each_package_has_what_it_requires(damaged: Path, made: Environment) -> None:
    def asked() -> CheckResult:
        subject = runtime.Subject(str(damaged), "mxnet", "1", "", os.environ, f"{damaged.parent}/log")
        return runtime.run(subject, [runtime.REQUIREMENTS], lambda result: None)[runtime.REQUIREMENTS]

    assert (asked().ok, asked().detail) == (True, "3 packages, each with what it requires")
    metadata = inside(damaged, "mxnet-*.dist-info") / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: alpha>=2\nRequires-Dist: beta\n")
    assert not asked().ok
    assert f"mxnet {VERSION} requires alpha>=2, and 1.5 is installed" in asked().detail
    assert f"mxnet {VERSION} requires beta, which is not installed" in asked().detail
    said = subprocess.run([f"{damaged}/bin/python", "-Im", "pip", "check"], capture_output=True, text=True, check=False)
    assert said.returncode == 1, "pip itself is of the same opinion"
    assert len(said.stdout.splitlines()) == asked().detail.count("requires")


def test_the_check_names_what_differs(damaged: Path, made: Environment) -> None:
    packages = made[1].python_packages
    whole = contents.check(str(damaged), packages)
    assert whole is not None
    assert (whole.ok, whole.detail.endswith(f" files of {len(packages)} packages, each as it was installed")) == (
        True,
        True,
    )
    same_size(inside(damaged, "alpha/__init__.py"))
    found = contents.check(str(damaged), packages)
    assert found is not None
    assert (found.ok, found.detail) == (False, f"{inside(damaged, 'alpha/__init__.py')} was changed")
