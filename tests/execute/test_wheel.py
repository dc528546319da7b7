import base64
import csv
import hashlib
import io
import os
import zipfile
from email import message_from_bytes
from pathlib import Path

import msgspec
import pytest
from packaging.utils import parse_wheel_filename

from mxbuild.errors import BuildError
from mxbuild.execute import wheel
from mxbuild.model import Event, JournalEntry, PackWheel, Progress
from tests.execute.pythons import bundled, context, interpreters, run

VERSION = "0.12.1+mxbuild.0123abcd"
NAME = f"mxnet-{VERSION}-py3-none-linux_{os.uname().machine}.whl"
CODE = {
    "__init__.py": "from mxnet import libinfo, nn\n",
    "libinfo.py": "import os\nPATH = os.path.join(os.path.dirname(__file__), 'libmxnet.so')\n",
    "nn/__init__.py": "",
    "nn/data.json": "{}",
    "_cy3/README": "read me",
}
DROPPINGS = (
    "__pycache__/libinfo.cpython-311.pyc", "libinfo.pyc", "cython/base.pyi", "cython/ndarray.pyx", "_cy3/ndarray.so",
    "_cy3/ndarray.cpp", "tests/test_nn.py", "nn/test/test_nn.py", ".gitignore", ".hidden/a.py", "nn/data.json.orig",
)  # fmt: skip


def step(directory: Path) -> PackWheel:
    tree = directory / "tree"
    for name in (*CODE, *DROPPINGS):
        path = tree / "python" / "mxnet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CODE.get(name, "dropped"))
    (tree / "lib").mkdir()
    (tree / "lib" / "libmxnet.so").write_bytes(b"\x7fELF" + bytes(range(256)) * 10_000)
    (tree / "python" / "mxnet" / "libmxnet.so").write_text("an older one")
    for name in ("LICENSE", "NOTICE"):
        (tree / name).write_text(name)
    return PackWheel(
        tree=str(tree),
        library="lib/libmxnet.so",
        package="python/mxnet",
        name="mxnet",
        version=VERSION,
        python=">=3.6,<3.14",
        requires=("numpy", "graphviz"),
        platform=f"linux_{os.uname().machine}",
        wheel=str(directory / "wheels" / NAME),
    )


def read(path: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_the_package_and_the_library_and_nothing_else(tmp_path: Path) -> None:
    one = step(tmp_path)
    outcome = wheel.run(one, context())
    files = read(one.wheel)
    assert {n.removeprefix("mxnet/") for n in files if n.startswith("mxnet/")} == {*CODE, "libmxnet.so"}
    assert files["mxnet/nn/data.json"] == b"{}"
    built = (tmp_path / "tree" / "lib" / "libmxnet.so").read_bytes()
    assert files["mxnet/libmxnet.so"] == built
    assert outcome.evidence == {
        "wheel": one.wheel,
        "sha256": hashlib.sha256(Path(one.wheel).read_bytes()).hexdigest(),
        "size": os.path.getsize(one.wheel),
        "library_sha256": hashlib.sha256(built).hexdigest(),
    }


def test_its_metadata_say_what_it_is(tmp_path: Path) -> None:
    one = step(tmp_path)
    wheel.run(one, context())
    files, info = read(one.wheel), f"mxnet-{VERSION}.dist-info"
    name, version, _, tags = parse_wheel_filename(os.path.basename(one.wheel))
    about = message_from_bytes(files[f"{info}/METADATA"])
    assert (about["Name"], about["Version"]) == (name, str(version)) == ("mxnet", VERSION)
    assert about["Requires-Python"] == ">=3.6,<3.14"
    assert about.get_all("Requires-Dist") == ["numpy", "graphviz"]
    how = message_from_bytes(files[f"{info}/WHEEL"])
    assert (how["Root-Is-Purelib"], how["Tag"]) == ("false", str(next(iter(tags))))
    assert (files[f"{info}/LICENSE"], files[f"{info}/NOTICE"]) == (b"LICENSE", b"NOTICE")


def test_its_record_has_every_file_with_its_hash(tmp_path: Path) -> None:
    one = step(tmp_path)
    wheel.run(one, context())
    files, record = read(one.wheel), f"mxnet-{VERSION}.dist-info/RECORD"
    rows = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(files[record].decode()))}
    assert rows.pop(record) == ("", "")
    expected = {}
    for name, content in files.items():
        if name != record:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            expected[name] = (f"sha256={digest}", str(len(content)))
    assert rows == expected


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = step(tmp_path / "a"), step(tmp_path / "b")
    for number, path in enumerate(sorted((tmp_path / "b").rglob("*"), reverse=True)):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
        path.chmod(0o700)
    wheel.run(first, context())
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    wheel.run(second, context())
    assert Path(first.wheel).read_bytes() == Path(second.wheel).read_bytes()


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    events: list[Event] = []
    wheel.run(step(tmp_path), context(events))
    seen = [e for e in events if isinstance(e, Progress)]
    assert seen[-1].done == seen[-1].total
    assert seen[-1].unit == "bytes"


