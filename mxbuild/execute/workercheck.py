"""Whether a worker can be used: one file compiled there and here, the objects compared, the times too."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import elf
from mxbuild.execute.workers import RIGID, of_ssh
from mxbuild.model import Compiler, Worker, WorkerCheck
from mxbuild.process import Ended, run_limited

SOURCE = """\
#include <iostream>
#include <map>
#include <string>
int count(const std::string &text) {
  std::map<char, int> found;
  for (char sign : text) ++found[sign];
  for (auto &row : found) std::cout << row.first << row.second;
  std::cout << __FILE__ << found.size();
  return found.size();
}
"""
"""Half a second of a compiler: enough to compare speeds roughly, with what sending it takes."""
FLAGS = ("-std=c++11", "-O3", "-fPIC", "-msse3", "-fopenmp", "-Wall")
LIMIT = 120.0
"""Seconds for one compile."""
KEPT = "exec on localhost"


class _Tried(NamedTuple):
    ended: Ended
    log: str
    seconds: float

    @property
    def said(self) -> str:
        """All that distcc, ssh and the other side said."""
        return f"{self.log}\n{self.ended.stderr}"


def check(worker: Worker, compiler: Compiler, distcc: str, environ: Mapping[str, str]) -> WorkerCheck:
    """Try one worker.

    Args:
        environ: the caller's; of it only PATH and what ssh needs is used.

    Raises:
        BuildError: the compiler here does not compile; that says nothing of any worker.
        OSError: distcc or the compiler cannot be started, or the disk refuses.
    """
    with durable.scratch("workers") as scratch:
        Path(scratch, "probe.cc").write_text(SOURCE)
        environment = {
            "PATH": environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "DISTCC_DIR": f"{scratch}/distcc",
            "DISTCC_LOG": f"{scratch}/log",
            "DISTCC_HOSTS": worker.host,
            **RIGID,
            **of_ssh(environ),
        }
        os.mkdir(f"{scratch}/distcc")
        here = _compile([compiler.cxx], "here.o", scratch, environment)
        if here.ended.code != 0:
            raise BuildError(f"{compiler.cxx} does not compile", details=here.ended.stderr.splitlines()[:5])
        there = _compile([distcc, compiler.cxx], "there.o", scratch, environment)
        if there.ended.code != 0 or KEPT in there.log:
            cause, remedy = _trouble(worker, compiler, there)
            return WorkerCheck(worker=worker, ok=False, cause=cause, remedy=remedy)
        theirs, ours = made_by(f"{scratch}/there.o"), made_by(f"{scratch}/here.o")
        same = Path(scratch, "there.o").read_bytes() == Path(scratch, "here.o").read_bytes()
        # The first one also paid for the connection, and for what was in no cache of the disk.
        again = [_compile([compiler.cxx], "here.o", scratch, environment).seconds]
        far = [_compile([distcc, compiler.cxx], "there.o", scratch, environment).seconds]
    speed = min(here.seconds, *again) / min(there.seconds, *far)
    cause, remedy = ("", "") if same else _difference(ours, theirs, compiler)
    return WorkerCheck(
        worker=worker, ok=same, compiler=theirs, same=same, speed=round(speed, 2), cause=cause, remedy=remedy
    )


def _compile(program: list[str], target: str, scratch: str, environment: Mapping[str, str]) -> _Tried:
    log = Path(scratch, "log")
    log.unlink(missing_ok=True)
    started = time.monotonic()
    # The same name for both: nothing of a difference is the name's.
    ended = run_limited([*program, *FLAGS, "-c", "probe.cc", "-o", target], env=environment, cwd=scratch, timeout=LIMIT)
    text = log.read_text(errors="replace") if log.exists() else ""
    return _Tried(ended, text, time.monotonic() - started)


def made_by(path: str) -> str:
    """What the object says of its compiler, and for which machine it is: `GCC: (Debian 12.2.0-14) 12.2.0, x86-64`."""
    try:
        with elf.opened(path) as file:
            section = file.get_section_by_name(".comment")
            said = section.data().strip(b"\0").split(b"\0")[0].decode(errors="replace") if section else "no word of it"
            return f"{said}, {file.get_machine_arch()}"
    except (OSError, ValueError):
        return "no object"


def _difference(ours: str, theirs: str, compiler: Compiler) -> tuple[str, str]:
    name = os.path.basename(compiler.cxx)
    if ours != theirs:
        return (
            f"its {name} is another one: {theirs}; here: {ours}",
            f"install the same compiler there, from the same release of the distribution: apt-get install {name}",
        )
    return (
        f"its {name} says that it is the same ({ours}), and makes another object",
        f"compare `{compiler.cxx} -Q --help=common,optimizers,target` there with here",
    )


def _trouble(worker: Worker, compiler: Compiler, tried: _Tried) -> tuple[str, str]:
    """Cause and cure of a compile that did not come back."""
    name, said = os.path.basename(compiler.cxx), tried.said
    host = worker.host.partition("/")[0]
    address, _, port = host.partition(":")
    start = f"distccd --daemon --jobs {worker.slots} --listen {address} --allow ADDRESS-OF-THIS-MACHINE"
    start += f" --port {port}" if port and port != "3632" else ""
    login = host.lstrip("@")
    compilers = f"apt-get install distcc {name} && update-distcc-symlinks"
    if tried.ended.late:
        return f"no answer in {LIMIT:.0f} seconds", f"see whether a firewall is between: {host}"
    for sign, cause, remedy in (
        ("Connection refused", f"no distccd listens on {host}", f"there: {start}"),
        ("failed to resolve", f"the name {address} is not known here", "write its address, or put it into /etc/hosts"),
        ("Could not resolve hostname", f"ssh does not know {login}", "see ~/.ssh/config, or write its address"),
        ("Permission denied", f"ssh does not get in: {_last(tried)}", f"ssh-copy-id {login}"),
        ("Host key verification failed", "ssh does not know its key yet", f"ssh {login} true   (once, by hand)"),
        ("distccd: command not found", "it has no distccd", f"there: {compilers}"),
        ("distccd: not found", "it has no distccd", f"there: {compilers}"),
        ("timed out", f"{host} does not answer", f"see whether a firewall is between, and that distccd runs: {start}"),
        ("No route", f"there is no way to {address}", "see the network between"),
        ("nreachable", f"there is no way to {address}", "see the network between"),
    ):  # fmt: skip
        if sign in said:
            return cause, remedy
    if tried.ended.code == 110:
        return f"it has no {compiler.cxx}", f"there: {compilers}"
    if KEPT in tried.log:
        return "distcc compiled it here", "see ~/.distcc and DISTCC_ variables"
    if worker.transport == "ssh" and (last := _last(tried)):
        return f"ssh says: {last}", f"try: ssh {login} distccd --version"
    # So it is as well where ssh ended at once. Whether distcc notices while it writes or later is a matter of moments.
    if "server provided no answer" in said or "Connection reset by peer" in said:
        return (
            f"distccd there does not let this machine in, or does not know {name}",
            f"there: {compilers}; then {start}",
        )
    errors = [line.partition("ERROR: ")[2] for line in tried.log.splitlines() if "ERROR: " in line]
    return errors[0] if errors else f"distcc ended with code {tried.ended.code}", f"there: {start}"


def _last(tried: _Tried) -> str:
    lines = [line for line in tried.ended.stderr.splitlines() if line.strip() and not line.startswith("distcc[")]
    return lines[-1].strip() if lines else ""
