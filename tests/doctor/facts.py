"""Facts made by hand: a machine on which all is well, to be changed at one place."""

from typing import Any

import msgspec

from mxbuild.doctor.model import Absent, BuildState, Changed, Directory, Driver, Environment, Facts, Place

HOME = "/home/user"
PREFIX, CACHE, STATE = f"{HOME}/.local/share/mxbuild", f"{HOME}/.cache/mxbuild", f"{HOME}/.local/state/mxbuild"
NAME = "mxnet-0.12.1-cpu-py3.11-34f5815f"
ENVIRONMENT = Environment(
    name=NAME,
    path=f"{PREFIX}/envs/{NAME}",
    current=True,
    recipe="mxnet-0.12.1",
    release="0.12.1",
    cuda="",
    python="3.11.2",
    interpreter="/usr/bin/python3.11",
    runs=True,
    lib="3.11",
    library=f"{PREFIX}/envs/{NAME}/lib/python3.11/site-packages/mxnet/libmxnet.so",
    found=141,
)
GPU = msgspec.structs.replace(
    ENVIRONMENT, name="mxnet-0.12.1-gpu-py3.11-9f8e7d6c", current=False, cuda="13.0.88", driver=True
)
FACTS = Facts(
    mxbuild="1.2.3",
    python="3.11.2",
    executable="/usr/bin/python3",
    system="Debian GNU/Linux 12 (bookworm), x86_64",
    cpus=8,
    memory=32 << 30,
    available=20 << 30,
    driver=Driver(loaded="580.65.06", library="580.65.06", nodes=True),
    directories=tuple(
        Directory(what=what, path=path, writable=True, owner="user", free=80_000_000_000)
        for what, path in (("installs", PREFIX), ("caches", CACHE), ("records", STATE))
    ),
    environments=(ENVIRONMENT, GPU),
    unfinished=(),
    dangling="",
    builds=(),
    places=(
        Place(what="environments", path=f"{PREFIX}/envs", bytes=300_000_000, whole=True),
        Place(what="trees", path=f"{CACHE}/trees", bytes=2_000_000_000, whole=False),
    ),
)


def changed(**more: Any) -> Facts:
    """FACTS with something else."""
    return msgspec.structs.replace(FACTS, **more)


def environment(base: Environment = ENVIRONMENT, **more: Any) -> Facts:
    """FACTS with that environment alone."""
    return changed(environments=(msgspec.structs.replace(base, **more),))


NOTHING = changed(environments=(), places=(), driver=Driver(loaded="", library="", nodes=False))
ILL = changed(
    environments=(
        msgspec.structs.replace(
            ENVIRONMENT,
            absent=(Absent(name="libopencv_core.so.406", wanted_by=ENVIRONMENT.library, package="libopencv-core406"),),
            changed=(Changed(name="libopenblas0", then="0.3.21", now="0.3.26"),),
        ),
        GPU,
    ),
    builds=(
        BuildState(
            name="mxnet-1.0.0-292517010f7f5dea", recipe="mxnet-1.0.0", running=False,
            step="Compile lib/libmxnet.so with 8 jobs", message="src/io/image_io.cc:41: opencv2/opencv.hpp: no",
            log=f"{STATE}/builds/mxnet-1.0.0-292517010f7f5dea/make.log",
        ),
        BuildState(name="mxnet-1.6.0-44201dbd10d83334", recipe="mxnet-1.6.0", running=False),
    ),
    unfinished=(f"{PREFIX}/envs/mxnet-1.6.0-cpu-py3.13-638f2588",),
    driver=Driver(loaded="550.54.14", library="580.65.06", nodes=True),
)  # fmt: skip
