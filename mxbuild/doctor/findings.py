"""What follows from the facts. Pure: each rule is tested with facts made by hand."""

import re
import shlex
from collections.abc import Iterator, Sequence

from mxbuild.doctor.model import BuildState, Directory, Driver, Environment, Facts, Finding
from mxbuild.model import Driver as DriverFact
from mxbuild.resolve import driver as drivers
from mxbuild.resolve.cuda_releases import row

LITTLE = 1 << 28
"""Bytes with which nothing can be installed."""
TIGHT = 5 << 30
"""Bytes that a build of MXNet, its tree and wheel, may take."""
FEW = 3
MINOR = re.compile(r"python(\d+\.\d+)$")


def findings(facts: Facts) -> tuple[Finding, ...]:
    """What is ill first, then what is worth knowing."""
    every = [
        *(f for d in facts.directories for f in _directory(d)),
        *_disks(facts),
        *_driver(facts),
        *(f for one in facts.environments for f in _environment(one, facts.driver)),
        *_current(facts),
        *(f for build in facts.builds for f in _build(build)),
        *_stopped([build for build in facts.builds if not build.running and not build.step]),
        *_leftovers(facts),
    ]
    return tuple(sorted(every, key=lambda f: f.level != "ill"))


def _ill(about: str, text: str, remedy: str, *commands: str) -> Finding:
    return Finding(level="ill", about=about, text=text, remedy=remedy, commands=commands)


def _note(about: str, text: str, remedy: str, *commands: str) -> Finding:
    return Finding(level="note", about=about, text=text, remedy=remedy, commands=commands)


def _directory(one: Directory) -> Iterator[Finding]:
    if not one.writable:
        path = shlex.quote(one.path)
        text = f"{one.path} belongs to {one.owner} and cannot be written"
        yield _ill(one.what, text, "take it back, or name another place", f'sudo chown -R "$USER" {path}')


def _disks(facts: Facts) -> Iterator[Finding]:
    """One for each amount: several directories mostly share a disk."""
    seen = set[int]()
    for one in facts.directories:
        if one.free is None or one.free in seen or one.free >= TIGHT:
            continue
        seen.add(one.free)
        about = f"{one.free / 1e9:.1f} GB are free where {one.path} lies"
        if one.free < LITTLE:
            yield _ill(one.what, about, "make room; what nothing needs any more can go", "mxbuild gc", "df -h")
        else:
            yield _note(one.what, f"{about}; a build takes up to 5", "make room first", "mxbuild gc")


def _driver(facts: Facts) -> Iterator[Finding]:
    loaded, library = facts.driver.loaded, facts.driver.library
    if loaded and library and loaded != library:
        text = f"the driver in the kernel is {loaded}, its library {library}: an upgrade is half done"
        yield _ill("driver", text, "start the machine anew, so that both are one", "sudo reboot")


def _environment(one: Environment, driver: Driver) -> Iterator[Finding]:
    again = ("mxbuild uninstall " + one.name, f"mxbuild install {one.recipe}")
    if not one.runs:
        text = f"its Python ({one.interpreter or one.python}) is gone"
        yield _ill(one.name, text, "install that Python again, or this environment with another one", *again)
    elif (version := MINOR.search(one.interpreter)) and one.lib and version[1] != one.lib:
        text = f"its Python is {version[1]} now; its packages are for {one.lib}"
        yield _ill(one.name, text, "install it again", *again)
    if not one.library:
        yield _ill(one.name, "its libmxnet.so is gone", "put it back out of its wheel", *_repair(one))
    elif one.unreadable:
        yield _ill(one.name, f"its library cannot be read: {one.unreadable}", "put it back", *_repair(one))
    if one.absent:
        yield _libraries(one)
    if one.altered:
        more = f" and {len(one.altered) - FEW} more" if len(one.altered) > FEW else ""
        text = "not as it was installed: " + "; ".join(one.altered[:FEW]) + more
        yield _ill(one.name, text, "put it back out of its wheel and from its package index", *_repair(one))
    if one.lacking:
        text = f"it was compiled for a processor with {', '.join(one.lacking)}, which this one lacks"
        yield _ill(one.name, text, "build it here", *again)
    yield from _for_gpus(one, driver)
    if not one.wheel and one.library:
        yield _note(one.name, "its wheel is gone: nothing can be put back out of it", "", *again)
    moved = [c for c in one.changed if c.now]
    if moved and not one.absent:
        text = ", ".join(f"{c.name} is {c.now} now, was {c.then}" for c in moved[:FEW])
        more = f" and {len(moved) - FEW} more" if len(moved) > FEW else ""
        text = f"upgraded since it was built: {text}{more}"
        yield _note(one.name, text, "see whether it still computes", f"mxbuild verify {one.name}")


