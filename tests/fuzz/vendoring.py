"""A vendored file that somebody else made, and what apt-get and dpkg-deb say while one is gathered."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from mxbuild.errors import AptError, SourceError
from mxbuild.execute import vendored
from mxbuild.model import Manifest, UnpackVendored, Wish
from mxbuild.vendor import archive, packages
from tests.fuzz.building import told
from tests.fuzz.detection import SCRATCH, written
from tests.fuzz.target import Anything, Target

FILES: dict[str, Path | bytes] = {"wheels/a-1-py3-none-any.whl": b"wheel", "git/example.org/a/b/c.pack": b"PACK" * 9}
MANIFEST = Manifest(
    mxbuild="0.1", recipe="mini", wish=Wish(flags={"USE_X": "1"}, pins={"numpy": "1.26.4"}), system="debian-12",
    arch="x86_64", python="3.11", apt=True, packages={"a": "1:1.0"}, lock=("0" * 64,), members=archive.measured(FILES),
)  # fmt: skip


def _file() -> bytes:
    archive.write(str(SCRATCH / "seed.tar"), MANIFEST, FILES, lambda *_: None)
    return (SCRATCH / "seed.tar").read_bytes()[:5120]


def _unpack(data: bytes) -> object:
    """Taken apart, it writes what its manifest says, into its directory; nothing else."""
    file, directory = str(written(data, "file.tar")), f"{SCRATCH}/unpacked/one"
    shutil.rmtree(os.path.dirname(directory), ignore_errors=True)
    try:
        found = vendored.look(file)
        vendored.unpack(UnpackVendored(file=file, sha256=found.sha256, size=0, directory=directory))
    finally:
        assert set(os.listdir(SCRATCH / "unpacked")) <= {"one"} if (SCRATCH / "unpacked").exists() else True
    for name, member in found.manifest.members.items():
        assert hashlib.sha256(Path(directory, name).read_bytes()).hexdigest() == member.sha256
    return found


def _damage(data: bytes) -> object:
    place = written(data, "whole/manifest.json").parent
    step = UnpackVendored(file="", sha256=hashlib.sha256(data).hexdigest(), size=0, directory=str(place))
    return vendored.damage(step, Anything())


def _gathered(data: bytes) -> object:
    context: Any = Anything(environ={})
    written(b"", "work/apt/cache/archives/a_1.0_all.deb")
    return told(packages, lambda: packages.gather(["a"], f"{SCRATCH}/work", context), data)


CONTROL = b"""Package: a
Version: 1.0
Architecture: all
'http://example.org/a_1.0_all.deb' a_1.0_all.deb 0 SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
Get:1 http://example.org a/main a 1.0
"""

TARGETS = (
    Target("a vendored file", _unpack, (_file(),), (SourceError,)),
    Target("what was unpacked of one", _damage, (msgspec.json.encode(MANIFEST),)),
    Target("packages to download", _gathered, (CONTROL, CONTROL.replace(b" a_1.0_", b" a_" + b"1" * 300)), (AptError,)),
)
