"""A plan as a Dockerfile: a stage that builds, with mxbuild in it, and one that runs, with no more than that takes."""

import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import jinja2

import mxbuild
from mxbuild.foreign import inert
from mxbuild.model import Build, Os
from mxbuild.resolve import driver
from mxbuild.resolve.architectures import ALL
from mxbuild.resolve.distribution import distributions
from mxbuild.resolve.image import Base, off
from mxbuild.resolve.toolkit_offers import switch_on
from mxbuild.script import stand_in

HERE = Path(__file__).parent
PREFIX = "/opt/mxnet"
DRIVER = "/opt/driver/libcuda.so.1"
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]*")
"""Of a Debian package, as a shell takes it without quotes."""
NONE = (
    "Debian packages have no versions here: this machine has none of them. Made where they are installed, this file has"
    " theirs; a snapshot of the distribution's archive as apt's source pins all that they need, too."
)
PINNED = (
    "Debian packages have the versions that this machine has. The archive drops them with each update; a snapshot of it"
    " as apt's source keeps them, and pins all that they need, too."
)
REMARKS = 110
"""Columns of a remark."""
WIDTH = 80
"""Columns after which no further option begins."""
PROGRAMS = ("dot",)
"""Facts that a finished environment needs as well as a build."""


def render(build: Build, os: Os, base: Base, here: Mapping[str, str], pins: Sequence[str], left: Sequence[str]) -> str:
    """The whole file.

    Args:
        build: decided for a bare host.
        os: that host's.
        here: Debian packages of this machine, which is of the image's distribution: name -> version.
        pins: mxbuild's own requirements, NAME==VERSION.
        left: options that were given and are not for an image.
    """
    recipe, source = build.recipe, build.recipe.source
    package, library = recipe.python.package.rsplit("/", 1)[-1], PurePosixPath(recipe.make.library).name
    on = ", ".join(feature.name for feature in build.features if feature.on)
    names = [p.name for p in build.packages]
    cuda, component = build.cuda, off(build, os)
    unpinned = [name for name in names if not VERSION.fullmatch(here.get(name, ""))]
    text = (
        _templates()
        .get_template("Dockerfile.jinja")
        .render(
            title=f"{recipe.id} ({build.device}) in {base.runtime}: {on}",
            tag=recipe.id,
            remarks=[line for text in _remarks(names, unpinned, left) for line in _wrapped(text)],
            builder=base.builder,
            runtime=base.runtime,
            packages=sorted(name if name in unpinned else f"{name}={here[name]}" for name in names),
            mxbuild=f"mxbuild=={mxbuild.__version__}",
            pins=pins,
            prefix=PREFIX,
            words=folded(words(build)),
            commit=source.commit,
            programs=" ".join(["python3", *programs(build)]),
            recipe=recipe.id,
            release=recipe.release,
            source=source.url,
            gpu=cuda is not None,
            clean=cuda is not None and cuda.origin != "apt",  # beside the package's own driver the host's is not loaded
            component=component,
            enabling=switch_on(component) if component else "",
            least=driver.least(cuda) if cuda and cuda.origin != "system" else "",  # NVIDIA's images say so themselves
            package=package,
            stand_in=stand_in(f"{PREFIX}/current/lib/python3*/site-packages/{package}/{library}", DRIVER, "gcc"),
        )
    )
    return inert(text)


def words(build: Build) -> list[str]:
    """What stands behind `mxbuild install`: every choice that the plan made, so that an image has it or is not made."""
    request, cuda = build.request, build.cuda
    found = [build.recipe.id, "--no-apt", "--yes", f"--{build.device}"]
    for feature in build.features:
        if "cuda" not in build.recipe.features[feature.name].needs:  # the device says that
            found += ["--with" if feature.on else "--without", feature.name]
    for name, value in request.flags.items():
        found += ["--set", f"{name}={value}"]
    for name, version in request.pins.items():
        found += ["--pin", f"{name}=={version}"]
    if build.target.flags:
        found += ["--target", build.target.name.replace("_", "-")]
    if cuda is not None:
        asked = request.cuda_arch if request.cuda_arch == ALL else ",".join(cuda.sass or (cuda.ptx,))
        found += ["--cuda-from", cuda.origin, "--cuda-arch", asked]
    return found + (["--mirror", request.mirror] if request.mirror else [])


def folded(words: Sequence[str]) -> str:
    """Words of a command, quoted, in lines that are not too long; a line break in one would begin an instruction."""
    lines = [""]
    for word in (shlex.quote(" ".join(word.splitlines())) for word in words):
        option = word.startswith("--")
        if option and len(lines[-1]) > WIDTH:
            lines.append("")
        lines[-1] += f" {word}"
    return " \\\n     ".join(lines).lstrip()


def programs(build: Build) -> list[str]:
    """Debian packages of programs that the finished environment calls."""
    brings = distributions().brings
    return [p.name for p in build.packages if set(PROGRAMS) & set(brings.get(p.name, ()))]


def _remarks(names: Sequence[str], unpinned: Sequence[str], left: Sequence[str]) -> Iterator[str]:
    if len(unpinned) == len(names):
        yield NONE
    else:
        yield PINNED
        if unpinned:
            yield f"Not installed here, so without a version: {', '.join(unpinned)}."
    if "+" in mxbuild.__version__:
        yield f"mxbuild {mxbuild.__version__} is no release, and no index has it: give one with --build-arg MXBUILD."
    if left:
        yield f"Not in it, since it is this machine's: {', '.join(left)}."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, REMARKS, break_long_words=False, break_on_hyphens=False)


def _templates() -> jinja2.Environment:
    """Nothing is escaped, as nothing has to be: what stands in the file are names out of closed vocabularies."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=False, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
