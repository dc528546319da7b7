"""The kernel of an environment: the `.pth` file that leads to it, Jupyter's kernel spec, and the proof that both work.

The spec is called `python3`, as Jupyter's own is: nearly every notebook there is asks for that name, and so opens with
MXNet without a question. Only servers that are told of this directory see it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mxbuild import durable
from mxbuild.errors import BuildError
from mxbuild.execute import contents
from mxbuild.execute.context import Context
from mxbuild.execute.environment import installed
from mxbuild.execute.notebook.part import Part
from mxbuild.execute.runtime import fault
from mxbuild.execute.scrub import for_checks
from mxbuild.foreign import decoded
from mxbuild.model import Installed, Progress
from mxbuild.process import run_limited

SPEC = "python3"
ENVIRONMENT = "MXBUILD_ENVIRONMENT"
"""Tells a notebook where the environment's receipt is."""
LEADS = "environment.pth"
CONSTRAINTS = "constraints.txt"
FREE = ("pip", "setuptools", "wheel")
"""Packages that every virtual environment has its own of."""
LIMIT = 300.0
"""Seconds for the trial; matplotlib lists the machine's fonts in it, once."""

TRY = """
import importlib, json, sys
import ipykernel, matplotlib
matplotlib.use("agg")
import matplotlib.pyplot
package = importlib.import_module(sys.argv[1])
print(json.dumps([package.__version__, package.__file__, hasattr(package, "gluon")]))
"""


class Seen(NamedTuple):
    """What the trial saw of MXNet."""

    release: str
    gluon: bool


def lay(part: Part, one: Installed, log: str, context: Context) -> Seen:
    """Lay everything into a virtual environment that has the packages, and try it.

    Raises:
        BuildError: the kernel does not start, or what it imports is not the environment's.
        OSError: the disk refuses.
    """
    (site, *_), theirs = contents.places(part.path), contents.places(one.path)
    # addsitedir, so that the environment's own .pth files count; ascii: who reads this goes by the locale.
    lines = [f"import site; site.addsitedir({place!a})" for place in theirs]
    Path(site, LEADS).write_text("".join(f"{line}\n" for line in lines))
    held = {name: version for name, version in installed(theirs).items() if name not in FREE and "+" not in version}
    Path(part.path, CONSTRAINTS).write_text("".join(f"{name}=={version}\n" for name, version in held.items()))
    directory = f"{part.share}/kernels/{SPEC}"
    os.makedirs(directory, exist_ok=True)
    Path(directory, "kernel.json").write_text(json.dumps(spec(part, one), indent=1) + "\n")
    return _try(part, one, log, context)


def spec(part: Part, one: Installed) -> dict[str, object]:
    """Jupyter's kernel.json.

    `-E`: a PYTHONPATH that leads to another MXNet, as its developers have one, would win over what was built.
    """
    minor = ".".join(part.version.split(".")[:2])
    frozen = ["-Xfrozen_modules=off"] if int(minor.split(".")[1]) >= 11 else []  # the debugger asks for it
    return {
        "argv": [f"{part.bin}/python", "-E", *frozen, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": f"{one.receipt.recipe} (Python {minor})",
        "language": "python",
        "env": {**variables(part, one), "PATH": f"{part.bin}:{one.path}/bin:${{PATH}}"},
        "metadata": {"debugger": True},
    }


def variables(part: Part, one: Installed) -> dict[str, str]:
    """What the kernel, and all that it starts, are told. Of the user's HOME they need nothing."""
    return {
        ENVIRONMENT: one.path,
        "VIRTUAL_ENV": part.path,
        "PIP_CONSTRAINT": f"{part.path}/{CONSTRAINTS}",
        "MPLCONFIGDIR": f"{part.path}/matplotlib",
        "IPYTHONDIR": f"{part.path}/ipython",
    }


def _try(part: Part, one: Installed, log: str, context: Context) -> Seen:
    context.watch(Progress(id=part.kind, done=0, total=None, unit="checks", text="import mxnet, matplotlib"))
    proof = one.receipt.verification
    package = proof.package if proof else "mxnet"
    command = [f"{part.bin}/python", "-E", "-c", TRY, package]
    with durable.scratch("notebook") as home:
        environ: Mapping[str, str] = {**for_checks(context.environ, home), **variables(part, one)}
        try:
            ended = run_limited(command, env=environ, cwd=home, timeout=LIMIT)
        except OSError as error:
            raise BuildError(f"{command[0]} cannot be started: {error.strerror}") from error
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"+ {' '.join(command[:2])} -c ... {package}\n{ended.stdout}{ended.stderr}")
    if ended.code != 0 or ended.late:
        raise BuildError(
            f"the kernel of {one.name} does not import MXNet and matplotlib",
            details=[fault(ended, LIMIT), f"log: {log}"],
            remedy=f"mxbuild verify {one.name}",
        )
    try:
        release, file_, gluon = decoded("".join(ended.stdout.splitlines()[-1:]), tuple[str, str, bool])
        place = os.path.realpath(file_)
    except ValueError as error:  # no JSON, or a path that none can be
        raise BuildError(f"the kernel of {one.name} does not say what it is", details=[f"log: {log}"]) from error
    if not place.startswith(f"{os.path.realpath(one.path)}/"):
        raise BuildError(f"the kernel of {one.name} imports another MXNet: {file_}", details=[f"log: {log}"])
    return Seen(release, gluon)
