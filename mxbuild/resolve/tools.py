"""What has to be on the machine besides compiler and libraries: tools and room."""

from mxbuild.model import Bundle, Host
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import packages
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.places import UNFIT

UNPACKED = 4
"""Times its download that a toolkit takes: the wheels, and what is unpacked of them (1.2 GB and 2.5 GB)."""


def check_tools(recipe: Recipe, machine: Host, complaints: Complaints) -> None:
    """Complain about make, git and pkg-config where they are missing or out of range."""
    for name, wanted in (("make", recipe.toolchain.make), ("git", recipe.toolchain.git), ("pkg-config", "")):
        tool = machine.tools.get(name)
        if tool is None:
            package = {"make": "build-essential"}.get(name, name)
            sudo = "" if machine.apt.right == "root" else "sudo "
            complaints.add(f"no {name} on PATH", f"{sudo}{packages.INSTALL} {package}")
        elif wanted and tool.version and not (matched := version_matches(name, tool.version, wanted)).ok:
            complaints.add(matched.why, f"install a {name} in {wanted} and put it first on PATH")


def check_disk(recipe: Recipe, host: Host, complaints: Complaints, bundle: Bundle | None = None) -> None:
    """Complain where source, build and a toolkit do not fit on the disk, or make could not work in the directory."""
    need = (recipe.make.disk << 20) + (bundle.size * UNPACKED if bundle else 0)
    for disk in host.disks:
        if found := UNFIT.search(disk.path):
            text = f"make cannot work in {disk.path}: it cannot have {found[0]!r} in a path"
            complaints.add(text, "set MXBUILD_CACHE_DIR to a directory without it")
        if disk.free < need:
            complaints.add(
                f"{disk.path} has {disk.free / 2**20:.0f} MiB free; source and build take {recipe.make.disk} MiB"
                + (f", CUDA {bundle.version} {bundle.size * UNPACKED >> 20} MiB" if bundle else ""),
                "free some room, or set MXBUILD_CACHE_DIR to a larger disk",
            )
