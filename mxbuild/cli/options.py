"""Options that several verbs share, and what they amount to."""

import functools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mxbuild.cli.helping import OUTPUT, Option
from mxbuild.cli.invocation import Invocation

if TYPE_CHECKING:
    from mxbuild.locations import Locations
    from mxbuild.model import ExtraOperators, Request

DEFAULT = "mxnet-0.12.1"
option = functools.partial(click.option, cls=Option)
"""An option that can say under which title it stands: `group=`."""


@dataclass(frozen=True)
class Asked:
    """What the shared options ask for."""

    request: "Request"
    where: "Locations"
    recipe_dirs: tuple[str, ...]
    json: bool
    verbose: bool
    quiet: bool


WHAT, CUDA, HOW, WHERE = "What to build", "CUDA", "How to compile", "Where from, where to"
"""Titles in the help, with OUTPUT; an option of one verb alone needs none."""

json_option = option("--json", group=OUTPUT, is_flag=True, help="JSON instead of text; errors too.")
prefix_option = option(
    "--prefix", group=WHERE, metavar="DIR", help="Where installs are kept. [env: MXBUILD_PREFIX]",
    type=click.Path(file_okay=False),
)  # fmt: skip
recipe_dir_option = option(
    "--recipe-dir", "recipe_dirs", group=WHERE, multiple=True, metavar="DIR",
    help="Look for recipes here first. [env: MXBUILD_RECIPES]",
)  # fmt: skip
mirror_option = option(
    "--mirror", "mirror_", group=WHERE, metavar="DIR|URL", envvar="MXBUILD_MIRROR",
    help="Fetch OWNER/NAME.git from there; the pins stay. [env: MXBUILD_MIRROR]",
)  # fmt: skip

_REQUEST: tuple[Callable[[Any], Any], ...] = (
    option("--cpu", "device", group=WHAT, flag_value="cpu", help="Build for the CPU."),
    option("--gpu", "device", group=WHAT, flag_value="gpu", help="Build for the GPU."),
    option(
        "--auto", "device", group=WHAT, flag_value="auto", default=True, help="Build for what is there (the default)."
    ),
    option("--with", "on", group=WHAT, multiple=True, metavar="FEATURE", help="This feature has to be there."),
    option("--without", "off", group=WHAT, multiple=True, metavar="FEATURE", help="Leave this feature out."),
    option("--set", "flags", group=WHAT, multiple=True, metavar="USE_X=V", help="Set a make flag of the recipe."),
    option(
        "--target", group=WHAT, metavar="PROCESSOR", envvar="MXBUILD_TARGET",
        help="Compile for generic, native, x86-64-v3, zen3, ... [env: MXBUILD_TARGET] [default: generic]",
    ),
    option(
        "--extra-operators", group=WHAT, metavar="DIR", type=click.Path(file_okay=False),
        help="Compile the C++ operators there into the library: DIR/*.cc and DIR/*/*.cc.",
    ),
    option(
        "--python", group=WHAT, metavar="PATH", help="Interpreter of the environment: a path, or a version (3.11)."
    ),
    option(
        "--pin", "pins", group=WHAT, multiple=True, metavar="NAME==VERSION",
        help="Another version of a Python package than the recipe's: numpy==2.3.5.",
    ),
    option(
        "--cuda", group=CUDA, metavar="PATH|VERSION", envvar="MXBUILD_CUDA",
        help="Compile with this CUDA toolkit. [env: MXBUILD_CUDA]",
    ),
    option(
        "--cuda-from", group=CUDA, type=click.Choice(("auto", "system", "apt", "wheels")), metavar="WHERE",
        help="Where the toolkit comes from: auto, system, apt or wheels (NVIDIA's, on PyPI). [default: auto]",
    ),
    option("--install-cuda", group=CUDA, is_flag=True, help="The same as --cuda-from apt."),
    option(
        "--cuda-arch", group=CUDA, metavar="X.Y,...", envvar="MXBUILD_CUDA_ARCH",
        help="GPUs to compile for: 7.0,8.6 or native or all-supported. [env: MXBUILD_CUDA_ARCH]",
    ),
    option(
        "--cudnn", group=CUDA, metavar="DIR", envvar="MXBUILD_CUDNN",
        help="Prefix of the cuDNN to use. [env: MXBUILD_CUDNN]",
    ),
    option("--jobs", group=HOW, type=click.IntRange(min=1), metavar="N", help="Compilers that run at once."),
    option("--ccache/--no-ccache", group=HOW, default=None, help="Use ccache. [default: where it is installed]"),
    option(
        "--remote-cache", group=HOW, metavar="URL", envvar="MXBUILD_REMOTE_CACHE",
        help="Share ccache's objects: redis://HOST[:PORT][/DB], http://... or file:///DIR. [env: MXBUILD_REMOTE_CACHE]",
    ),
    option(
        "--workers", group=HOW, metavar="HOST/SLOTS,...", envvar="MXBUILD_WORKERS",
        help="Compile there as well, through distcc over SSH. [env: MXBUILD_WORKERS]",
    ),
    option("--no-apt", group=HOW, is_flag=True, help="Install no packages; build with what the machine has."),
    mirror_option,
    option(
        "--store", group=WHERE, metavar="DIR|URL", envvar="MXBUILD_STORE",
        help="Take the wheel from there, where it has this build. [env: MXBUILD_STORE]",
    ),
    option(
        "--vendored", group=WHERE, metavar="FILE", type=click.Path(dir_okay=False),
        help="Take everything out of a file that `mxbuild vendor` made, nothing from a network.",
    ),
    recipe_dir_option,
    prefix_option,
    json_option,
    option("-v", "--verbose", group=OUTPUT, is_flag=True, help="Show commands, variables, the children's output."),
    option("-q", "--quiet", group=OUTPUT, is_flag=True, help="Show only errors and the end."),
)  # fmt: skip


