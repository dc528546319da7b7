"""Which build is meant: a fingerprint's or a name's beginning, an environment's, or the latest."""

import re
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from mxbuild.compile import ledger
from mxbuild.environments import installed, nearest
from mxbuild.errors import UsageError
from mxbuild.execute import runlog
from mxbuild.locations import Locations
from mxbuild.model import Receipt
from mxbuild.plan import LEDGER

TAIL = 1 << 14
"""Bytes at a ledger's end that tell when it was last written to."""
EARLIER = re.compile(r"~([0-9]{1,9})$")
FEW = 8
"""Builds that an error names."""


class Found(NamedTuple):
    """Records of a build."""

    records: Path
    receipt: Receipt | None
    """Of the environment that was named, or the last one made of it."""
    earlier: int
    """Which compilation is meant: 0 the last one, 1 the one before."""


def find(where: Locations, name: str | None) -> Found:
    """The build that is meant.

    Args:
        name: beginning of an environment's name, of a build's (<recipe>-<fingerprint>) or of a fingerprint, and ~N
            for the N-th compilation before the last one; None: the latest build.

    Raises:
        UsageError: there is none, or there are several.
    """
    builds = _builds(where)
    if not builds:
        raise UsageError(f"no build is recorded under {where.state}", remedy="mxbuild install")
    earlier = int(match[1]) if name and (match := EARLIER.search(name)) else 0
    name = EARLIER.sub("", name) if name else None
    environments = installed(where.prefix)
    if not name:
        return Found(builds[0], _receipt(where, builds[0]), earlier)
    named = [e for e in environments if e.name == name] or [e for e in environments if e.name.startswith(name)]
    fits = [b for b in builds if name in (b.name, _fingerprint(b))] or [
        b for b in builds if b.name.startswith(name) or _fingerprint(b).startswith(name)
    ]
    by_environment = {f"{e.receipt.recipe}-{e.receipt.fingerprint}": e.receipt for e in named}
    wanted = [b for b in builds if b in fits or b.name in by_environment]
    exact = [b for b in wanted if name in (b.name, _fingerprint(b))]
    wanted = exact if len(exact) == 1 else wanted
    if len(wanted) > 1:
        raise UsageError(
            f"{name} is the beginning of {len(wanted)} builds", details=_listed(wanted), remedy="name one of them"
        )
    if wanted:
        return Found(wanted[0], by_environment.get(wanted[0].name) or _receipt(where, wanted[0]), earlier)
    if named:
        raise UsageError(
            f"no build is recorded for {named[0].name}: its records under {where.state} were deleted",
            details=[f"wheel: {named[0].receipt.origin}"] if named[0].receipt.origin else [],
        )
    names = [*(b.name for b in builds), *map(_fingerprint, builds), *(e.name for e in environments)]
    raise UsageError(f"there is no build {name}{nearest(name, names)}", details=_listed(builds))


def _builds(where: Locations) -> list[Path]:
    """Records of what was compiled, begun, or taken out of a store, the latest first."""
    found = {f.parent for name in (LEDGER, runlog.NAME) for f in Path(where.state, "builds").glob(f"*/{name}")}
    return sorted(found, key=_last, reverse=True)


def _last(records: Path) -> float:
    """Unix time of the last compile; where nothing was compiled, of what was done last."""
    compiled = max((max(e.start, e.end) for e in ledger.entries(_tail(records / LEDGER))), default=0.0)
    return compiled or max((line.at for line in runlog.read(str(records))), default=0.0)


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL))
            return file.read()
    except OSError:
        return b""


def _fingerprint(records: Path) -> str:
    return records.name.removesuffix("-proof").rpartition("-")[2]


def _receipt(where: Locations, records: Path) -> Receipt | None:
    receipts = [e.receipt for e in installed(where.prefix)]
    own = [r for r in receipts if f"{r.recipe}-{r.fingerprint}" == records.name]
    return max(own, key=lambda r: r.finished, default=None)


def _listed(builds: Sequence[Path]) -> list[str]:
    width = max(len(b.name) for b in builds)
    rows = [
        f"{b.name:<{width}}  {datetime.fromtimestamp(_last(b), timezone.utc):%Y-%m-%d %H:%M} UTC" for b in builds[:FEW]
    ]
    return [*rows, *([f"and {len(builds) - FEW} more"] if len(builds) > FEW else [])]
