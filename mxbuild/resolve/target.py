"""For which processors: what this compiler has for them out of archspec's data, and what they need of a processor.

The default is generic: what Debian's compilers make by themselves, with upstream's own -msse3. A wheel of it goes
anywhere, and its numbers are those that the releases' recorded answers and upstream's tests were compared with; from
x86_64_v3 on the compiler joins products and sums into one rounding (FMA), and they are no longer the same. Measured on
nine operators of 0.12.1 with gcc 12.2, one thread, zen3 against generic: batch norm takes 0.60 of the time, relu 0.68,
the other seven 0.90 to 1.01; those are equal to the bit, as relu is, and 28 % of batch norm's numbers are not, most by
one in the last place. OpenBLAS chooses its own code for the processor in either.

Names, never -march=native: that means something else on each machine, so neither objects in a compiler cache nor a
wheel in a store could be shared between machines that are alike, and nobody could say what a wheel needs.
"""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from mxbuild.model import Compiler, Cpu, Decision, Host, Rejected, Request, Target, Variable
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.complaints import Complaints

GENERIC, NATIVE = "generic", "native"
KERNEL = {"sse3": "pni"}
"""archspec's name of a feature -> Linux's, where they differ."""
ALSO = {"sapphirerapids": ("avx_vnni", "avx512_fp16")}
"""What gcc uses for a processor by itself, and archspec does not list."""
FAMILIES = ("x86_64", "aarch64")
FEW = 6
"""Missing features that are named."""