@pytest.mark.parametrize(
    "minor", [m for m in ("3.6", "3.8", "3.13") if m in interpreters()] or list(interpreters())[:1]
)
def test_pip_installs_it(tmp_path: Path, minor: str) -> None:
    one = msgspec.structs.replace(step(tmp_path), requires=())
    wheel.run(one, context())
    python = str(tmp_path / "env" / "bin" / "python")
    run(interpreters()[minor], "-I", "-m", "venv", "--without-pip", str(tmp_path / "env"))
    (site,) = tmp_path.glob("env/lib/python3*/site-packages")
    with zipfile.ZipFile(bundled(interpreters()[minor])) as pip:
        pip.extractall(site)  # out of its wheel it would be compiled each time
    quiet = "--disable-pip-version-check"
    for words in (["install", "-q", quiet, "--no-compile", "--no-index", one.wheel], ["check", quiet]):
        run(python, "-I", "-m", "pip", *words)
    found = run(python, "-I", "-c", "import mxnet; print(mxnet.libinfo.PATH)").strip()
    assert Path(found).read_bytes() == (tmp_path / "tree" / "lib" / "libmxnet.so").read_bytes()
    assert os.access(found, os.X_OK)


@pytest.mark.parametrize("missing", ["lib/libmxnet.so", "python/mxnet/__init__.py"])
def test_a_tree_that_is_not_whole_is_refused_by_name(tmp_path: Path, missing: str) -> None:
    one = step(tmp_path)
    (tmp_path / "tree" / missing).unlink()
    with pytest.raises(BuildError, match=missing):
        wheel.run(one, context())
    assert not os.path.exists(one.wheel)


def test_a_write_that_fails_leaves_the_wheel_before_it(tmp_path: Path) -> None:
    one = step(tmp_path)
    wheel.run(one, context())
    before = Path(one.wheel).read_bytes()
    (tmp_path / "tree" / "python" / "mxnet" / "gone.py").symlink_to("nowhere")
    with pytest.raises(BuildError, match=r"gone\.py"):
        wheel.run(one, context())
    assert Path(one.wheel).read_bytes() == before


def test_damage_is_seen(tmp_path: Path) -> None:
    one = step(tmp_path)
    outcome = wheel.run(one, context())
    entry = JournalEntry(id="wheel", digest="", finished=0, seconds=0, detail="", evidence=outcome.evidence)
    assert wheel.damage(one, entry) == ""
    content = bytearray(Path(one.wheel).read_bytes())
    content[len(content) // 2] ^= 1
    Path(one.wheel).write_bytes(content)
    assert wheel.damage(one, entry) == "the wheel was changed"
    Path(one.wheel).write_bytes(content[:-1])
    assert wheel.damage(one, entry) == "the wheel has another size"
    os.unlink(one.wheel)
    assert wheel.damage(one, entry) == "the wheel is gone"


def test_a_library_that_belongs_beside_the_library_goes_there(tmp_path: Path) -> None:
    one = msgspec.structs.replace(step(tmp_path), beside=("lib/libfast.so.1",))
    with pytest.raises(BuildError, match=r"make left no lib/libfast\.so\.1"):
        wheel.run(one, context())
    (tmp_path / "tree" / "lib" / "libfast.so.1").write_bytes(b"\x7fELF")
    wheel.run(one, context())
    assert read(one.wheel)["mxnet/libfast.so.1"] == b"\x7fELF"
