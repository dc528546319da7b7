"""Which compatibility rules of the recipe apply here, and what they add."""

from mxbuild.model import Compiler, Decision, FeatureChoice, Host, Rule
from mxbuild.recipe.match import Matched, selector_matches, version_matches
from mxbuild.recipe.model import Compat, Recipe


def applying(
    recipe: Recipe, host: Host, compiler: Compiler, features: tuple[FeatureChoice, ...]
) -> tuple[tuple[tuple[Compat, Rule], ...], tuple[Decision, ...]]:
    """The rules that apply, in the recipe's order, and a decision for every rule, applied or not."""
    on = {f.name for f in features if f.on}
    applied: list[tuple[Compat, Rule]] = []
    decisions: list[Decision] = []
    for compat in recipe.compat:
        if compat.feature is not None and compat.feature not in on:
            matched = Matched(False, f"{compat.feature} is off")
        else:
            each = [_look(subject, wanted, host, compiler) for subject, wanted in compat.when.items()]
            failed = [m for m in each if not m.ok]
            matched = failed[0] if failed else Matched(True, "; ".join(m.why for m in each) or "always")
        if matched.ok:
            applied.append(
                (compat, Rule(id=compat.id, why=compat.why, matched=matched.why, reference=compat.reference))
            )
        decisions.append(
            Decision(
                subject=compat.id,
                kind="compat",
                choice="applied" if matched.ok else "not needed",
                why=f"{compat.why} ({matched.why})" if matched.ok else matched.why,
                sources=(compat.reference,),
            )
        )
    return tuple(applied), tuple(decisions)


def _look(subject: str, wanted: str, host: Host, compiler: Compiler) -> Matched:
    """One condition of a rule against the machine."""
    if subject == "os":
        return selector_matches(wanted, host.os.id, host.os.version, host.os.like)
    if subject == "arch":
        ok = host.os.arch.value == wanted
        return Matched(ok, f"the machine is {host.os.arch.value}" + ("" if ok else f", not {wanted}"))
    if subject in ("gcc", "clang"):
        return version_matches(subject, compiler.version if compiler.family == subject else "", wanted)
    if subject == "glibc":
        return version_matches("glibc", host.os.libc.value if host.os.libc else "", wanted)
    if subject == "make":
        tool = host.tools.get("make")
        return version_matches("make", tool.version if tool else "", wanted)
    library = host.libraries.get(subject)
    return version_matches(subject, library.version if library else "", wanted)