def unknown(request: Request) -> list[str]:
    """What is wrong with --target: a name that archspec does not know."""
    wanted = request.target
    if wanted in (None, GENERIC, NATIVE) or _named(str(wanted)) is not None:
        return []
    ours = [name for family in FAMILIES for name in names(family)]
    known = [GENERIC, NATIVE, *ours, *(name for name, _ in _by_gcc())]
    close = difflib.get_close_matches(str(wanted).lower().replace("_", "-"), known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return [f"--target {wanted}: no processor of that name is known{hint}"]


def names(family: str) -> tuple[str, ...]:
    """What --target takes besides generic and native for one architecture, as archspec names it; gcc's names too."""
    return tuple(name.replace("_", "-") for name, target in _all().items() if target.family.name == family)


def choose(host: Host, compiler: Compiler, request: Request, complaints: Complaints) -> tuple[Target, Decision]:
    """The processors, with the reason; complains where this machine could not run what is made for them."""
    family, here, cpu = host.os.arch.value, host.cpu.microarchitecture.value, host.cpu
    wanted = request.target or GENERIC
    sources = (cpu.microarchitecture.source,)
    if wanted == GENERIC:
        why = f"the library runs on any {family} processor"
        if here not in ("", family):
            why += f"; --target native compiles for {here}, which is here, and its like"
        return _decided(Target(name=GENERIC), why, sources, asked=request.target is not None)
    first = _all().get(here) if wanted == NATIVE else _named(wanted)
    if wanted == NATIVE:
        why = f"{cpu.model.value} is {here}"
    else:
        why = f"--target {wanted}"
        if against := impossible(host, request):
            complaints.add(f"{why}: {against}", f"--target {NATIVE}")
            first = None
    chosen, rejected = Target(name=GENERIC), []
    for each in () if first is None else (first, *first.ancestors):
        if each.name == family:
            break  # what the compiler makes by itself
        flags, features = _flags(each, compiler), needed(each)
        missing = lacking(features, cpu) if wanted == NATIVE else ()
        if flags and features and not missing:
            chosen = Target(name=each.name, flags=flags, features=features)
            break
        against = f"{compiler.cxx} {compiler.version} does not know it" if not flags else "archspec lists no features"
        rejected.append(Rejected(each.name, f"the processor lacks {_some(missing)}" if missing else against))
    if rejected:
        why += f"; {rejected[0].choice}: {rejected[0].why}, the nearest before it is {chosen.name}"
    elif chosen.name == GENERIC:
        why += f", which is what {compiler.cxx} compiles for by itself"
    if chosen.flags:
        why += f": {' '.join(chosen.flags)}"
    return _decided(chosen, why, sources, asked=True, rejected=tuple(rejected))


def _decided(
    target: Target, why: str, sources: tuple[str, ...], *, asked: bool, rejected: tuple[Rejected, ...] = ()
) -> tuple[Target, Decision]:
    return target, Decision(
        subject="target", kind="target", choice=target.name, why=why, asked=asked, rejected=rejected, sources=sources
    )


def impossible(host: Host, request: Request) -> str:
    """Why this machine could not run what is made for a named processor; "" where it could."""
    target = None if request.target in (None, GENERIC, NATIVE) else _named(str(request.target))
    if target is None:
        return ""
    family = host.os.arch.value
    if target.family.name != family:
        return f"{target.name} is a kind of {target.family.name}, this machine is {family}"
    missing = lacking(needed(target), host.cpu)
    if not missing:
        return ""
    return (
        f"the processor here ({host.cpu.microarchitecture.value}) lacks {_some(missing)}; what is compiled for "
        f"{target.name} cannot be verified here, only on a machine that has them"
    )


def with_flags(
    target: Target, recipe: Recipe, variables: Sequence[Variable], cpu: Cpu, complaints: Complaints
) -> Target:
    """The same, and what make flags that are on need; complains where this machine's processor lacks that."""
    more: dict[str, tuple[str, ...]] = {}
    for variable in variables:
        flag = recipe.flags.get(variable.name)
        if flag is None or variable.value != "1" or not flag.processor:
            continue
        more[variable.name] = flag.processor
        if missing := lacking(flag.processor, cpu):
            text = f"{variable.name}=1: the processor here lacks {_some(missing)}, so that it cannot be verified here"
            complaints.add(text, f"--set {variable.name}=0")
    features = tuple(sorted({*target.features, *(feature for each in more.values() for feature in each)}))
    if features == target.features:
        return target
    return msgspec.structs.replace(target, name=f"{target.name} with {', '.join(more)}", features=features)


def needed(target: Any) -> tuple[str, ...]:
    """What a processor has to have for a target of archspec's, as Linux names it, sorted."""
    more = (feature for each in (target, *target.ancestors) for feature in ALSO.get(each.name, ()))
    return tuple(sorted({KERNEL.get(feature, feature) for feature in (*target.features, *more)}))


def lacking(features: tuple[str, ...], cpu: Cpu) -> tuple[str, ...]:
    """Those that the processor does not have."""
    here = set(cpu.features.value.split())
    return tuple(feature for feature in features if feature not in here)


def _some(features: tuple[str, ...]) -> str:
    return ", ".join(features[:FEW]) + (f" and {len(features) - FEW} more" if len(features) > FEW else "")


def _flags(target: Any, compiler: Compiler) -> tuple[str, ...]:
    """The compiler's flags for a target; () where it has none.

    archspec compares versions part by part, so that 12.2.0 lies outside of its 10.3:12.2; hence a second look.
    """
    from archspec.cpu import InvalidCompilerVersion, UnsupportedMicroarchitecture

    for version in (compiler.version, ".".join(compiler.version.split(".")[:2])):
        with suppress(UnsupportedMicroarchitecture, InvalidCompilerVersion):
            return tuple(target.optimization_flags(compiler.family, version).split())
    return ()


def _named(text: str) -> Any:
    """archspec's target of a name, written in its way, the psABI's (x86-64-v3) or gcc's (znver3); None: unknown."""
    name = text.lower()
    return _all().get(name.replace("-", "_")) or dict(_by_gcc()).get(name)


def _by_gcc() -> Iterator[tuple[str, Any]]:
    for target in _all().values():
        for entry in target.compilers.get("gcc", ()):
            # An entry with more flags than these has the name of an older processor.
            if "name" in entry and entry["flags"] == "-march={name} -mtune={name}":
                yield entry["name"], target


def _all() -> Any:
    from archspec.cpu import TARGETS

    return TARGETS
