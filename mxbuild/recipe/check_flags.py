"""Make variables: which may be flags, who sets them, and to what."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from mxbuild.recipe.fault import Fault, either, hint, quoted
from mxbuild.recipe.locate import Path
from mxbuild.recipe.model import FlagValue, Recipe

OWN = ("CC", "CXX", "NVCC", "ADD_CFLAGS", "ADD_LDFLAGS", "CUDA_ARCH")
"""Set by mxbuild on every command line."""

RESERVED = (
    *("MAKE*", "SHELL", "CURDIR", "SUFFIXES", "VPATH", "GPATH", "MFLAGS", "GNUMAKEFLAGS"),
    *("AR", "AS", "CPP", "FC", "LD", "LEX", "YACC", "NM", "RANLIB", "STRIP", "RM", "INSTALL", "PKG_CONFIG*", "*FLAGS"),
    *("PATH", "HOME", "TMPDIR", "ENV", "IFS", "CDPATH", "CPATH", "LIBRARY_PATH", "COMPILER_PATH", "*_INCLUDE_PATH"),
    *("LD_*", "GCC_*", "COLLECT_*", "BASH*", "PYTHON*", "PERL*", "GIT_*", "SSH_*", "CCACHE_*", "DISTCC_*", "GLIBC_*"),
)
"""Variables of make, of its rules, and of the programs that it starts: make hands its command line's on to them."""


def flags(recipe: Recipe) -> Iterator[Fault]:
    """What is wrong with the flags, and with who sets them."""
    for name, flag in recipe.flags.items():
        if name in OWN:
            yield Fault(("flags", name), f"mxbuild sets {name} itself", on_key=True)
        elif any(fnmatchcase(name, pattern) for pattern in RESERVED):
            yield Fault(("flags", name), f"{name} belongs to make and to the programs that it starts", on_key=True)
        yield from _allowed(recipe, name, flag.value, ("flags", name, "value"))
    for name, feature in recipe.features.items():
        unknown = (feature.on.keys() | feature.off.keys()) - recipe.flags.keys()
        for here, there in (("on", "off"), ("off", "on")):
            mine, other = (feature.on, feature.off) if here == "on" else (feature.off, feature.on)
            where = ("features", name, here)
            yield from _set(recipe, mine, where)
            if unknown:
                continue  # of which one is probably meant to be the other's
            for flag_name in mine.keys() - other.keys():
                text = f"{flag_name} is set in `{here}`, but not in `{there}`"
                yield Fault((*where, flag_name), text, on_key=True, about=("features", name, there))
    for index, compat in enumerate(recipe.compat):
        yield from _set(recipe, compat.set, ("compat", index, "set"))
    yield from _shared(recipe)
    yield from _placeholders(recipe)


def _set(recipe: Recipe, values: Mapping[str, FlagValue], where: Path) -> Iterator[Fault]:
    for name, value in values.items():
        if name not in recipe.flags:
            text = f"nothing in [flags] is called {quoted(name)}{hint(name, recipe.flags)}"
            yield Fault((*where, name), text, on_key=True, about=("flags",))
        yield from _allowed(recipe, name, value, (*where, name))


def _allowed(recipe: Recipe, name: str, value: FlagValue, where: Path) -> Iterator[Fault]:
    """The value has to be one of the flag's `values`; of a placeholder nobody knows before it is filled."""
    choices = recipe.flags[name].values if name in recipe.flags else ()
    if choices and str(value) not in map(str, choices) and not str(value).startswith("{"):
        yield Fault(where, f"{name} is {either(choices)}, not {quoted(value)}", about=("flags", name, "values"))


def _shared(recipe: Recipe) -> Iterator[Fault]:
    """A flag follows one feature: with two, one on and one off, one of them would not get its value."""
    owners: dict[str, str] = {}
    for name, feature in recipe.features.items():
        for flag in feature.on:
            owner = owners.setdefault(flag, name)
            first = recipe.features[owner]
            values = {str(table.get(flag)) for table in (first.on, first.off, feature.on, feature.off)}
            if owner != name and len(values) > 1:
                yield Fault(
                    ("features", name, "on", flag),
                    f"{flag} follows the feature {owner} already; it cannot follow {name} as well",
                    on_key=True,
                    about=("features", owner, "on", flag),
                )


def _placeholders(recipe: Recipe) -> Iterator[Fault]:
    """A feature's value can stand for a fact only of what the feature needs."""
    for name, feature in recipe.features.items():
        for flag, value in feature.on.items():
            subject = str(value).removeprefix("{").partition(".")[0]
            if str(value).startswith("{") and subject not in feature.needs:
                text = f'{value} is known only where the feature needs {subject}: needs = {{ {subject} = "" }}'
                yield Fault(("features", name, "on", flag), text, about=("features", name, "needs"))
