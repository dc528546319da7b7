"""mxbuild itself as a wheel: all that is here is in it, and all that it imports comes along."""

import io
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import mxbuild
from mxbuild import toml
from mxbuild.recipe.find import packaged
from mxbuild.vendor import itself

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
