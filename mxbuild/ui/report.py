"""A build's figures, and what changed between two, on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.redaction import redacted
from mxbuild.report.model import Build, Change, Comparison, Figure
from mxbuild.ui.console import BAD, GOOD, HEAD, WARN, Glyphs
from mxbuild.ui.layout import heading, plural, rows, verbatim
from mxbuild.ui.quantities import day, difference, duration, memory, quantity

FEW = 5
"""Slowest files that are shown."""
MANY = 3
"""From so many times less on, it is said that way."""
SOME = 10
"""Files of each kind that a comparison shows."""


def screen(build: Build, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What a build took, in a few lines."""
    ok = build.receipt is not None and build.receipt.ok
    sign = (glyphs.done, GOOD) if ok else (glyphs.failed, BAD) if build.receipt else (glyphs.untried, "")
    said = "installed and verified" if ok else "not what was asked for" if build.receipt else "not finished"
    yield Text.assemble(
        sign, " ", (f"{build.recipe} ({build.fingerprint})", HEAD), f" {_began(build)} {day(build.at)}, {said}"
    )
    yield Text()
    yield rows(_facts(build))
    for warning in build.warnings:
        yield rows([(Text(glyphs.warning, style=WARN), redacted(warning))])
    if not build.compiles:
        return
    yield heading("Slowest files", f"of {len(build.files):,}")
    for c in build.slowest[:FEW]:
        yield verbatim(f"{duration(c.seconds):>12}  {memory(c.memory):>8}  {redacted(c.source)}", indent=2)


def _began(build: Build) -> str:
    if build.origin and not build.compiles:
        return "fetched"
    return "built" if build.receipt or not build.stopped else "begun"


def _facts(build: Build) -> Iterator[tuple[str, str]]:
    if build.origin:
        yield "wheel", build.origin
    if build.target:
        yield "target", build.target
    if build.stopped and not build.receipt:
        step = build.stopped
        yield "stopped", f"{step.id}, after {duration(step.seconds)}: {redacted(step.detail)}"
    if not build.compiles:
        yield "steps", ", ".join(f"{step.id} {duration(step.seconds)}" for step in build.steps) or "none"
        return
    runs = f" in {len(build.sessions)} runs" if len(build.sessions) > 1 else ""
    busy = 100 * build.cpu / (build.wall * build.jobs or 1.0)
    yield "make", f"{duration(build.wall)}{runs}" + (f", expected {duration(build.expected)}" if build.expected else "")
    yield "compilers", f"{duration(build.cpu)} of CPU, {busy:.0f} % of {plural(build.jobs, 'slot')}"
    kinds = {
        "compiled here": build.count("compiled") - build.away, "by workers": build.away,
        "from the cache": build.hits, "failed": build.count("failed"),
        "without an end": build.count("unfinished"),
    }  # fmt: skip
    yield "files", ", ".join(f"{n:,} {kind}" for kind, n in kinds.items() if n)
    total = max((total for _, total in build.peaks), default=0)
    yield "memory", f"largest compiler {memory(build.peak)}, {memory(total)} of all at once at most"


def comparison(found: Comparison) -> Iterator[RenderableType]:
    """What changed, and what it cost."""
    before, after = found.before, found.after
    for word, build in (("from", before), ("to", after)):
        yield Text.assemble(f"{word:<5}", (build.name, HEAD), f"  {_began(build)} {day(build.at)}")
    yield heading("What changed")
    if found.settings:
        yield rows(
            [
                ("", "before", "after"),
                *((_named(s.kind, s.name), s.before or "-", s.after or "-") for s in found.settings),
            ],
            most=40,
        )
    else:
        yield rows(
            [("nothing that is recorded: recipe, source, compiler, flags, packages and features are the same",)],
            fixed=0,
        )
    yield heading("What it cost")
    yield rows([("", "before", "after", "difference"), *(_figure(f) for f in found.figures)], fixed=4)
    for title, changes in (
        ("Slower", found.slower),
        ("Faster", found.faster),
        ("Compiled here in one, from the cache or by a worker in the other", found.cached),
        ("Added", found.added),
        ("Removed", found.removed),
    ):
        if changes:
            yield heading(title, f"{plural(len(changes), 'file')}, {difference(sum(c.cost for c in changes))} of CPU")
            yield from map(_change, changes[:SOME])
            if len(changes) > SOME:
                yield Text(f"  and {len(changes) - SOME:,} more")
    if found.same:
        yield Text(f"\n{plural(found.same, 'file')} about the same")


def _named(kind: str, name: str) -> str:
    return name if name == kind else f"{kind} {name}"


def _figure(figure: Figure) -> Sequence[str]:
    words = [quantity(n, figure.unit) for n in (figure.before, figure.after)]
    return figure.name, *words, change(figure)


def change(figure: Figure) -> str:
    """The difference with its sign, and the ratio where that says something."""
    if figure.before == figure.after:
        return "-"
    words = difference(figure.after - figure.before, figure.unit)
    if figure.unit == "count" or not (figure.before and figure.after):
        return words
    less = figure.before / figure.after
    return f"{words} ({less:,.0f} times less)" if less > MANY else f"{words} ({1 / less:.2f} times)"


def _change(one: Change) -> Text:
    took = "".join(f"  {duration(c.cpu) if c else '-':>12}" for c in (one.before, one.after))
    moved = (f"  {difference(one.cost):>13}", BAD if one.cost > 0 else GOOD)
    return Text.assemble(took, moved, f"  {redacted(one.source)}", no_wrap=True, overflow="ignore")
