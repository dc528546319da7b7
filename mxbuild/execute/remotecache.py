"""The shared cache while make runs: ccache's settings, whether it answers, and what came out of it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute.context import Context
from mxbuild.model import Make, Message
from mxbuild.process import output
from mxbuild.resolve.remote_cache import HIDDEN, VARIABLE, setting, shown

STATISTICS = "ccache-statistics"
"""File beside the ledger: ccache's counters, one line each, of this build alone."""
SETTINGS = ("CCACHE_REMOTE_STORAGE", "CCACHE_SECONDARY_STORAGE")
"""One setting under its names from 4.7 on and before; each version passes over the name that it does not know."""
FAILED = ("remote_storage_error", "remote_storage_timeout")


class Counts(NamedTuple):
    """Of the compiles of one build."""

    local: int
    remote: int
    missed: int
    failed: int
    """Compiles for which the remote cache did not answer, or with an error."""


def settings(step: Make, environ: Mapping[str, str]) -> dict[str, str]:
    """What ccache has to be told; {} where no remote cache was asked for.

    Args:
        environ: the caller's; an address with a password stands nowhere else.

    Raises:
        BuildError: the address in there is another one than was planned with.
    """
    if not step.remote_cache:
        return {}
    address = step.remote_cache
    if HIDDEN in address:
        address = environ.get(VARIABLE, "")
        if shown(address) != step.remote_cache:
            raise BuildError(
                f"the password of {step.remote_cache} is not in {VARIABLE} any more",
                remedy=f"export {VARIABLE} with the whole address, and run the same command again",
            )
    return dict.fromkeys(SETTINGS, setting(address))


def trouble(step: Make, environment: Mapping[str, str]) -> str:
    """Why the remote cache is of no use; "" where it answers.

    One small compile, with an empty cache of its own in front: what ccache counts then is what it would meet.

    Args:
        environment: make's.

    Raises:
        BuildError: ccache cannot compile at all with this address; nor could the build.
    """
    with durable.scratch("remote-cache") as scratch:
        Path(scratch, "probe.cc").write_text("int probe;\n")
        counted = f"{scratch}/statistics"
        own = {"CCACHE_DIR": f"{scratch}/cache", "CCACHE_BASEDIR": scratch, "CCACHE_STATSLOG": counted}
        probing = {**{k: v for k, v in environment.items() if k != "CCACHE_PREFIX"}, **own}
        command = [step.ccache, step.compiler.cxx, "-c", "probe.cc", "-o", "probe.o"]
        code, _, complaint = output(command, env=probing, cwd=scratch)
        if code != 0:
            secret = environment[SETTINGS[0]]
            raise BuildError(
                f"ccache does not take {step.remote_cache}",
                details=[line.replace(secret, step.remote_cache) for line in complaint.splitlines()[:3]],
                remedy="`ccache --version` lists the storage that it was built with",
            )
        lines = _lines(counted)
    if any(name in lines for name in FAILED):
        return "it does not answer, or refuses this user"
    if not any(line.startswith(("remote_storage", "secondary_storage")) for line in lines):
        return "this ccache does not ask it"
    return ""


def joined(step: Make, environment: Mapping[str, str], context: Context) -> dict[str, str]:
    """ccache's settings for the cache that it shares; {} with a warning where that cannot be reached.

    Raises:
        BuildError: as `settings` and `trouble` do.
        OSError: the records cannot be written.
    """
    address = settings(step, context.environ)
    if not address:
        return {}
    if why := trouble(step, {**environment, **address}):
        text = f"without the remote cache {step.remote_cache}: {why}; all is compiled here, and nothing is shared"
        context.watch(Message(id=step.id, text=text, level="warning"))
        return {}
    counted = f"{os.path.dirname(step.ledger)}/{STATISTICS}"
    with suppress(FileNotFoundError):
        os.unlink(counted)
    return {**address, "CCACHE_STATSLOG": counted}


def counts(path: str) -> Counts:
    """What ccache counted into its statistics log; zeros where it wrote none."""
    lines = _lines(path)
    count = {name: lines.count(name) for name in set(lines)}
    remote = count.get("remote_storage_hit", 0) + count.get("secondary_storage_hit", 0)
    hits = count.get("direct_cache_hit", 0) + count.get("preprocessed_cache_hit", 0)
    failed = sum(count.get(name, 0) for name in FAILED)
    return Counts(local=max(0, hits - remote), remote=remote, missed=count.get("cache_miss", 0), failed=failed)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(errors="replace").splitlines()
    except OSError:
        return []
