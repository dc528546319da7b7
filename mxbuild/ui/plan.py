"""A plan as a person reads it: what was decided and why, then every step and why it runs or not.

The plain text of `render` is deterministic: nothing in it comes from elsewhere than the plan.
"""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from mxbuild import script
from mxbuild.model import AssembleToolkit, Build, Decision, FetchWheel, Plan, Planned, UnpackVendored, Variable
from mxbuild.ui.console import GOOD, HEAD, PIPED, UNICODE, Glyphs, text
from mxbuild.ui.layout import heading, pairs, plural, rows, verbatim
from mxbuild.ui.quantities import size

CHOICES = ("device", "cuda", "compiler", "target", "python", "jobs", "workers", "cache", "packages", "source")
"""Kinds of decisions that are shown between features and rules, in this order."""
WIDEST_ASSIGNMENT = 44
EXPECTED = "expected of "
"""How the source of a fact begins that was not measured yet."""


def render(plan: Plan, width: int = PIPED, *, verbose: bool = False, glyphs: Glyphs = UNICODE) -> str:
    """The screen as plain text."""
    return text(*screen(plan, glyphs, verbose=verbose), width=width)


def screen(plan: Plan, glyphs: Glyphs, *, verbose: bool = False) -> Iterator[RenderableType]:
    """All of a plan.

    Args:
        verbose: with the make variables, their reasons, and every command line.
    """
    build = plan.build
    yield Text.assemble((build.recipe.id, HEAD), f" for the {build.device.upper()}: {_summary(plan)}")
    yield from decisions(build, glyphs)
    if verbose:
        yield heading("Make variables")
        yield rows([_assignment(v) for v in build.variables], fixed=0)  # paths may be longer than their column
    yield heading("Steps")
    yield from steps(plan, glyphs, verbose=verbose)
    yield heading("Places")
    yield from pairs(
        [
            ("environment", plan.paths.environment),
            ("wheel", plan.paths.wheel),
            ("source and objects", plan.paths.tree),
            ("logs", plan.paths.records),
        ]
    )


def short(plan: Plan, glyphs: Glyphs) -> Iterator[RenderableType]:
    """What is asked about before an install begins: the packages that are new, and the steps."""
    yield Text.assemble((plan.build.recipe.id, HEAD), f" for the {plan.build.device.upper()}")
    yield heading(f"{plural(len(plan.build.install), 'Debian package')} to install")
    yield rows([(" ".join(plan.build.install),)], fixed=0)
    yield heading("Steps")
    yield from steps(plan, glyphs, verbose=False)
    yield Text()


def decisions(build: Build, glyphs: Glyphs) -> Iterator[RenderableType]:
    """Features with their reasons, the other choices, the rules that apply, and what is expected only."""
    yield heading("Features")
    about = {d.subject: d for d in build.decisions if d.kind == "feature"}
    yield rows(
        [
            (
                Text(glyphs.done if f.on else glyphs.skipped, style=GOOD if f.on else ""),
                f.name,
                "on" if f.on else "off",
                f.why + _marks(about.get(f.name), asked=f.asked),
            )
            for f in build.features
        ],
        fixed=3,
    )
    yield heading("Choices")
    chosen = sorted((d for d in build.decisions if d.kind in CHOICES), key=lambda d: CHOICES.index(d.kind))
    yield rows([(d.subject, d.choice, d.why + _marks(d, asked=d.asked)) for d in chosen], most=40)
    if build.rules:
        yield heading("Rules of the recipe that apply here")
        yield rows([(r.id, f"{r.why} ({r.matched}; {r.reference})") for r in build.rules])
    if build.expected:
        yield heading("Expected, not measured yet", "looked at again once the packages are there")
        yield rows([(line,) for line in build.expected], fixed=0)


def steps(plan: Plan, glyphs: Glyphs, *, verbose: bool) -> Iterator[RenderableType]:
    """Numbered, each with whether it runs and why."""
    lines = [_step(number, planned, glyphs) for number, planned in enumerate(plan.steps, 1)]
    if not verbose:
        yield rows(lines, fixed=2)
        return
    for line, planned in zip(lines, plan.steps, strict=True):
        if planned is not plan.steps[0]:
            yield Text()
        yield rows([line], fixed=2)
        yield from (verbatim(command, indent=8) for command in _commands(planned, plan))


def _assignment(variable: Variable) -> tuple[str, str]:
    """`NAME=VALUE` and the reason; a long value stands below its reason."""
    whole = f"{variable.name}={variable.value}"
    return (
        (whole, variable.why)
        if len(whole) <= WIDEST_ASSIGNMENT
        else (variable.name, f"{variable.why}:\n{variable.value}")
    )


def _step(number: int, planned: Planned, glyphs: Glyphs) -> Sequence[str | Text]:
    sign = glyphs.running if planned.action == "run" else glyphs.skipped
    return (
        sign,
        f"{number}",
        Text(planned.title, style=HEAD if planned.action == "run" else ""),
        planned.action,
        "; ".join(filter(None, (planned.why, _costs(planned)))),
    )


def _costs(planned: Planned) -> str:
    """What is downloaded, where that is much."""
    step = planned.step
    if planned.action == "run" and isinstance(step, FetchWheel):
        return f"{size(step.size)}, {step.origin}"
    if planned.action == "run" and isinstance(step, UnpackVendored):
        return size(step.size)
    if planned.action == "skip" or not isinstance(step, AssembleToolkit):
        return ""
    origin = "from the vendored file" if step.find_links else "from PyPI"
    return f"{plural(len(step.bundle.packages), 'package')}, {size(step.bundle.size)}, {origin}"


def _commands(planned: Planned, plan: Plan) -> list[str]:
    """Its command lines, without the remarks that only the script needs, and without files that it writes."""
    parts = (part.partition(script.HERE)[0] for part in script.lines(planned.step, plan))
    lines = [line for part in parts for line in part.splitlines()]
    return [line for line in lines if not line.startswith("#")]


def _summary(plan: Plan) -> str:
    todo = sum(p.action == "run" for p in plan.steps)
    if not todo:
        return "all is done already"
    done = len(plan.steps) - todo
    return f"{plural(todo, 'step')} to do" + (f", {done} done already" if done else "")


def _marks(decision: Decision | None, *, asked: bool) -> str:
    words = ["asked for"] if asked else []
    if decision is not None and any(source.startswith(EXPECTED) for source in decision.sources):
        words.append("expected")
    return f" ({', '.join(words)})" if words else ""
