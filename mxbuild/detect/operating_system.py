"""The distribution, its kernel, its C library, and the name of Debian's library directory."""

import os

from mxbuild.detect import parse
from mxbuild.detect.programs import Ask, said
from mxbuild.model import Fact, Note, Os
from mxbuild.system import System

RELEASE = ("/etc/os-release", "/usr/lib/os-release")
KERNEL = "/proc/sys/kernel/osrelease"

TRIPLETS = {"i686": "i386-linux-gnu", "armv7l": "arm-linux-gnueabihf", "ppc64le": "powerpc64le-linux-gnu"}
"""Machine -> multiarch name, where it is not just MACHINE-linux-gnu (dpkg's tupletable)."""


def look(system: System, ask: Ask, notes: list[Note]) -> Os:
    """What os-release, the kernel, `uname -m` and `getconf` say."""
    uname, getconf = ask([["uname", "-m"], ["getconf", "GNU_LIBC_VERSION"]])
    arch = next(iter(said(uname).split()), "")
    if not arch:
        notes.append(Note("os", "`uname -m` gave no answer"))
    libc = parse.version(said(getconf), r"^glibc ")
    names, source = _names(system, notes)
    return Os(
        id=names.get("id", "").lower() or "linux",
        version=names.get("version_id", ""),
        codename=names.get("codename", ""),
        like=tuple(names.get("id_like", "").lower().split()),
        pretty=names.get("pretty_name") or names.get("name") or "Linux",
        source=source,
        arch=Fact(arch, "uname -m"),
        triplet=TRIPLETS.get(arch, f"{arch or 'unknown'}-linux-gnu"),
        kernel=Fact((system.read(KERNEL) or "").strip(), KERNEL),
        libc=Fact(libc, "getconf GNU_LIBC_VERSION") if libc else None,
    )


def _names(system: System, notes: list[Note]) -> tuple[dict[str, str], str]:
    """os-release's fields in lower case, and the file that has them."""
    text, source = next(((t, p) for p in RELEASE if (t := system.read(p)) is not None), ("", ""))
    if not source:
        notes.append(Note("os", f"no {RELEASE[0]}"))
        return {}, ""
    import distro

    file = os.path.join(system.root, system.realpath(source).lstrip("/"))
    try:
        return distro.LinuxDistribution(os_release_file=file, root_dir=system.root).os_release_info(), source
    except (OSError, ValueError) as error:  # ValueError: an open quote, or not UTF-8
        notes.append(Note("os", f"{source} is malformed ({error}); read line by line"))
    return {key.lower(): value.strip("\"'") for key, value in parse.fields(text, "=").items()}, source
