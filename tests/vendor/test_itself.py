"""mxbuild itself as a wheel: all that is here is in it, and all that it imports comes along."""

import hashlib
import io
import os
import subprocess
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import msgspec

import mxbuild
from mxbuild import toml
from mxbuild.model import Fact
from mxbuild.recipe.find import packaged
from mxbuild.vendor import archive, itself
from tests.execute.test_vendored import manifest
from tests.machines import bookworm, python

ROOT = Path(mxbuild.__file__).parents[1]


def test_the_wheel_has_the_package_the_recipes_and_needs_what_the_checkout_needs() -> None:
    about, entry_points = itself.described()
    wheel = itself.packed(about, entry_points)
    assert itself.packed(about, entry_points) == wheel, "the same bytes each time"
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        needs = HeaderParser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist")
        assert archive.testzip() is None
    assert needs == toml.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert "mxbuild = mxbuild.cli:main" in entry_points
    assert {f"mxbuild/recipes/{path.name}" for path in packaged().glob("*.toml")} <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "mxbuild").rglob("*.py")} <= names
    assert not [name for name in names if "__pycache__" in name]
    pins = {line.partition("==")[0] for line in itself.constraints(about)}
    assert {"click", "msgspec", "cyclonedx-python-lib", "packageurl-python"} <= pins, "and what those need in turn"


def test_the_script_sets_nothing_up_on_another_machine(tmp_path: Path) -> None:
    """Neither a package nor a file of it: it would be another distribution's, or another processor's."""
    members = {"debs/Packages": b"", "mxbuild/a.whl": b""}
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in members.items())
    members["SHA256SUMS"] = sums.encode()
    archive.write(str(tmp_path / "file.tar"), manifest(members), dict(members), lambda *_: None)
    here = os.uname().machine
    for arch, said in (("mips", f"is for mips and this machine is {here}"), (here, "has packages of other-1 and this")):
        os_ = msgspec.structs.replace(bookworm().os, id="other", version="1", arch=Fact(arch, "uname -m"))
        text = itself.script(bookworm(os=os_), python("3.99.0"), "mxbuild debs")
        (tmp_path / "setup.sh").write_text(text)
        done = subprocess.run(
            ["sh", "setup.sh", "file.tar", "place"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, said in done.stderr) == (4, True), done.stderr
    assert sorted(os.listdir(tmp_path)) == ["file.tar", "setup.sh"]
    assert "@" not in text.replace("$@", "")
