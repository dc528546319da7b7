"""What is looked at, and what is found: data only."""

from typing import Literal

from mxbuild.model.base import Struct


class Absent(Struct, kw_only=True, frozen=True):
    """A library that the loader does not find."""

    name: str
    wanted_by: str
    """File whose NEEDED has it."""
    package: str
    """Debian package that has it, by its name; "" for no guess."""


class Changed(Struct, kw_only=True, frozen=True):
    """A Debian package that is another now than when the library was built."""

    name: str
    then: str
    now: str
    """ "" where it is not installed."""


class Environment(Struct, kw_only=True, frozen=True):
    """An installed environment, as it is today."""

    name: str
    path: str
    current: bool
    recipe: str
    release: str
    cuda: str
    """Toolkit that it was built with, "13.0.88"; "" for the CPU."""
    python: str
    """Version that it was made with."""
    interpreter: str
    """File that its bin/python leads to."""
    runs: bool
    """Whether that is a program."""
    lib: str
    """Python version of its lib directory: "3.11"."""
    library: str
    """Path of libmxnet.so; "" where it is gone."""
    unreadable: str = ""
    """Why the library cannot be taken apart."""
    found: int = 0
    """Libraries that the loader finds."""
    absent: tuple[Absent, ...] = ()
    altered: tuple[str, ...] = ()
    """Files that are not as they were installed, in words."""
    lacking: tuple[str, ...] = ()
    """What it needs of a processor and this one lacks."""
    wheel: bool = True
    """Whether its wheel is still there."""
    changed: tuple[Changed, ...] = ()
    driver: bool = False
    """Whether there was a driver when it was verified."""


class BuildState(Struct, kw_only=True, frozen=True):
    """A build that runs, or did not come to its end."""

    name: str
    recipe: str
    running: bool
    """Its lock is held."""
    holder: str = ""
    """What the lock says of who holds it."""
    alive: bool = True
    """Whether that process is there."""
    orphans: tuple[int, ...] = ()
    """Processes that hold the lock in its place."""
    step: str = ""
    """Title of the step that failed; "" where it was stopped."""
    message: str = ""
    log: str = ""


class Place(Struct, kw_only=True, frozen=True):
    """A directory of ours."""

    what: str
    path: str
    bytes: int
    whole: bool
    """Whether all of it was counted in the time that there is."""


class Directory(Struct, kw_only=True, frozen=True):
    """Where installs, caches or records lie, or would."""

    what: str
    path: str
    writable: bool
    owner: str
    """Name of the user whose it is."""
    free: int | None
    """Bytes; None where that is not known."""


class Driver(Struct, kw_only=True, frozen=True):
    """NVIDIA's, as the kernel and the loader show it."""

    loaded: str
    """Version of the kernel's module; "" for none."""
    library: str
    """Version of libcuda.so.1; "" for none, or one that does not say."""
    nodes: bool
    """Whether its device files are here."""


class Facts(Struct, kw_only=True, frozen=True):
    """All that was looked at; nothing is judged."""

    mxbuild: str
    python: str
    """Version of the Python that mxbuild runs on."""
    executable: str
    system: str
    cpus: int
    memory: int
    available: int
    driver: Driver
    directories: tuple[Directory, ...]
    environments: tuple[Environment, ...]
    unfinished: tuple[str, ...]
    """Paths under envs/ that have no receipt."""
    dangling: str
    """Where `current` leads, when there is nothing."""
    builds: tuple[BuildState, ...]
    places: tuple[Place, ...]


class Finding(Struct, kw_only=True, frozen=True):
    """Something to know, or to do."""

    level: Literal["ill", "note"]
    """ill: something does not work as it is."""
    about: str
    """The environment, build or directory; "" for the machine."""
    text: str
    remedy: str
    """A sentence; "" where the commands say it."""
    commands: tuple[str, ...] = ()
