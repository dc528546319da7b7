"""What changed between two builds, and what it cost."""

from collections.abc import Iterator, Mapping
from typing import Literal

from mxbuild.report.model import Build, Change, Comparison, Compile, Figure, Setting

SECONDS, SHARE = 0.5, 0.1
"""A file became slower or faster where its CPU time differs by both."""
SHORT = 12
"""Digits of a commit that are shown."""


def compare(before: Build, after: Build) -> Comparison:
    """The second build against the first. CPU time decides which file is slower: the clock tells of others too."""
    old, new = ({c.object: c for c in b.files if c.result in ("compiled", "cached")} for b in (before, after))
    changes = [
        Change(object=name, source=(new.get(name) or old[name]).source, before=old.get(name), after=new.get(name))
        for name in {**old, **new}
    ]
    both = [c for c in changes if c.before and c.after]
    compiled = [c for c in both if c.before and c.after and _here(c.before) and _here(c.after)]
    moved = [c for c in compiled if c.before and abs(c.cost) >= max(SECONDS, SHARE * c.before.cpu)]
    cached = [c for c in both if c.before and c.after and _here(c.before) != _here(c.after)]
    return Comparison(
        before=before,
        after=after,
        settings=tuple(_settings(before, after)),
        figures=tuple(_figures(before, after)),
        slower=tuple(sorted((c for c in moved if c.cost > 0), key=lambda c: -c.cost)),
        faster=tuple(sorted((c for c in moved if c.cost < 0), key=lambda c: c.cost)),
        cached=tuple(sorted(cached, key=lambda c: -abs(c.cost))),
        added=tuple(sorted((c for c in changes if not c.before), key=lambda c: -c.cost)),
        removed=tuple(sorted((c for c in changes if not c.after), key=lambda c: c.cost)),
        same=len(both) - len(moved) - len(cached),
    )


def _here(one: Compile) -> bool:
    """Whether its CPU time is a compiler's."""
    return one.result == "compiled" and not one.worker


def _figures(before: Build, after: Build) -> Iterator[Figure]:
    def row(name: str, unit: Literal["seconds", "bytes", "count"], old: float, new: float) -> Figure:
        return Figure(name=name, unit=unit, before=old, after=new)

    yield row("make", "seconds", before.wall, after.wall)
    yield row("CPU time", "seconds", before.cpu, after.cpu)
    yield row("files", "count", len(before.files), len(after.files))
    yield row("compiled", "count", before.count("compiled"), after.count("compiled"))
    yield row("from the cache", "count", before.hits, after.hits)
    yield row("largest compiler", "bytes", before.peak, after.peak)
    yield row("objects", "bytes", *(sum(c.size for c in b.files) for b in (before, after)))


def _settings(before: Build, after: Build) -> Iterator[Setting]:
    for (kind, name), (old, new) in _paired(_facts(before), _facts(after)).items():
        if old != new:
            yield Setting(kind=kind, name=name, before=old, after=new)


def _paired(
    old: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], tuple[str, str]]:
    return {key: (old.get(key, ""), new.get(key, "")) for key in {**old, **new}}


def _facts(build: Build) -> dict[tuple[str, str], str]:
    """All that shapes a build, by kind and name."""
    proof = build.receipt
    facts = {
        ("recipe", "release"): build.recipe,
        ("machine", "system"): build.host,
        ("machine", "jobs"): str(build.jobs),
        ("compiler", "compiler"): build.compiler,
        ("python", "python"): build.python,
        ("mxbuild", "version"): build.mxbuild,
    }
    # The tree's name is the fingerprint, and differs wherever anything does.
    facts |= {("flag", v.name): v.value.replace(build.fingerprint, "<fingerprint>") for v in build.variables}
    facts |= {("rule", r.id): "applies" for r in build.rules}
    facts |= {("choice", d.subject): d.choice for d in build.decisions if d.kind in ("device", "cache", "cuda")}
    if proof:
        facts |= {("source", "commit"): proof.commit[:SHORT]}
        facts |= {("source", path): commit[:SHORT] for path, commit in proof.submodules.items()}
        facts |= {("feature", f.feature): f.decided for f in proof.features}
        facts |= {("package", name): version for name, version in proof.packages.items()}
        facts |= {("pin", r.partition("==")[0]): r.partition("==")[2] for r in proof.requirements}
    return facts
