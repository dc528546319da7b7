"""apt: whether it is there, whether it may be used, and what state dpkg is in."""

import re
from typing import Literal

from mxbuild.detect import parse
from mxbuild.detect.programs import Ask, find
from mxbuild.model import Apt, Note
from mxbuild.system import System

STATUS = "/proc/self/status"
UPDATES = "/var/lib/dpkg/updates"
LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")
LISTS = "/var/lib/apt/lists"
COMPONENT = re.compile(
    r"_(main|contrib|non-free|non-free-firmware|universe|multiverse|restricted)_binary-[a-z0-9]+_Packages"
)
"""Debian's and Ubuntu's; what others call theirs is nobody's business."""
PASSWORD = "a password is required"


def look(system: System, ask: Ask, notes: list[Note]) -> Apt:
    """Empty path where there is no apt-get; then nothing else is looked at."""
    path = find(system, "apt-get")
    if path is None:
        return Apt(
            path="",
            right="none",
            right_source="there is no apt-get",
            interrupted=False,
            lock_holder="",
            lists=False,
            source="PATH",
        )
    right, right_source = _right(system, ask, notes)
    # dpkg leaves a numbered file for each change that it could not merge into its status yet.
    unmerged = [name for name in system.listdir(UPDATES) if name.isdigit()]
    return Apt(
        path=path,
        right=right,
        right_source=right_source,
        interrupted=bool(unmerged),
        lock_holder=_holder(system),
        lists=any(system.glob(f"{LISTS}/{pattern}") for pattern in ("*_Packages*", "*_InRelease", "*_Release")),
        components=_components(system),
        source=path,
    )


def _components(system: System) -> tuple[str, ...]:
    """ARCHIVE_dists_SUITE_COMPONENT_binary-ARCH_Packages: what `apt-get update` left for each component."""
    found = (COMPONENT.search(name) for name in system.listdir(LISTS))
    return tuple(sorted({match[1] for match in found if match}))


def _right(system: System, ask: Ask, notes: list[Note]) -> tuple[Literal["root", "sudo", "none"], str]:
    ids = parse.fields(system.read(STATUS)).get("Uid", "").split()  # real, effective, saved, file system
    user = parse.number(ids[1]) if len(ids) > 1 else None
    if user == 0:
        return "root", f"{STATUS}: user id 0"
    if len(ids) > 2 and parse.number(ids[2]) == 0:
        return "root", f"{STATUS}: called through sudo"
    if user is None:
        notes.append(Note("apt", f"{STATUS} has no readable Uid; taken for an ordinary user"))
    sudo = find(system, "sudo")
    if sudo is None:
        return "none", "not root, and there is no sudo"
    line = [sudo, "-n", "true"]
    (answer,) = ask([line])
    if answer is not None and answer.code == 0:
        return "sudo", " ".join(line)
    if answer is None:
        why = "no answer"
    else:  # sudo's other messages name the user and the host
        why = PASSWORD if PASSWORD in answer.stderr else f"ended with status {answer.code}"
    return "none", f"{' '.join(line)}: {why}"


def _holder(system: System) -> str:
    for lock in LOCKS:
        pid = system.lock_holder(lock)
        if pid is not None:
            name = (system.read(f"/proc/{pid}/comm") or "").strip() if pid else ""
            return f"{name or 'a process'} ({pid or 'of another user or container'}) holds {lock}"
    return ""
