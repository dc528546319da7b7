"""What upstream's own tests said: a line for each file, what failed without a reason, and the reasons of the rest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Judged, Suite, UpstreamReport
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, WARN, Glyphs, text
from mxbuild.ui.layout import Cell, heading, plural, rows
from mxbuild.ui.quantities import duration


def render(report: UpstreamReport, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(report, glyphs), width=width)


def screen(report: UpstreamReport, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Everything that there is to say of a run."""
    judged = {one.case.name: one for one in report.judged}
    reference = report.reference is not None
    heads = ["", "file", "passed", "known", *(["same"] if reference else []), "failed", "skipped", "time"]
    files = [_file(file, [judged[c.name] for c in file.cases], glyphs, reference) for file in report.run.files]
    yield heading("Upstream's tests", _about(report))
    yield rows([[Text(head, HEAD) for head in heads], *files], fixed=len(heads))
    yield from _failures(report.judged, glyphs)
    yield from _reasons(report.judged)
    if report.reference is not None:
        yield from _compared(report, glyphs)
    yield Text()
    yield verdict(report, glyphs)


def verdict(report: UpstreamReport, glyphs: Glyphs) -> Text:
    """The one line that says it all."""
    sign = Text(f"{glyphs.done} ", GOOD) if report.ok else Text(f"{glyphs.failed} ", BAD)
    return Text.assemble(sign, (f"{report.environment}: {counted(report)}", HEAD), f"  {duration(report.run.seconds)}")


def before(report: UpstreamReport | None, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What an earlier run said, in a line; how to have one, where there was none."""
    yield heading("Upstream's own tests")
    if report is None:
        yield Text("  never run whole: mxbuild verify --upstream")
        return
    sign = Text(f"  {glyphs.done} ", GOOD) if report.ok else Text(f"  {glyphs.failed} ", BAD)
    day = datetime.fromtimestamp(report.finished, timezone.utc).strftime("%Y-%m-%d")
    same = ", the same as the reference" if report.reference and not report.differences else ""
    yield Text.assemble(sign, f"{day}: {counted(report)}{same}")


def counted(report: UpstreamReport) -> str:
    """`412 passed, 17 failed as known, 3 skipped`."""
    count = Counter(one.verdict for one in report.judged)
    words = (
        (count["passed"] + count["cured"], "passed"),
        (count["failed"], "failed"),
        (count["known"], "failed as known"),
        (count["same"], "failed as with the reference"),
        (count["skipped"], "skipped"),
    )
    return ", ".join(f"{number} {word}" for number, word in words if number or word == "passed")


def _about(report: UpstreamReport) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in report.run.packages.items() if name in SHOWN)
    return f"{report.release}, Python {report.run.version}, {packages}"


SHOWN = ("numpy", "scipy", "pytest")


def _file(file: Suite, judged: Sequence[Judged], glyphs: Glyphs, reference: bool) -> list[Cell]:
    count = Counter(one.verdict for one in judged)
    bad = count["failed"] > 0
    sign = Text(glyphs.failed, BAD) if bad else Text(glyphs.done, GOOD) if count["passed"] else Text(glyphs.skipped)
    numbers = [count["passed"] + count["cured"], count["known"], *([count["same"]] if reference else [])]
    failed = Text(str(count["failed"]).rjust(6), BAD) if bad else Text("-".rjust(6))
    return [
        sign,
        file.name,
        *(_number(number) for number in numbers),
        failed,
        _number(count["skipped"]),
        duration(file.seconds),
    ]


def _number(count: int) -> str:
    return (str(count) if count else "-").rjust(6)


def _failures(judged: Sequence[Judged], glyphs: Glyphs) -> Iterator[RenderableType]:
    failed = [one.case for one in judged if one.verdict == "failed"]
    if failed:
        yield heading("Failed without a known reason")
        yield rows([(Text(glyphs.failed, BAD), Text(f"{case.name}\n  {case.said}")) for case in failed])


def _reasons(judged: Sequence[Judged]) -> Iterator[RenderableType]:
    known = {one.known.id: one.known for one in judged if one.verdict == "known" and one.known}
    if known:
        count = Counter(one.known.id for one in judged if one.verdict == "known" and one.known)
        yield heading("Known failures")
        yield rows([(str(count[id_]).rjust(4), entry.kind, entry.why) for id_, entry in known.items()], fixed=2)
    cured = [one for one in judged if one.verdict == "cured" and one.known]
    if cured:
        yield heading("Pass, though known to fail")
        yield rows([(one.case.name, one.known.why if one.known else "") for one in cured])


def _compared(report: UpstreamReport, glyphs: Glyphs) -> Iterator[RenderableType]:
    reference = report.reference
    assert reference is not None
    packages = ", ".join(f"{name} {version}" for name, version in reference.packages.items() if name in SHOWN)
    yield heading("Compared with the reference", f"{reference.python}, Python {reference.version}, {packages}")
    if not report.differences:
        yield Text.assemble("  ", (f"{glyphs.done} ", GOOD), "the same as the reference, test for test")
        return
    heads: list[Cell] = [Text(word, HEAD) for word in ("", "test", "ours", "reference", "what failed said")]
    lines: list[list[Cell]] = [
        [
            Text(glyphs.failed, BAD) if d.worse else Text(glyphs.warning, WARN),
            d.test,
            d.ours,
            d.reference,
            d.said,
        ]
        for d in report.differences
    ]
    yield rows([heads, *lines], fixed=1, most=60)
    count = sum(d.worse for d in report.differences)
    yield Text(f"  {plural(len(report.differences), 'difference')}, {count} of them worse and without a known reason")
