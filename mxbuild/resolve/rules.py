"""Which compatibility rules of the recipe apply here, and what they add."""

from collections.abc import Mapping, Sequence

from mxbuild.model import Compiler, Cuda, Decision, FeatureChoice, Host, Python, Rule, Substitution
from mxbuild.recipe.match import Matched, selector_matches, version_matches
from mxbuild.recipe.model import Compat, Recipe


def applying(
    recipe: Recipe,
    host: Host,
    compiler: Compiler,
    features: tuple[FeatureChoice, ...],
    cuda: Cuda | None = None,
    python: Python | None = None,
    pins: Sequence[str] = (),
) -> tuple[tuple[tuple[Compat, Rule], ...], tuple[Decision, ...]]:
    """The rules that apply, in the recipe's order, and a decision for every rule, applied or not.

    Args:
        python: the environment's interpreter.
        pins: what is installed in it: numpy==1.26.4.
    """
    chosen = {"python": python.version if python else "", "numpy": _pinned("numpy", pins)}
    on = {f.name for f in features if f.on}
    applied: list[tuple[Compat, Rule]] = []
    decisions: list[Decision] = []
    for compat in recipe.compat:
        if compat.feature is not None and compat.feature not in on:
            matched = Matched(False, f"{compat.feature} is off")
        else:
            each = [_look(subject, wanted, host, compiler, cuda, chosen) for subject, wanted in compat.when.items()]
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


def empty(applied: Sequence[tuple[Compat, Rule]]) -> tuple[str, ...]:
    """Submodules whose directory stays empty."""
    return tuple(dict.fromkeys(path for compat, _ in applied for path in compat.empty))


def substitutions(applied: Sequence[tuple[Compat, Rule]], *, python: bool = False) -> tuple[Substitution, ...]:
    """Names to replace in the source, in the recipe's order.

    Args:
        python: in Python files, of which only the wheel's copy is changed; otherwise in what is compiled.
    """
    return tuple(
        Substitution(file=s.file, old=s.old, new=s.new, count=s.count)
        for compat, _ in applied
        for s in compat.substitute
        if s.file.endswith(".py") == python
    )


def source_flags(applied: Sequence[tuple[Compat, Rule]]) -> dict[str, tuple[str, ...]]:
    """Flags for single sources; those of a later rule come later, so that they win."""
    found: dict[str, tuple[str, ...]] = {}
    for compat, _ in applied:
        for source, flags in compat.sources.items():
            found[source] = (*found.get(source, ()), *flags)
        for source, headers in compat.include.items():
            # Relative paths begin at make's directory, which is the tree's top.
            words = (word for header in headers for word in ("-include", header))
            found[source] = (*found.get(source, ()), *words)
    return found


def _pinned(name: str, pins: Sequence[str]) -> str:
    """The version of a package; "" where it is not pinned."""
    return next((version for pin in pins for n, _, version in [pin.partition("==")] if n == name), "")


def _look(
    subject: str, wanted: str, host: Host, compiler: Compiler, cuda: Cuda | None, chosen: Mapping[str, str]
) -> Matched:
    """One condition of a rule against the machine, and against what was chosen: toolkit, interpreter, packages."""
    if subject in chosen:
        return version_matches({"python": "Python"}.get(subject, subject), chosen[subject], wanted)
    if subject == "cuda":
        return version_matches("CUDA", cuda.toolkit.version, wanted) if cuda else Matched(False, "cuda is off")
    if subject == "cudnn":
        library = cuda.cudnn if cuda else None
        return version_matches("cuDNN", library.version, wanted) if library else Matched(False, "cudnn is off")
    if subject == "os":
        return selector_matches(wanted, host.os.id, host.os.version, host.os.like)
    if subject == "arch":
        ok = host.os.arch.value == wanted
        return Matched(ok, f"the machine is {host.os.arch.value}" + ("" if ok else f", not {wanted}"))
    if subject in ("gcc", "clang"):
        return version_matches(subject, compiler.version if compiler.family == subject else "", wanted)
    if subject == "glibc":
        return version_matches("glibc", host.os.libc.value if host.os.libc else "", wanted)
    if subject in ("make", "cmake"):
        tool = host.tools.get(subject)
        return version_matches(subject, tool.version if tool else "", wanted)
    found = host.libraries.get(subject)
    return version_matches(subject, found.version if found else "", wanted)
