"""What goes into a report: the machine, what was planned, recorded and said; each part bounded, all of it redacted."""

import os
import platform
import pwd
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.bugreport.excerpt import AROUND, LARGEST, excerpt
from mxbuild.detect.capture import capture
from mxbuild.doctor import findings, probe
from mxbuild.environments import installed
from mxbuild.errors import MxbuildError, UsageError
from mxbuild.execute import journal, runlog
from mxbuild.execute.receipt import system_name
from mxbuild.failures import diagnose
from mxbuild.locations import Locations
from mxbuild.model import Request
from mxbuild.pipeline import look, prepare
from mxbuild.plan import LEDGER
from mxbuild.redaction import Redactor
from mxbuild.system import System
from mxbuild.version import version

ALL = 6 << 20
"""Bytes of all members together."""
LOGS = 4
"""Logs of a build, the newest."""


@dataclass(frozen=True)
class Member:
    """A file, or a link, of the archive."""

    name: str
    data: bytes = b""
    what: str = ""
    """In a few words; "" where the directory says it."""
    link: str = ""
    """Where it leads, for a link."""
    program: bool = False


def redactor(environ: Mapping[str, str]) -> Redactor:
    """What knows this user's secrets and names."""
    try:
        user = pwd.getpwuid(os.getuid())
        name, home = user.pw_name, user.pw_dir
    except KeyError:
        name, home = environ.get("USER", ""), ""
    given = environ.get("HOME", "")
    homes = {home, given, *(os.path.realpath(h) for h in (home, given) if h)}
    return Redactor(environ, homes=homes, user=environ.get("USER") or name, host=socket.gethostname())


def collect(
    system: System,
    where: Locations,
    environ: Mapping[str, str],
    build: str | None,
    clean: Redactor,
    told: Callable[[str], None] = lambda what: None,
) -> tuple[Member, ...]:
    """All members, the list of them first.

    Args:
        build: the beginning of a build's name, its fingerprint or an environment's; None: the latest.
        told: called with what is looked at next.

    Raises:
        UsageError: there is no such build.
    """
    records = _records(where, build)
    parts: list[Member] = [Member("versions.json", _json(_versions()), "mxbuild, Python, its libraries")]
    told("the environments")
    parts += [Member("doctor.json", _json(_doctor(system, where, environ)), "what mxbuild doctor says")]
    if records:
        told(records.name)
        parts += _build(records, where)
        parts += [_plan(system, where, records)]
    parts += _apt(where)
    told("the machine")
    parts += _machine(system, where)
    kept, left_out = _bounded([_cleaned(part, clean) for part in parts])
    return (Member("CONTENTS.txt", _contents(kept, left_out).encode(), "this list"), *kept)


def _records(where: Locations, name: str | None) -> Path | None:
    """A build's records; None where there are none and none were named."""
    every = [p for p in Path(where.state, "builds").glob("*") if p.is_dir() and not p.name.startswith(".")]
    every.sort(key=_changed, reverse=True)
    if not name:
        return every[0] if every else None
    made = {f"{e.receipt.recipe}-{e.receipt.fingerprint}" for e in installed(where.prefix) if e.name.startswith(name)}
    fits = [p for p in every if p.name.startswith(name) or p.name.rpartition("-")[2].startswith(name) or p.name in made]
    if not fits:
        raise UsageError(f"no build {name} is recorded under {where.state}", details=[p.name for p in every[:8]])
    return fits[0]


def _changed(directory: Path) -> float:
    times = [0.0]
    for file in directory.iterdir():
        with suppress(OSError):
            times.append(file.stat().st_mtime)
    return max(times)


def _versions() -> dict[str, object]:
    versions: dict[str, str] = {}
    for requirement in metadata.requires("mxbuild") or () if _installed() else ():
        name = requirement.split(";")[0].split("[")[0].rstrip("<>=!~ .0123456789,")
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {
        "mxbuild": version(),
        "python": sys.version,
        "system": system_name(),
        "kernel": platform.release(),
        "libraries": versions,
    }


