"""Installing Debian packages: non-interactive in every way, patient with locks, never killed half way.

`DPkg::Lock::Timeout` covers dpkg's lock in `install`, but not the lists' lock in `update` (apt-pkg/acquire.cc has no
wait loop), so `update` is tried again here.
"""

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.errors import AptError
from mxbuild.execute.context import Context
from mxbuild.failures import book
from mxbuild.foreign import decoded
from mxbuild.model import InstallPackages, JournalEntry, Message, Outcome, Progress
from mxbuild.process import output, run_logged

ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBCONF_NONINTERACTIVE_SEEN": "true",
    "NEEDRESTART_MODE": "a",
    "NEEDRESTART_SUSPEND": "1",
    "UCF_FORCE_CONFFOLD": "1",
    "APT_LISTCHANGES_FRONTEND": "none",
    "LC_ALL": "C.UTF-8",
}
"""Given through `env`, since sudo strips the environment."""

PATIENCE = 600
"""Seconds that apt-get waits for dpkg's lock."""

OPTIONS = (
    "-y",
    "-q",
    "-o", f"DPkg::Lock::Timeout={PATIENCE}",
    "-o", "Acquire::Retries=5",
    "-o", "Dpkg::Options::=--force-confdef",
    "-o", "Dpkg::Options::=--force-confold",
    "-o", "Dpkg::Use-Pty=0",
)  # fmt: skip

INDEX = "Packages"
"""Beside packages in a directory: what apt-get has to know of each."""
UPDATE_TRIES = 5
WAITING = re.compile(r"Waiting for cache lock: Could not get lock .* It is held by (.+?)\.*$")
"""What apt-get says every second; the process and its name. Its error at the end names nobody."""
COMPLAINING = ("E:", "dpkg: error", "Err:", "sudo:")
COUNT = re.compile(r"\b([0-9]{1,9}) newly installed")
DONE = re.compile(r"^(?:Unpacking|Setting up) (\S+)")


def commands(step: InstallPackages) -> list[list[str]]:
    """The command lines, in order: dpkg's own repair where it is due, update, install."""
    prefix = ["sudo", "-n"] if step.right == "sudo" else []
    prefix += ["env", *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
    lines = [[*prefix, "dpkg", "--configure", "-a"]] if step.unconfigured else []
    if not step.archive:
        lines.append([*prefix, "apt-get", *OPTIONS, "update"])
    options = [*OPTIONS, *(only(step.archive) if step.archive else ())]
    lines.append([*prefix, "apt-get", *options, "install", "--no-install-recommends", *step.packages])
    return lines


def only(directory: str) -> list[str]:
    """Options that let apt-get know of the packages in a directory, and of no others.

    Its index is taken as it is, and so is what it names: the machine's lists, sources and caches stay as they are.
    """
    nothing = ("Dir::Etc::SourceList=/dev/null", "Dir::Etc::SourceParts=/dev/null", "Dir::Cache::pkgcache=",
               "Dir::Cache::srcpkgcache=", "APT::Sandbox::User=root")  # fmt: skip
    return ["--with-source", f"{directory}/{INDEX}", *(word for value in nothing for word in ("-o", value))]


def run(step: InstallPackages, context: Context) -> Outcome:
    """Update the lists and install what is missing.

    Raises:
        AptError: apt-get failed; the log's last complaint is in the details.
    """
    started = time.monotonic()
    os.makedirs(f"{context.paths.state}/apt", exist_ok=True)
    log = f"{context.paths.state}/apt/{int(time.time())}.log"
    before = installed(context)
    for command in commands(step):
        _run(step, context, command, log)
    now = installed(context)
    absent = [name for name in step.packages if name not in now]
    if absent:
        raise AptError(f"apt-get ended well, but {', '.join(absent)} is not installed", details=[f"log: {log}"])
    new = sorted(set(now) - set(before))
    durable.write(f"{log}.json", msgspec.json.encode(new))
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(new)} package{'s' * (len(new) != 1)} installed",
        evidence={"new": new, "versions": {name: now[name] for name in step.packages}, "log": log},
    )


