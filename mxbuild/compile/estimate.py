"""How long it still takes, honestly: a range, and none before there is something to go by.

What is left is played through with the slots that there are, so that a long file at the end counts as what it is.
"""

import heapq
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import NamedTuple

EARLY = 0.05
"""Share of the objects below which nothing is said ..."""
SETTLE = 20.0
"""... before so many seconds."""
ENOUGH = 3
"""Finished objects with a known cost that make the known costs a measure."""
HIT = 0.1
"""What took less than this share of its known cost came out of a cache, and says nothing of how fast the machine is."""
STRETCHES = 4
"""Parts of a run, one after the other, whose paces are compared ..."""
STRETCH = 4
"""... of so many objects at least."""
SIGMAS = 1.64
"""Half the width of a range that nine of ten outcomes fall into."""
DRIFT = 0.3
"""By how much a machine's load may change over a whole build; what is left of the build, of that."""
GROWTH = 3.0
"""By how much the objects still to come may cost more than those seen, while nothing is known of them (MXNet 0.12.1:
make comes to the operators last, which are six times as heavy as the rest)."""


class Pace(NamedTuple):
    """What is learnt from what has finished: cost -> seconds, and how sure that is."""

    low: float
    high: float


def expected(objects: Sequence[str], known: Mapping[str, float], *, slots: int) -> float | None:
    """Seconds for these, in this order, if each costs what it cost before; None where fewer than half are known.

    Args:
        known: object -> seconds in an earlier run; the others are taken for as heavy as these are on average.
        slots: compilers at once.
    """
    costs = [cost for name in objects if (cost := known.get(name, 0.0)) > 0]
    if not costs or len(costs) < len(objects) / 2:
        return None
    usual = sum(costs) / len(costs)
    return played({name: known.get(name) or usual for name in objects}, objects, {}, slots, overdue=0.0)


def remaining(
    waiting: Sequence[str],
    running: Mapping[str, float],
    finished: Mapping[str, float],
    known: Mapping[str, float],
    *,
    slots: int,
    elapsed: float,
) -> tuple[float, float] | None:
    """Seconds left, from - to; None while there is too little to go by.

    Args:
        waiting: objects that were not begun, in make's order.
        running: object -> seconds so far.
        finished: object -> seconds that it took in this run, in the order of their ends.
        known: object -> what it cost in an earlier run, in seconds; may be empty.
        slots: compilers at once.
        elapsed: seconds since make began.
    """
    total = len(waiting) + len(running) + len(finished)
    if not finished or (len(finished) < EARLY * total and elapsed < SETTLE):
        return None
    left = len(waiting) + len(running)
    if not left:
        return 0.0, 0.0
    measured = {name: known[name] for name in finished if known.get(name, 0) > 0}
    if len(measured) < ENOUGH and 2 * sum(known.get(name, 0) > 0 for name in (*waiting, *running)) > left:
        # The heaviest come first then: to take the rest for as heavy as they are would be wrong by a day.
        return None
    if len(measured) >= ENOUGH:
        usual = sum(known.values()) / len(known)
        cost = {name: known.get(name) or usual for name in (*waiting, *running)}
        pace = _pace([finished[name] for name in measured], list(measured.values()), left, total, slots)
        compiled = [name for name in measured if finished[name] > HIT * measured[name]]
        if len(compiled) < len(measured):
            # What is left may come out of the cache as well, or none of it may.
            slow = [finished[name] for name in compiled], [measured[name] for name in compiled]
            missed = _pace(*slow, left, total, slots) if len(compiled) >= ENOUGH else Pace(1.0, 1.0)
            pace = Pace(pace.low, max(pace.high, missed.high))
    else:
        cost = dict.fromkeys((*waiting, *running), 1.0)
        pace = _pace(list(finished.values()), [1.0] * len(finished), left, total, slots)
        # The rest may be of another kind than what was seen; the less there is left, the less that matters.
        pace = Pace(pace.low, pace.high * (1 + (GROWTH - 1) * left / total))
    low = {name: pace.low * c for name, c in cost.items()}
    high = {name: pace.high * c for name, c in cost.items()}
    if len(measured) < ENOUGH:
        # Any of them may be as long as the longest so far: the last one begun, to say the worst.
        for name in waiting[-1:] or running:
            high[name] = max(high[name], *finished.values())
    return (
        played(low, waiting, running, slots, overdue=0.0),
        played(high, waiting, running, slots, overdue=0.5),
    )


def _pace(seconds: Sequence[float], cost: Sequence[float], left: int, total: int, slots: int) -> Pace:
    """Seconds for each unit of cost: between the slowest and the fastest stretch so far, spread by what objects differ.

    A machine that was slow once may be so again: that does not cancel out, however many objects there are. What single
    objects differ by does, the more of them each compiler still has before it.
    """
    count = len(seconds)
    if not (overall := sum(seconds) / sum(cost)):
        return Pace(0.0, 0.0)
    size = max(STRETCH, -(-count // STRETCHES))
    starts = range(count % size, count, size) if count > size else range(1)
    paces = [sum(seconds[n : n + size]) / sum(cost[n : n + size]) for n in starts]
    # Of the sums, not of the objects: a heavy one that is off matters more.
    off = sum((s - overall * c) ** 2 for s, c in zip(seconds, cost, strict=True))
    spread = sqrt(off / count) / (sum(seconds) / count) if count > 1 else 1.0
    margin = DRIFT * left / total + SIGMAS * spread * sqrt(1 / count + 1 / max(1.0, left / slots))
    return Pace(min(overall, *paces) / (1 + margin), max(overall, *paces) * (1 + margin))


def played(
    seconds: Mapping[str, float], waiting: Sequence[str], running: Mapping[str, float], slots: int, *, overdue: float
) -> float:
    """The time at which the last one ends when `slots` compilers work through them in order.

    Args:
        overdue: what a compile that runs already longer than expected takes on top, as a share of its time so far.
    """
    ends = [max(seconds[name] - so_far, overdue * so_far) for name, so_far in running.items()]
    ends += [0.0] * (slots - len(ends))
    heapq.heapify(ends)
    for name in waiting:
        heapq.heapreplace(ends, ends[0] + seconds[name])
    return max(ends)
