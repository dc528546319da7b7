"""Times and their ratios: two programs are run in pairs, so that a machine whose load changes favours neither."""

import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Spent:
    """Seconds."""

    wall: float
    cpu: float
    """Of this process and all its children that have ended."""


def measured(work: Callable[[], object]) -> Spent:
    def cpu() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before, started = cpu(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - started, cpu() - before)


@dataclass
class Case:
    """One line of the table: pairs of what was spent by hand, and by mxbuild."""

    name: str
    hand: str
    """What is done by hand."""
    ours: str
    pairs: list[tuple[Spent, Spent]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, hand: Spent, ours: Spent) -> None:
        self.pairs.append((hand, ours))
        sys.stdout.write(
            f"{self.name:8} hand {hand.wall:9.2f} s wall {hand.cpu:9.2f} s CPU   "
            f"mxbuild {ours.wall:9.2f} {ours.cpu:9.2f}   ratio {ours.wall / hand.wall:.4f} {ours.cpu / hand.cpu:.4f}\n"
        )
        sys.stdout.flush()


def show(cases: Sequence[Case]) -> None:
    """The table: case, by hand, mxbuild, ratio (min, median, max)."""
    table = Table(title=f"{len(os.sched_getaffinity(0))} cores; seconds are medians", title_justify="left")
    for head, side in (
        ("case", "left"), ("by hand", "left"), ("s", "right"), ("mxbuild", "left"), ("s", "right"),
        ("ratio: min", "right"), ("median", "right"), ("max", "right"), ("of CPU", "right"),
    ):  # fmt: skip
        table.add_column(head, justify="right" if side == "right" else "left")
    for case in cases:
        hands, ours = zip(*case.pairs, strict=True)
        ratios = [o.wall / h.wall for h, o in case.pairs]
        table.add_row(
            case.name, case.hand, f"{median(h.wall for h in hands):.2f}",
            case.ours, f"{median(o.wall for o in ours):.2f}",
            f"{min(ratios):.4f}", f"{median(ratios):.4f}", f"{max(ratios):.4f}",
            f"{median(o.cpu / h.cpu for h, o in case.pairs):.4f}",
        )  # fmt: skip
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    for case in cases:
        for note in case.notes:
            console.print(f"{case.name}: {note}", highlight=False, soft_wrap=True)
