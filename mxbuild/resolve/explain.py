"""The chain of reasons behind one choice, and what was not chosen and why not."""

import difflib

import msgspec

from mxbuild.errors import UsageError
from mxbuild.model import Build, Decision


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known about one subject."""

    subject: str
    summary: str
    decisions: tuple[Decision, ...]
    """The subject's own decision first, then what it rests on and what it sets."""


def subjects(build: Build) -> tuple[str, ...]:
    """What can be asked about."""
    return tuple(dict.fromkeys(d.subject for d in build.decisions))


def explain(build: Build, subject: str) -> Explanation:
    """Collect the decisions about a feature, flag, rule, or: device, toolkit, driver, compiler, python, jobs ...

    Raises:
        UsageError: there is no such subject; the nearest is named.
    """
    known = {name.lower(): name for name in subjects(build)}
    name = known.get(subject.lower())
    if name is None:
        close = difflib.get_close_matches(subject.lower(), known, 1)
        hint = f"; did you mean {known[close[0]]}?" if close else ""
        raise UsageError(
            f"{build.recipe.id} decides nothing about {subject}{hint}", remedy="mxbuild plan shows all decisions"
        )
    chain = [d for d in build.decisions if d.subject == name]
    if name in build.recipe.features:
        feature = build.recipe.features[name]
        related = {*feature.requires, *feature.on, *feature.off}
        if "cuda" in feature.needs:
            related |= {d.subject for d in build.decisions if d.kind == "cuda"} | {"compiler"}
        related |= {c.id for c in build.recipe.compat if c.feature == name or feature.needs.keys() & c.when}
        return Explanation(subject=name, summary=feature.summary, decisions=(*chain, *_about(build, related)))
    if name in build.recipe.flags:
        owners = {f for f, feature in build.recipe.features.items() if name in feature.on}
        owners |= {c.id for c in build.recipe.compat if name in c.set}
        return Explanation(subject=name, summary=f"make variable {name}", decisions=(*chain, *_about(build, owners)))
    return Explanation(subject=name, summary="", decisions=tuple(chain))


def _about(build: Build, subjects: set[str]) -> tuple[Decision, ...]:
    return tuple(d for d in build.decisions if d.subject in subjects)
