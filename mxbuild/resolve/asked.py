"""What was asked for: whether it exists at all, and how a command line would say it."""

import difflib

from mxbuild.errors import UsageError
from mxbuild.model import Request
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import flags


def check(recipe: Recipe, request: Request) -> None:
    """Every feature, flag and number of the request against the recipe.

    Raises:
        UsageError: with all that does not exist, and what was probably meant.
    """
    faults = []
    for name, on in request.wanted.items():
        if name not in recipe.features:
            close = difflib.get_close_matches(name, recipe.features, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(f"--{'with' if on else 'without'} {name}: {recipe.id} has no feature {name}{hint}")
    faults += flags.unknown_flags(recipe, request)
    if request.jobs is not None and request.jobs < 1:
        faults.append(f"--jobs {request.jobs}: at least 1")
    if len(faults) == 1:
        raise UsageError(faults[0], remedy=f"mxbuild recipes show {recipe.id}")
    if faults:
        raise UsageError(
            f"{len(faults)} things are asked for that {recipe.id} does not have",
            details=faults,
            remedy=f"mxbuild recipes show {recipe.id}",
        )


def options(request: Request) -> list[str]:
    """The request as a command line has it."""
    options: list[str] = [] if request.apt else ["--no-apt"]
    for name, on in request.wanted.items():
        options += ["--with" if on else "--without", name]
    for name, value in request.flags.items():
        options += ["--set", f"{name}={value}"]
    for option, given in (("--jobs", request.jobs), ("--python", request.python), ("--mirror", request.mirror)):
        options += [] if given is None else [option, str(given)]
    return options
