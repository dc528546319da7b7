"""How many compilers run at once: cores by affinity and quota, memory by host and cgroup; the winner is named."""

import math

from mxbuild.model import Decision, Host, Jobs, Request
from mxbuild.recipe.model import Recipe

RESERVE = 512 << 20
"""Bytes left to everything else."""


def decide(recipe: Recipe, host: Host, request: Request) -> tuple[Jobs, Decision]:
    """The number of jobs, at least one."""
    each = recipe.make.memory_per_job << 20
    limits = [(host.cpu.affinity.value, f"{host.cpu.affinity.value} CPUs by affinity", host.cpu.affinity.source)]
    if host.cpu.quota is not None:
        count = max(1, math.floor(host.cpu.quota.value + 0.5))
        limits.append((count, f"{host.cpu.quota.value:g} CPUs by the cgroup's quota", host.cpu.quota.source))
    for memory, name in ((host.memory.available, "memory available"), (host.memory.limit, "memory left in the cgroup")):
        if memory is not None:
            count = max(1, (memory.value - RESERVE) // each)
            text = f"{memory.value / 2**30:.1f} GiB of {name}, {recipe.make.memory_per_job} MiB for each compiler"
            limits.append((count, text, memory.source))
    count, limit, source = min(limits, key=lambda row: row[0])
    if request.jobs is not None:
        limit = f"--jobs {request.jobs} (mxbuild would take {count}: {limit})"
        jobs = Jobs(count=request.jobs, limit=limit)
    else:
        jobs = Jobs(count=count, limit=limit)
    return jobs, Decision(
        subject="jobs",
        kind="jobs",
        choice=str(jobs.count),
        why=jobs.limit,
        asked=request.jobs is not None,
        sources=(source,),
    )