def _installed() -> bool:
    try:
        return bool(metadata.version("mxbuild"))
    except metadata.PackageNotFoundError:
        return False


def _doctor(system: System, where: Locations, environ: Mapping[str, str]) -> dict[str, object]:
    facts = probe(system, where, environ)
    return {"findings": findings(facts), "facts": facts}


def _build(records: Path, where: Locations) -> Iterator[Member]:
    place = f"builds/{records.name}"
    for name, what in (
        (journal.NAME, "steps that were finished"),
        (runlog.NAME, "what happened when"),
        (LEDGER, "every compile"),
        ("receipt.json", "what was asked against what was got"),
    ):
        if data := excerpt(records / name):
            yield Member(f"{place}/{name}", data, what)
    for one in installed(where.prefix):
        if f"{one.receipt.recipe}-{one.receipt.fingerprint}" == records.name:
            yield Member(f"{place}/{one.name}.json", _json(one.receipt), "the receipt of an environment")
    logs = sorted(records.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    for number, log in enumerate(logs[:LOGS]):
        yield Member(f"{place}/{log.name}", excerpt(log), "its last log" if number == 0 else "a log")
        with suppress(OSError), log.open("rb") as stream:
            seen = diagnose(stream)
            if seen.first or number == 0:
                yield Member(
                    f"{place}/{log.name}.json", _json(seen), f"the first error of {log.name}, and what is known"
                )


def _plan(system: System, where: Locations, records: Path) -> Member:
    """What would be done now, by default; the options of that run are in its record of runs."""
    recipe = records.name.rpartition("-")[0]
    try:
        data = _json(prepare(look(system, Request(recipe=recipe), where), where))
    except (MxbuildError, OSError) as error:
        data = _json({"error": str(error), "details": getattr(error, "details", ())})
    return Member("plan.json", data, f"what `mxbuild plan {recipe}` says today")


def _apt(where: Locations) -> Iterator[Member]:
    logs = sorted(Path(where.state, "apt").glob("*.log"))
    if logs:
        yield Member(f"apt/{logs[-1].name}", excerpt(logs[-1]), "apt-get's last log")


def _machine(system: System, where: Locations) -> Iterator[Member]:
    with durable.scratch("report") as temporary:
        root = Path(temporary, "machine")
        try:
            capture(system, root, (where.cache,))
        except OSError as error:
            yield Member("machine.txt", f"it cannot be captured: {error}\n".encode(), "why the machine is not here")
            return
        first = True
        for path in sorted(root.rglob("*")):
            name = f"machine/{path.relative_to(root)}"
            if path.is_symlink():
                yield Member(name, link=os.readlink(path))
            elif path.is_file():
                what = "the machine, as mxbuild detect --capture writes it" if first else ""
                first = False
                yield Member(name, path.read_bytes()[:LARGEST], what, program=os.access(path, os.X_OK))


def _cleaned(member: Member, clean: Redactor) -> Member:
    text = member.data.decode("utf-8", "backslashreplace")
    return replace(
        member, name=clean(member.name), data=clean(text).encode("utf-8", "backslashreplace"), link=clean(member.link)
    )


def _bounded(members: Sequence[Member]) -> tuple[list[Member], list[Member]]:
    """Those that fit, and those that do not."""
    kept, left_out, total = list[Member](), list[Member](), 0
    for member in members:
        size = len(member.data)
        (kept if size <= LARGEST + 4 * AROUND and total + size <= ALL else left_out).append(member)
        total += size if kept and kept[-1] is member else 0
    return kept, left_out


def _contents(kept: Sequence[Member], left_out: Sequence[Member]) -> str:
    lines = [f"mxbuild {version()}: what is in this archive. Passwords, tokens and names were taken out.", ""]
    width = max((len(m.name) for m in kept if m.what), default=0)
    lines += [f"{m.name:<{width}}  {m.what}" for m in kept if m.what]
    lines += ["", *(f"left out, too large: {m.name}" for m in left_out)] if left_out else []
    return "\n".join(lines) + "\n"


def _json(data: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"
