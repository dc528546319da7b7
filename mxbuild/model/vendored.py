"""A vendored file: everything that one install takes from the network, and for which machine it was gathered."""

from typing import Annotated, Literal

import msgspec

from mxbuild.model.base import Struct

FORMAT = 1
"""Of the file: another number where an older mxbuild could not install from it."""
MANIFEST = "manifest.json"
PACKS, DEBS, WHEELS, ITSELF = "git", "debs", "wheels", "mxbuild"
"""Directories in it."""

# Each of these comes out of a file that anybody can have written.
Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}\Z")]
Value = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._,/+-]{0,99}\Z")]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Commit = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}\Z")]
MemberName = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+~-]*(/[A-Za-z0-9_][A-Za-z0-9._+~-]*){0,7}\Z")
]
"""No part begins with a dot, none is empty."""
Version = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.+~:-]{1,99}\Z")]
Size = Annotated[int, msgspec.Meta(ge=0, lt=8 << 30)]
"""A plain tar has no room for more digits."""


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file in the vendored one."""

    size: Size
    sha256: Sha256


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was asked for when it was gathered: the part of a request that shapes the build."""

    device: Literal["cpu", "gpu", "auto"] = "auto"
    wanted: dict[Word, bool] = {}
    flags: dict[Word, Value] = {}
    pins: dict[Word, Word] = {}
    cuda_from: Literal["auto", "apt", "wheels", "system"] = "auto"
    cuda_arch: Value | None = None
    target: Word | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The vendored file's first member. It names every other one, so its own hash stands for all of it."""

    format: int = FORMAT
    mxbuild: Word
    """Version that made it."""
    recipe: Word
    """Name under which it is looked for: mini, mxnet-0.12.1."""
    wish: Wish
    system: Word
    """Distribution and release as /etc/os-release has them: debian-12."""
    arch: Word
    python: Word
    """Minor version of the environment's interpreter, 3.11."""
    apt: bool
    """Whether it has the Debian packages."""
    packages: dict[Word, Version] = {}
    """Debian package -> its version, all that a bare machine lacks."""
    lock: tuple[Sha256, ...] = ()
    """SHA-256 of every wheel in it that a lock pins."""
    members: dict[MemberName, Member]


class Vendored(Struct, frozen=True, kw_only=True):
    """The file that a request installs from."""

    file: str
    sha256: str
    """Of its manifest."""
    size: int
    """Bytes of all its members."""
