"""What was asked against what was got, where it is, and how to use it."""

import os
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import CheckResult, FeatureResult, Receipt, counted
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, WARN, Glyphs, text
from mxbuild.ui.layout import heading, pairs, plural, rows, verbatim
from mxbuild.ui.quantities import duration

FEW = 12
"""Packages that are named on the screen."""

STATUS = {"passed": GOOD, "failed": BAD, "not run": WARN}


def render(receipt: Receipt, environment: str, width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(receipt, environment, glyphs), width=width)


def screen(
    receipt: Receipt, environment: str, glyphs: Glyphs, *, unchanged: bool = False, took: float | None = None
) -> Iterator[RenderableType]:
    """The receipt, whether all is there or not.

    Args:
        environment: path of the environment; "" where it was not made or is not to be used.
        unchanged: nothing had to be done.
        took: seconds of the run that ends now; None: of all steps, whenever they were done.
    """
    yield verdict(receipt, glyphs, unchanged=unchanged, took=took)
    yield from tables(receipt, glyphs)
    if receipt.warnings:
        yield heading("Not as asked for, and made good")
        yield from (rows([(Text(glyphs.warning, style=WARN), warning)]) for warning in receipt.warnings)
    yield heading("Made of")
    yield rows(origin(receipt))
    yield from _places(receipt, environment)


def short(receipt: Receipt, environment: str, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What there is to say where nothing had to be done."""
    yield verdict(receipt, glyphs, unchanged=True)
    yield from _places(receipt, environment)


def tables(receipt: Receipt, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Features with their evidence, and the checks of every build."""
    yield heading("Features")
    yield rows([("", "", "asked", "decided", "evidence"), *(_feature(f, glyphs) for f in receipt.features)], fixed=4)
    if receipt.checks:
        yield heading("Checks of every build")
        yield rows([(_sign(c, glyphs), c.name, _detail(c)) for c in receipt.checks], fixed=2)


def verdict(receipt: Receipt, glyphs: Glyphs, *, unchanged: bool, took: float | None = None) -> Text:
    """The one line that says it all; `took` as for `screen`."""
    name = f"{receipt.recipe} ({receipt.fingerprint})"
    if not receipt.ok:
        return Text.assemble((f"{glyphs.failed} ", BAD), (f"{name} is not what was asked for", HEAD))
    said = "was installed and verified already; nothing was changed" if unchanged else "is installed and verified"
    time = "" if unchanged else f"  {duration(sum(receipt.seconds.values()) if took is None else took)}"
    tried = receipt.results
    count = f": {counted(tried)}" if any(check.status == "not run" for check in tried) else ""
    return Text.assemble((f"{glyphs.done} ", GOOD), (f"{name} {said}{count}", HEAD), time)


def _places(receipt: Receipt, environment: str) -> Iterator[RenderableType]:
    yield heading("Places")
    places = [("environment", environment)] if environment else []
    proof = f"{environment or os.path.dirname(receipt.wheel)}/receipt.json"
    yield from pairs([*places, ("wheel", receipt.wheel), ("receipt", proof)])
    if receipt.ok and environment:
        yield heading("Use it")
        yield verbatim('eval "$(mxbuild env)"', indent=2)
        yield verbatim("mxbuild run -- python", indent=2)


def _feature(result: FeatureResult, glyphs: Glyphs) -> Sequence[str | Text]:
    sign = glyphs.failed if not result.ok else glyphs.done if result.decided == "on" else glyphs.skipped
    style = BAD if not result.ok else GOOD if result.decided == "on" else ""
    evidence = Text(", " if result.ok else "\n").join(map(_evidence, result.evidence))
    if result.ok and result.decided == "off":
        evidence = Text.assemble(result.why, " (", evidence, ")") if evidence else Text(result.why)
    return (Text(sign, style=style), result.feature, result.asked, result.decided, evidence)


def _evidence(check: CheckResult) -> Text:
    if check.status == "passed":
        return Text(check.name)
    return Text.assemble(f"{check.name} ", (check.status, _style(check)), f": {check.detail}" if check.detail else "")


def _detail(check: CheckResult) -> Text:
    if check.status == "passed":
        return Text(check.detail)
    return Text.assemble((check.status, _style(check)), f": {check.detail}" if check.detail else "")


def _sign(check: CheckResult, glyphs: Glyphs) -> Text:
    other = glyphs.untried if check.expected else glyphs.warning
    sign = {"passed": glyphs.done, "failed": glyphs.failed}.get(check.status, other)
    return Text(sign, style=_style(check))


def _style(check: CheckResult) -> str:
    """What could not be run here is no reason to worry."""
    return "" if check.status == "not run" and check.expected else STATUS[check.status]


def origin(receipt: Receipt) -> Iterator[tuple[str, str]]:
    yield (
        "source",
        f"{receipt.commit[:12]} and {plural(len(receipt.submodules), 'submodule')}, each at its pinned commit",
    )
    if receipt.origin:
        yield "wheel", receipt.origin
    yield "compiler", receipt.compiler
    if receipt.target:
        needs = f"{plural(len(receipt.cpu_features), 'feature')} of the processor, named in the receipt"
        yield "target", f"{receipt.target}, needs {needs}"
    if receipt.cuda:
        yield "cuda", receipt.cuda
    yield "python", f"{receipt.python}, {', '.join(receipt.requirements)}"
    if receipt.unlocked:
        yield "no hash", f"{', '.join(receipt.unlocked)}: no lock knows it, pip took what the index gave"
    if receipt.rules:
        yield "rules", ", ".join(rule.id for rule in receipt.rules)
    if receipt.installed_packages:
        names = receipt.installed_packages
        yield "new packages", ", ".join(names) if len(names) <= FEW else f"{len(names)}, all named in the receipt"