def _libraries(one: Environment) -> Finding:
    names = [f"{a.name}, which {a.wanted_by.rpartition('/')[2]} needs" for a in one.absent]
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    packages = sorted({a.package for a in one.absent if a.package and " " not in a.package})
    install = (f"sudo apt-get install -y {' '.join(packages)}",) if packages else ()
    return _ill(
        one.name,
        "the loader does not find " + "; ".join(names[:FEW]) + more,
        "install them; where the distribution has others now, build it again",
        *install,
        f"mxbuild install {one.recipe}",
    )


def _for_gpus(one: Environment, driver: Driver) -> Iterator[Finding]:
    if not one.cuda:
        return
    if not driver.loaded:
        if one.driver:
            yield _ill(one.name, "the driver with which it was verified is gone", "install it again", "nvidia-smi")
        return
    release, _ = row(one.cuda)
    fact = DriverFact(version=driver.loaded, cuda="", usable=driver.nodes, source="")
    if release and not (said := drivers.runs(fact, one.cuda, release)).ok:
        yield _ill(one.name, said.why, "update the driver, or build with an older CUDA", "mxbuild check --gpu")


def _current(facts: Facts) -> Iterator[Finding]:
    if facts.dangling:
        remedy = "make another one the current"
        yield _ill("current", f"the current environment is gone: {facts.dangling}", remedy, "mxbuild rollback")


def _build(build: BuildState) -> Iterator[Finding]:
    if build.running and not build.alive:
        pids = " ".join(map(str, build.orphans))
        text = (
            f"its lock is held, and mxbuild is gone ({build.holder or 'it says not who'}): what it started still runs"
        )
        remedy = "wait for its end, or end it"
        yield _ill(build.name, text, remedy, *([f"kill {pids}"] if pids else [f"fuser -v {build.log or build.name}"]))
    elif build.running:
        yield _note(build.name, f"is being built now ({build.holder})", "")
    elif build.step:
        log = (f"mxbuild explain-log {shlex.quote(build.log)}",) if build.log else ()
        text = f'failed at "{build.step}": {build.message}'
        yield _note(
            build.name, text, "see why; the same command goes on there", *log, f"mxbuild install {build.recipe}"
        )


def _stopped(builds: Sequence[BuildState]) -> Iterator[Finding]:
    """One for all of them: the same is to be said of each."""
    if builds:
        names = ", ".join(build.name for build in builds[:FEW])
        more = f" and {len(builds) - FEW} more" if len(builds) > FEW else ""
        again = dict.fromkeys(f"mxbuild install {build.recipe}" for build in builds[:FEW])
        text = f"stopped on the way: {names}{more}"
        yield _note("builds", text, "the same command goes on there, or let them go", *again, "mxbuild gc --all")


def _leftovers(facts: Facts) -> Iterator[Finding]:
    if facts.unfinished and not any(b.running for b in facts.builds):
        names = ", ".join(path.rpartition("/")[2] for path in facts.unfinished[:FEW])
        more = f" and {len(facts.unfinished) - FEW} more" if len(facts.unfinished) > FEW else ""
        yield _note("environments", f"never finished: {names}{more}", "", "mxbuild gc")


def _repair(one: Environment) -> tuple[str, ...]:
    if one.wheel:
        return (f"mxbuild verify --repair {one.name}",)
    return (f"mxbuild uninstall {one.name}", f"mxbuild install {one.recipe}")