def recipe_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """The recipe as an argument that can be left out."""
    return click.argument("recipe", default=DEFAULT, metavar="[RECIPE]")(function)


def request_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a verb all options of a request; it is called with `call`, `asked` and what options of its own it has."""

    @functools.wraps(function)
    def wrapper(**given: Any) -> None:
        function(click.get_current_context().find_object(Invocation), _asked(given), **given)

    for option in reversed(_REQUEST):
        wrapper = option(wrapper)
    return wrapper


def _asked(given: dict[str, Any]) -> Asked:
    """Take the shared options out of what click hands over.

    Raises:
        click.UsageError: they contradict each other.
    """
    from mxbuild.locations import locations
    from mxbuild.model import Request

    on, off = given.pop("on"), given.pop("off")
    if both := sorted(set(on) & set(off)):
        raise click.UsageError(f"--with {both[0]} and --without {both[0]} contradict each other")
    verbose, quiet = given.pop("verbose"), given.pop("quiet")
    if verbose and quiet:
        raise click.UsageError("-v and -q contradict each other")
    device: Any = given.pop("device") or "auto"
    vendored = given.pop("vendored")
    if vendored and click.get_current_context().get_parameter_source("recipe") is click.core.ParameterSource.DEFAULT:
        given["recipe"] = ""  # the file says
    request = Request(
        recipe=given.pop("recipe"),
        vendored=os.path.abspath(os.path.expanduser(vendored)) if vendored else None,
        device=device,
        wanted={**dict.fromkeys(on, True), **dict.fromkeys(off, False)},
        flags=dict(_flag(text) for text in given.pop("flags")),
        jobs=given.pop("jobs"),
        python=_path(given.pop("python")),
        pins=dict(_pin(text) for text in given.pop("pins")),
        mirror=mirror(given.pop("mirror_")),
        store=mirror(given.pop("store")),
        apt=not given.pop("no_apt"),
        workers=given.pop("workers") or None,
        remote_cache=_remote_cache(given.pop("remote_cache"), ccache=given["ccache"]),
        ccache=given.pop("ccache"),
        target=given.pop("target") or None,
        extra_operators=_operators(given.pop("extra_operators")),
        **_cuda(given, device),
    )
    return Asked(
        request=request,
        where=locations(os.environ, given.pop("prefix")),
        recipe_dirs=given.pop("recipe_dirs"),
        json=given.pop("json"),
        verbose=verbose,
        quiet=quiet,
    )


def _operators(directory: str | None) -> "ExtraOperators | None":
    """What lies in the directory now.

    Raises:
        UsageError: nothing that make would compile, or not to be read.
    """
    if directory is None:
        return None
    from mxbuild.detect.operators import look

    return look(os.path.abspath(os.path.expanduser(directory)))


def _remote_cache(text: str | None, *, ccache: bool | None) -> str | None:
    """The address without its password, which only the environment may hold; with --no-ccache that is for other calls.

    Raises:
        click.UsageError: there is one on the command line.
    """
    from mxbuild.resolve.remote_cache import HIDDEN, VARIABLE, shown

    if not text:
        return None
    source = click.get_current_context().get_parameter_source("remote_cache")
    if source is click.core.ParameterSource.COMMANDLINE and HIDDEN in (hidden := shown(text)):
        raise click.UsageError(
            f"--remote-cache {hidden}: everyone here can read a command line; put the address into {VARIABLE}"
        )
    return shown(text) if ccache is not False or source is click.core.ParameterSource.COMMANDLINE else None


def _flag(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--set {text}: write it as NAME=VALUE, for example --set USE_OPENCV=0")
    return name, value


def _pin(text: str) -> tuple[str, str]:
    """As a recipe has it; nothing else may reach pip's command line."""
    from mxbuild.recipe.values import PIN

    if not re.fullmatch(PIN, text):
        raise click.UsageError(f"--pin {text}: write it as NAME==VERSION, for example --pin numpy==2.3.5")
    name, _, version = text.partition("==")
    return name, version


def _cuda(given: dict[str, Any], device: str) -> dict[str, Any]:
    """What is asked of CUDA. With --cpu, what the environment says of it is for other calls.

    Raises:
        click.UsageError: --install-cuda and another --cuda-from.
    """
    origin = given.pop("cuda_from")
    if given.pop("install_cuda"):
        if origin not in (None, "apt"):
            raise click.UsageError(f"--install-cuda means --cuda-from apt; --cuda-from {origin} contradicts it")
        origin = "apt"
    words = {name: given.pop(name) or None for name in ("cuda", "cuda_arch", "cudnn")}
    if device == "cpu":
        source = click.get_current_context().get_parameter_source
        words = {n: None if source(n) is click.core.ParameterSource.ENVIRONMENT else w for n, w in words.items()}
    cudnn = words["cudnn"]
    return {
        "cuda": _path(words["cuda"]),
        "cuda_from": origin or "auto",
        "cuda_arch": words["cuda_arch"],
        "cudnn": os.path.abspath(os.path.expanduser(cudnn)) if cudnn else None,
    }


def _path(text: str | None) -> str | None:
    """A path made absolute; a version or a bare name as it is."""
    return os.path.abspath(os.path.expanduser(text)) if text and "/" in text else text


def mirror(text: str | None) -> str | None:
    """A directory made absolute; a URL as it is. Empty (an empty variable): none."""
    if not text or "://" in text:
        return text or None
    return os.path.abspath(os.path.expanduser(text))
