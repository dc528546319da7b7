"""How many compilers run at once: cores by affinity and quota, memory by host and cgroup; the winner is named."""

import math
from collections.abc import Sequence

from mxbuild.model import Decision, Host, Jobs, Request, Worker
from mxbuild.recipe.model import Recipe

RESERVE = 512 << 20
"""Bytes left to everything else."""
TYPICAL = 3
"""Compilers that the memory of the largest holds at its peak: the median object of 0.12.1 takes 0.34 of 1.05 GB with
gcc 12. When large ones come together, the gate lets them wait."""


PREPARED = 16
"""Compiles on workers that one CPU here prepares at once: it preprocesses what is sent, for ccache and for distcc
(MXNet 0.12.1: 0.3 s each time for a file, whose mean compile takes 12.6 s)."""


def decide(recipe: Recipe, host: Host, request: Request, workers: Sequence[Worker] = ()) -> tuple[Jobs, Decision]:
    """The number of jobs, at least one; with workers, theirs and those that this machine has room for beside."""
    each = recipe.make.memory_per_job << 20
    limits = [(host.cpu.affinity.value, f"{host.cpu.affinity.value} CPUs by affinity", host.cpu.affinity.source)]
    if host.cpu.quota is not None:
        count = max(1, math.floor(host.cpu.quota.value + 0.5))
        limits.append((count, f"{host.cpu.quota.value:g} CPUs by the cgroup's quota", host.cpu.quota.source))
    without_gate = min(count for count, _, _ in limits)
    for memory, name in ((host.memory.available, "memory available"), (host.memory.limit, "memory left in the cgroup")):
        if memory is not None:
            left = max(0, memory.value - RESERVE)
            without_gate = max(1, min(without_gate, left // each))
            text = f"{memory.value / 2**30:.1f} GiB of {name}, up to {recipe.make.memory_per_job} MiB for each compiler"
            limits.append((max(1, left * TYPICAL // each), text, memory.source))
    count, limit, source = min(limits, key=lambda row: row[0])
    here, slots = 0, sum(worker.slots for worker in workers)
    if workers:
        preparing = min(count - 1, -(-slots // PREPARED))
        here = count - preparing
        part = f", {preparing} of which prepare{'s' * (preparing == 1)} what is sent" if preparing else ""
        limit = f"{here} here ({limit}{part}) and {slots} on {len(workers)} worker{'s' * (len(workers) > 1)}"
        count = here + slots
    if request.jobs is not None:
        limit = f"--jobs {request.jobs} (mxbuild would take {count}: {limit})"
        jobs = Jobs(count=request.jobs, limit=limit, without_gate=request.jobs, here=min(here, request.jobs))
    else:
        jobs = Jobs(count=count, limit=limit, without_gate=without_gate, here=here)
    return jobs, Decision(
        subject="jobs",
        kind="jobs",
        choice=str(jobs.count),
        why=jobs.limit,
        asked=request.jobs is not None,
        sources=(source,),
    )
