"""Looking, in a second or two: no command runs but ldconfig, and nothing is changed."""

import functools
import os
import platform
import pwd
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from mxbuild.detect import cpu, dpkg, memory
from mxbuild.detect import driver as drivers
from mxbuild.doctor.builds import builds
from mxbuild.doctor.model import Absent, Changed, Directory, Driver, Environment, Facts
from mxbuild.doctor.places import listed, places
from mxbuild.environments import CURRENT, ENVIRONMENTS, installed
from mxbuild.execute import contents, device, elf, evidence, loader
from mxbuild.execute.receipt import system_name
from mxbuild.execute.wheel import LIBRARY
from mxbuild.locations import Locations
from mxbuild.model import Cpu, Installed
from mxbuild.resolve.target import lacking
from mxbuild.system import System
from mxbuild.version import version

MOST = 20
"""Altered files of an environment that are told."""
LIBCUDA = "libcuda.so.1"
CUDA = re.compile(r"^CUDA ([\d.]+)")


def probe(system: System, where: Locations, environ: Mapping[str, str]) -> Facts:
    """Everything that the findings are drawn from."""
    here = installed(where.prefix)
    cache = loader.cache(environ)
    read = functools.cache(elf.dynamic)  # environments share nearly all of their libraries
    mem = memory.look(system, [])
    packages = dpkg.installed(system, [])
    processor = cpu.look(system, platform.machine(), [])
    state = {one.path: one for one in here}
    current = f"{where.prefix}/{CURRENT}"
    dangling = os.path.islink(current) and not os.path.exists(current)
    return Facts(
        mxbuild=version(),
        python=platform.python_version(),
        executable=sys.executable,
        system=system_name(),
        cpus=processor.affinity.value,
        memory=mem.total.value,
        available=min(mem.available.value, mem.limit.value) if mem.limit else mem.available.value,
        driver=_driver(system, cache),
        directories=tuple(_directory(system, *row) for row in _roots(where)),
        environments=tuple(_environment(one, cache, read, packages, processor) for one in here),
        unfinished=tuple(path for path in listed(f"{where.prefix}/{ENVIRONMENTS}") if path not in state),
        dangling=os.path.realpath(current) if dangling else "",
        builds=tuple(builds(where, state)),
        places=tuple(places(where)),
    )


def _roots(where: Locations) -> tuple[tuple[str, str], ...]:
    return (("installs", where.prefix), ("caches", where.cache), ("records", where.state))


def _directory(system: System, what: str, path: str) -> Directory:
    there = path
    while not os.path.exists(there) and there != "/":
        there = os.path.dirname(there)
    owner = str(os.stat(there).st_uid)
    with suppress(KeyError):
        owner = pwd.getpwuid(int(owner)).pw_name
    usage = system.disk(there)
    return Directory(
        what=what,
        path=path,
        writable=os.access(there, os.W_OK | os.X_OK),
        owner=owner,
        free=usage[0] if usage else None,
    )


def _driver(system: System, cache: Mapping[str, tuple[str, ...]]) -> Driver:
    """The library's version is the end of its file's name: libcuda.so.550.54.14."""
    files = [os.path.basename(os.path.realpath(path)) for path in cache.get(LIBCUDA, ())]
    names = [name.removeprefix("libcuda.so.") for name in files if name != LIBCUDA]
    return Driver(
        loaded=drivers.version(system)[0],
        library=next((n for n in names if re.fullmatch(r"[\d.]+", n) and "." in n), ""),
        nodes=bool(drivers.node(system)),
    )


def _environment(
    one: Installed,
    cache: Mapping[str, tuple[str, ...]],
    read: Callable[[str], elf.Dynamic],
    packages: Mapping[str, str],
    processor: Cpu,
) -> Environment:
    proof, python = one.receipt, f"{one.path}/bin/python"
    check = proof.verification
    library = evidence.locate(one.path, check.package if check else "mxnet", LIBRARY)
    unreadable, found, absent = "", 0, tuple[Absent, ...]()
    if library:
        try:
            seen = loader.resolve(library, cache, read)
        except (OSError, ValueError) as error:
            unreadable = str(error)
        else:
            excused = device.absent(check.device if check else None)
            found = len(seen.found)
            absent = tuple(
                Absent(name=m.name, wanted_by=m.wanted_by, package=m.package)
                for m in seen.missing
                if m.name not in excused
            )
    wrong = contents.differences(one.path, proof.python_packages, hashed=False)
    altered = [difference.text for difference in islice(wrong, MOST)]
    if library and not unreadable and proof.library_sha256 and os.stat(library).st_mtime > proof.finished:
        altered += [f"{library}: its SHA-256"] if not evidence.packed(library, proof.library_sha256).ok else []
    cuda = CUDA.match(proof.cuda)
    return Environment(
        name=one.name,
        path=one.path,
        current=one.current,
        recipe=proof.recipe,
        release=proof.release,
        cuda=cuda[1] if cuda else "",
        python=proof.python.rpartition(" ")[2],
        interpreter=os.path.realpath(python) if os.path.lexists(python) else "",
        runs=os.access(python, os.X_OK) and os.path.isfile(python),
        lib=next((p.name.removeprefix("python") for p in Path(one.path).glob("lib/python3.*")), ""),
        library=library,
        unreadable=unreadable,
        found=found,
        absent=absent,
        altered=tuple(altered),
        lacking=lacking(proof.cpu_features, processor),
        wheel=os.path.isfile(proof.wheel),
        changed=tuple(
            Changed(name=name, then=then, now=packages.get(name, ""))
            for name, then in sorted(proof.packages.items())
            if then and packages.get(name, "") != then
        ),
        driver=bool(check and check.device and check.device.driver),
    )
