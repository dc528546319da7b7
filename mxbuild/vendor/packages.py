"""The Debian packages, with all that they depend on, as a bare machine of the distribution would be given them.

apt-get works in a directory of its own, whose dpkg knows of no package: with the machine's sources and keys, without
root's rights, and without touching the machine's lists and caches. What is downloaded in part is gone on with.
"""

import hashlib
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from mxbuild.errors import AptError
from mxbuild.execute import apt
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.failures import book
from mxbuild.model import Line, Message, Progress
from mxbuild.model.vendored import DEBS
from mxbuild.process import output, run_logged
from mxbuild.vendor.archive import Members

STEP = "debs"
TRIES = 3
PATIENCE = 900.0
"""Seconds in which apt-get says what belongs together; for 500 packages more than a minute on a busy machine."""
URI = re.compile(r"'([^']*)' ([^ /]+\.deb) ([0-9]{1,15})(?: (SHA256|SHA512|MD5Sum):([0-9a-f]{32,128}))?")
"""`apt-get --print-uris`: the name in the archives' directory, bytes, hash."""
FIELD = re.compile(r"^(Package|Version|Architecture): ([A-Za-z0-9.+~:-]+)$", re.MULTILINE)
GOT = re.compile(r"Get:(\d+) \S+ \S+ \S+ (\S+)")


class Package(NamedTuple):
    """One file to download."""

    file: str
    """As apt names it: an epoch's colon is %3a."""
    path: str
    """Where it lies on this machine; "": it is downloaded."""
    size: int
    method: str
    digest: str


def gather(names: Sequence[str], work: str, context: Context) -> tuple[Members, dict[str, str]]:
    """The packages and their index; and name -> version.

    Raises:
        AptError: one cannot be had, or is not what its archive's signed list says.
    """
    root = f"{work}/apt"
    for directory in ("state/lists/partial", "cache/archives/partial", "empty/partial", "log"):
        os.makedirs(f"{root}/{directory}", exist_ok=True)
    Path(root, "status").touch()
    log = f"{root}/log/apt.log"
    _run([*_apt(root), "update"], log, context, 0)
    wanted = _listed(names, root, context)
    _run([*_apt(root), "--download-only", "install", *names], log, context, len(wanted))
    members, versions, index = Members(), dict[str, str](), list[str]()
    for package in wanted:
        file = Path(package.path or f"{root}/cache/archives/{package.file}")
        if not os.path.isfile(file):  # no file as well: a name that no file can have
            raise AptError(f"apt-get ended well, and left no {file}", remedy="the same command again", details=[log])
        control = _control(file, context)
        fields = dict(FIELD.findall(control))
        if _other(file, package) or fields.keys() != {"Package", "Version", "Architecture"}:
            raise AptError(f"{file} is not what its archive lists", remedy=f"rm {file}, then the same command again")
        version = fields["Version"]
        name = f"{fields['Package']}_{version.partition(':')[2] or version}_{fields['Architecture']}.deb"
        members[f"{DEBS}/{name}"] = file
        versions[fields["Package"]] = version
        index.append(f"{control.rstrip()}\nFilename: {name}\nSize: {package.size}\nSHA256: {sha256(str(file))}\n")
    members[f"{DEBS}/{apt.INDEX}"] = "\n".join(sorted(index)).encode()
    return members, versions


def _apt(root: str) -> list[str]:
    settings = (
        f"Dir::State={root}/state", f"Dir::State::status={root}/status", f"Dir::Cache={root}/cache",
        f"Dir::Log={root}/log", "APT::Sandbox::User=root", "Acquire::Languages=none", "Acquire::Retries=5",
        "APT::Install-Recommends=false", "APT::Keep-Downloaded-Packages=true",
    )  # fmt: skip
    return ["apt-get", "-y", "-q", *(word for setting in settings for word in ("-o", setting))]


def _listed(names: Sequence[str], root: str, context: Context) -> list[Package]:
    """All that has to be there, whatever is there already.

    Raises:
        AptError: a package is not in any archive, or they do not go together.
    """
    command = [*_apt(root), "-o", f"Dir::Cache::archives={root}/empty", "--print-uris", "install", *names]
    code, said, complaint = output(command, env=_variables(context), cwd="/", timeout=PATIENCE)
    if code != 0:
        raise _failure("apt-get does not find all packages", [*said.splitlines(), *complaint.splitlines()])
    return sorted(Package(m[2], _local(m[1]), int(m[3]), m[4] or "", m[5] or "") for m in URI.finditer(said))


def _local(uri: str) -> str:
    """The path of a package on this machine, which apt uses where it is; "" of any other."""
    return unquote(uri.removeprefix("file:")) if uri.startswith("file:") else ""


def _run(command: list[str], log: str, context: Context, count: int) -> None:
    said: list[str] = []
    seen: set[str] = set()

    def line(text: str) -> None:
        said.append(text)
        context.watch(Line(id=STEP, text=text))
        if count and (got := GOT.match(text)):
            seen.add(got[1])
            context.watch(Progress(id=STEP, done=len(seen), total=count, unit="packages", text=got[2]))

    for attempt in range(1, TRIES + 1):
        said.clear()
        if run_logged(command, env=_variables(context), cwd="/", log=log, on_line=line) == 0:
            return
        if attempt < TRIES:
            text = f"apt-get failed; trying again in {2**attempt} s"
            context.watch(Message(id=STEP, text=text, level="warning"))
            time.sleep(2**attempt)
    raise _failure("the Debian packages cannot be downloaded", said, f"log: {log}")


def _variables(context: Context) -> dict[str, str]:
    return dict(context.environ) | apt.ENVIRONMENT


def _control(file: Path, context: Context) -> str:
    """What the package says of itself, as an archive's index has it.

    Raises:
        AptError: dpkg cannot read it.
    """
    code, said, complaint = output(["dpkg-deb", "--field", str(file)], env=_variables(context), cwd="/")
    if code != 0:
        raise AptError(f"{file} is no Debian package", details=complaint.splitlines()[-3:])
    return said


def _other(file: Path, package: Package) -> bool:
    """Whether it is not what the archive lists."""
    names = {"SHA256": "sha256", "SHA512": "sha512", "MD5Sum": "md5"}
    if file.stat().st_size != package.size:
        return True
    return bool(package.method) and _hashed(file, names[package.method]) != package.digest


def _hashed(file: Path, method: str) -> str:
    digest = hashlib.new(method, usedforsecurity=False)
    with file.open("rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _failure(what: str, said: Sequence[str], *details: str) -> AptError:
    known = book().explain(said, ("system", "apt"))
    lines = [text for text in said if text.startswith(apt.COMPLAINING)] or list(said)[-5:]
    return AptError(what, details=[*lines, *details], remedy=known.remedy if known else None)
