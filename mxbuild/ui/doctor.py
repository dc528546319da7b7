"""How everything is, on one screen: the tool, the machine, the environments, the builds, what is kept, what to do."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild.doctor.model import Driver, Environment, Facts, Finding
from mxbuild.redaction import redacted
from mxbuild.ui.console import BAD, GOOD, HEAD, PIPED, UNICODE, WARN, Glyphs, text
from mxbuild.ui.layout import heading, plural, rows, verbatim
from mxbuild.ui.quantities import memory, size


def render(facts: Facts, found: Sequence[Finding], width: int = PIPED, *, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(facts, found, glyphs), width=width)


def screen(facts: Facts, found: Sequence[Finding], glyphs: Glyphs) -> Iterator[RenderableType]:
    """All of it.

    Args:
        found: what follows from the facts.
    """
    yield rows(
        [
            (Text("mxbuild", style=HEAD), f"{facts.mxbuild}, on Python {facts.python} ({facts.executable})"),
            (Text("machine", style=HEAD), _machine(facts)),
        ],
        indent=0,
    )
    yield heading("Environments")
    if facts.environments:
        yield rows([_environment(one, found, glyphs) for one in facts.environments], fixed=2)
    else:
        yield rows([(glyphs.skipped, "none; mxbuild install makes one")])
    yield heading("Kept")
    kept = [(p.what, f"{'' if p.whole else 'over '}{size(p.bytes)}", p.path) for p in facts.places]
    yield rows(kept or [(glyphs.skipped, "nothing")])
    yield from _findings("Ill", [f for f in found if f.level == "ill"], Text(glyphs.failed, style=BAD))
    yield from _findings("To know", [f for f in found if f.level == "note"], Text(glyphs.warning, style=WARN))
    if not any(f.level == "ill" for f in found):
        yield Text.assemble("\n", (f"{glyphs.done} ", GOOD), ("nothing is ill", HEAD))


def _machine(facts: Facts) -> str:
    room = f"{memory(facts.memory)} of memory, {memory(facts.available)} of it available"
    return f"{facts.system}; {plural(facts.cpus, 'CPU')}, {room}; {_driver(facts.driver)}"


def _driver(driver: Driver) -> str:
    if not driver.loaded:
        return "no NVIDIA driver"
    return f"NVIDIA driver {driver.loaded}" + ("" if driver.nodes else ", not to be used from here")


def _environment(one: Environment, found: Sequence[Finding], glyphs: Glyphs) -> tuple[str | Text, ...]:
    own = [f for f in found if f.about == one.name]
    if any(f.level == "ill" for f in own):
        sign, words = Text(glyphs.failed, style=BAD), "ill, see below"
    else:
        sign, words = Text(glyphs.done, style=GOOD), f"{one.found} libraries found, files as installed"
    device = f"CUDA {one.cuda}" if one.cuda else "cpu"
    current = ", the current one" if one.current else ""
    return sign, Text(one.name, style=HEAD), f"{device}, Python {one.python}{current}: {words}"


def _findings(title: str, found: Sequence[Finding], sign: Text) -> Iterator[RenderableType]:
    if not found:
        return
    yield heading(title)
    for one in found:
        about = f"{one.about}: " if one.about else ""
        yield rows([(sign, redacted(f"{about}{one.text}"))])
        if one.remedy:
            yield rows([(one.remedy,)], indent=5, fixed=0)
        for command in one.commands:
            yield verbatim(command, indent=7)
