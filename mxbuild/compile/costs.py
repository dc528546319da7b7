"""What each object cost before: to tell what is left, to begin with the heaviest, to keep memory for it."""

import os
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import NamedTuple

from mxbuild import toml
from mxbuild.compile import ledger
from mxbuild.compile.ledger import Ledger
from mxbuild.recipe.find import packaged

CACHED = 64 << 20
"""Bytes below which it was no compiler that ran, but ccache alone (12 MB; cc1plus takes 80 for an empty file with the
C++ library's headers)."""


class Cost(NamedTuple):
    """Of one object, at most."""

    seconds: float = 0.0
    """CPU time, because what else the machine did then is no property of the object; the clock where there is none."""
    memory: int = 0
    """Bytes at the peak of a plain compile; 0: not known."""
    roomy: int = 0
    """Bytes at the peak of a compile that collected no garbage; 0: not known."""


def recorded(ledgers: Mapping[str, Ledger]) -> dict[str, Cost]:
    """What objects took in these builds; a cache hit costs nothing and says nothing.

    Args:
        ledgers: real path of a tree -> what was recorded of it.

    Returns:
        Names below the tree, so that they hold for other trees of the same release.
    """
    known: dict[str, Cost] = {}
    for tree, book in ledgers.items():
        for name, entry in book.finished.items():
            if entry.code != 0:
                continue
            before = known.get(short := name.removeprefix(f"{tree}/"), Cost())
            # A worker's compile: here there was only what sends it.
            memory = entry.memory if entry.memory > CACHED and name not in book.away else 0
            roomy = name in book.roomy
            known[short] = Cost(
                max(before.seconds, (name not in book.away and entry.cpu) or entry.end - entry.start),
                max(before.memory, 0 if roomy else memory),
                max(before.roomy, memory if roomy else 0),
            )
    return known


def shipped(release: str) -> dict[str, Cost]:
    """Object below the tree -> cost, from the files beside the packaged recipes; {} where there are none.

    A release that was never built whole takes what the same source costs in others: of those that know it, the last.
    """
    own = packaged() / f"{release}.costs"
    files = [own] if own.is_file() else sorted(packaged().glob(f"{release.partition('-')[0]}-*.costs"))
    found: dict[str, Cost] = {}
    try:
        for file in files:
            for name, (seconds, *peaks) in toml.loads(file.read_text()).items():
                found[name] = Cost(float(seconds), *(int(mib) << 20 for mib in peaks))
    except (OSError, ValueError, TypeError, OverflowError):
        return {}
    return found


def earlier(path: str, tree: str, *, until: float = inf) -> dict[str, Cost]:
    """What each object took in this build so far and in other builds of the release; they lie side by side.

    Trees and records of one build have the same name: <recipe>-<fingerprint>. A release that was never built here has
    the costs that came with the recipes: of another machine, but in the same proportions.

    Args:
        path: the build's ledger.
        tree: its real path.
        until: Unix time; what ended later was not known then.
    """
    records, name = os.path.split(os.path.dirname(path))
    release = name.rpartition("-")[0]
    siblings = sorted(Path(records).glob(f"{release}-*/{os.path.basename(path)}")) if release else []
    trees = {
        os.path.join(os.path.dirname(tree), file.parent.name): ledger.read(str(file), until=until) for file in siblings
    }
    own = recorded({**trees, tree: ledger.read(path, until=until)})
    known = shipped(release)
    if len(own) <= len(known) / 2:
        return known
    # A machine with memory to spare has never seen what a plain compile takes.
    return {
        name: cost if cost.memory else cost._replace(memory=known[name].memory) if name in known else cost
        for name, cost in own.items()
    }