def newly_installed(state: str) -> tuple[str, ...]:
    """Every package that mxbuild has ever installed here, from the records beside apt's logs."""
    names: set[str] = set()
    for path in Path(state, "apt").glob("*.json"):
        with suppress(OSError, ValueError):
            names.update(decoded(path.read_bytes(), list[str]))
    return tuple(sorted(names))


def damage(step: InstallPackages, entry: JournalEntry) -> str:  # noqa: ARG001
    """A plan holds this step only where packages are missing, so an earlier run says nothing."""
    return "packages are missing"


def installed(context: Context) -> dict[str, str]:
    """What dpkg says is installed now: name -> version.

    Raises:
        AptError: dpkg-query does not answer.
    """
    form = "${db:Status-Abbrev}\t${Package}\t${Version}\n"
    code, text, complaint = output(["dpkg-query", "-W", "-f", form], env=context.environ, cwd="/")
    if code != 0:
        raise AptError(f"dpkg-query failed with status {code}", details=complaint.splitlines())
    rows = (line.split("\t") for line in text.splitlines())
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0].startswith("ii")}


def _run(step: InstallPackages, context: Context, command: list[str], log: str) -> None:
    update = command[-1] == "update"
    for attempt in range(1, UPDATE_TRIES + 1):
        tail: list[str] = []
        seen: set[str] = set()
        total: list[int] = []

        def line(text: str, tail: list[str] = tail, seen: set[str] = seen, total: list[int] = total) -> None:
            if (match := WAITING.match(text)) and text in tail:
                return  # it says so every second
            tail.append(text)
            if match:
                waits = f"waiting up to {PATIENCE // 60} min for apt's lock, held by {match[1]}"
                context.watch(Message(id=step.id, text=waits, level="warning"))
            if match := COUNT.search(text):
                total.append(int(match[1]))
            if match := DONE.match(text):
                seen.add(match[0])
                # Each package is unpacked and set up.
                done, count = len(seen) // 2, total[-1] if total else None
                context.watch(Progress(id=step.id, done=done, total=count, unit="packages", text=match[1]))

        code = run_logged(
            command, env=dict(context.environ), cwd="/", log=log, on_line=line, interruptible=False, root=True
        )
        if code == 0:
            return
        known = {failure.id: said.remedy for failure, said in book().matching(tail, ("system", "apt"))}
        locked = "apt-lock" in known
        if update and attempt < UPDATE_TRIES:
            reason = "the package lists are locked by another process" if locked else "apt-get update failed"
            context.watch(Message(id=step.id, text=f"{reason}; trying again in {2**attempt} s", level="warning"))
            time.sleep(2**attempt)
            continue
        errors = [text for text in tail if text.startswith(COMPLAINING) or WAITING.match(text)]
        raise AptError(
            f"`{_shown(command)}` failed with status {code}",
            details=[*(errors or tail[-5:]), f"log: {log}"],
            remedy=_remedy(step, known),
        )


def _shown(command: list[str]) -> str:
    """The command without the variables and options that only make it silent."""
    words = [w for w in command if "=" not in w and w not in ("sudo", "-n", "env", "-o", "-y", "-q")]
    return " ".join(words[:6]) + (" ..." if len(words) > 6 else "")


def _remedy(step: InstallPackages, known: Mapping[str, str]) -> str:
    """What to do.

    Args:
        known: entries of the failure book on what apt-get said -> remedy, the likeliest first.
    """
    sudo = "sudo " if step.right == "sudo" else ""
    if "apt-interrupted" in known:
        return known["apt-interrupted"] if sudo else known["apt-interrupted"].removeprefix("sudo ")
    again = f"{sudo}apt-get install {' '.join(step.packages)}, to see it happen; then run the same command again"
    return next(iter(known.values()), again)
