"""Installed packages, from dpkg's own status file; asking `dpkg-query` would take a process and 50 ms."""

from mxbuild.model import Note
from mxbuild.system import System

STATUS = "/var/lib/dpkg/status"


def installed(system: System, notes: list[Note]) -> dict[str, str]:
    """Name -> version of every installed package; empty where there is no dpkg.

    A package of a foreign architecture (libopenblas-dev:i386) does not count: nothing here can link against it.
    """
    text = system.read(STATUS)
    if text is None:
        return {}
    stanzas = [s for s in text.split("\n\n") if s.strip()]
    native = next((_field(s, "Architecture") for s in stanzas if _field(s, "Package") == "dpkg"), "")
    packages: dict[str, str] = {}
    unfinished: list[str] = []
    for stanza in stanzas:
        name, version, state = _field(stanza, "Package"), _field(stanza, "Version"), _field(stanza, "Status").split()
        if not name or len(state) != 3:
            continue
        if state[2] in ("unpacked", "half-configured", "half-installed"):
            unfinished.append(name)
        if state[2] == "installed" and version and _field(stanza, "Architecture") in ("", "all", native or "all"):
            packages[name] = version
    if unfinished:
        notes.append(Note("apt", f"{STATUS}: not wholly installed: {' '.join(sorted(unfinished))}"))
    if stanzas and not packages:
        notes.append(Note("apt", f"{STATUS}: names no installed package"))
    return packages


def upstream(version: str) -> str:
    """A Debian version's upstream part in plain numbers: 1:2.4.9.1+dfsg-1.5ubuntu1.1 -> 2.4.9.1."""
    text = version.partition(":")[2] or version
    kept = 0
    while kept < len(text) and (text[kept] in "0123456789."):
        kept += 1
    return text[:kept].rstrip(".")


def _field(stanza: str, name: str) -> str:
    start = 0 if stanza.startswith(name + ": ") else stanza.find(f"\n{name}: ") + 1
    if start == 0 and not stanza.startswith(name + ": "):
        return ""
    start += len(name) + 2
    end = stanza.find("\n", start)
    return stanza[start : end if end >= 0 else len(stanza)].strip()
