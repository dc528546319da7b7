"""How long it still takes, honestly: a range, and none before there is something to go by."""

import heapq
from collections.abc import Mapping, Sequence

EARLY = 0.05
"""Share of the objects below which nothing is said."""

SETTLE = 20.0
"""Seconds after which something is said all the same."""


def remaining(
    waiting: Sequence[str],
    running: Mapping[str, float],
    finished: Mapping[str, float],
    costs: Mapping[str, float],
    *,
    slots: int,
    elapsed: float,
) -> tuple[float, float] | None:
    """Seconds left, from - to; None while there is too little to go by.

    Args:
        waiting: objects not begun.
        running: object -> seconds so far.
        finished: object -> seconds, in this run.
        costs: object -> seconds in an earlier run; may be empty.
        slots: compilers at once.
        elapsed: seconds since make began.
    """
    total = len(waiting) + len(running) + len(finished)
    if not total or not finished or (len(finished) < EARLY * total and elapsed < SETTLE):
        return None
    known = [(finished[o], costs[o]) for o in finished if costs.get(o, 0) > 0]
    if len(known) >= 3:
        ratio = sum(a for a, _ in known) / sum(c for _, c in known)
        each = sorted(a / c for a, c in known)
        low, high = min(ratio, each[len(each) // 4]), max(ratio, each[(3 * len(each)) // 4])
        middle = sum(costs.values()) / len(costs)
        return (
            _simulate(waiting, running, {o: costs.get(o, middle) * low for o in [*waiting, *running]}, slots),
            _simulate(waiting, running, {o: costs.get(o, middle) * high for o in [*waiting, *running]}, slots),
        )
    seconds = sorted(finished.values())
    mean = sum(seconds) / len(seconds)
    median = seconds[len(seconds) // 2]
    low, high = min(mean, median), max(mean, median)
    spread = 1 + 1 / len(seconds) ** 0.5
    return (
        _simulate(waiting, running, dict.fromkeys([*waiting, *running], low / spread), slots),
        _simulate(waiting, running, dict.fromkeys([*waiting, *running], high * spread), slots),
    )


def _simulate(waiting: Sequence[str], running: Mapping[str, float], costs: Mapping[str, float], slots: int) -> float:
    """The time at which the last of them ends when `slots` work through them in order."""
    ends = [max(0.0, costs[o] - done) for o, done in running.items()][:slots]
    ends += [0.0] * (slots - len(ends))
    heapq.heapify(ends)
    for name in waiting:
        heapq.heapreplace(ends, ends[0] + costs[name])
    return max(ends)
