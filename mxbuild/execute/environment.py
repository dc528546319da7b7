"""A virtual environment of the build's own: pinned requirements, then the wheel, nothing of the system's packages.

It counts as installed only when the last step has written its receipt into it; what is found here without being
wanted is what a stopped run left, and is made anew.
"""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from mxbuild.errors import BuildError
from mxbuild.execute import contents, pip, receipt, virtualenv
from mxbuild.execute.context import Context
from mxbuild.execute.wheel import sha256
from mxbuild.model import CreateEnvironment, JournalEntry, Outcome, Progress


def run(step: CreateEnvironment, context: Context) -> Outcome:
    """Create the environment and install everything.

    Raises:
        BuildError: the interpreter has no venv, a requirement cannot be had, or the wheel does not fit.
    """
    started = time.monotonic()
    log = step.log
    try:
        os.makedirs(os.path.dirname(log), exist_ok=True)
        os.makedirs(os.path.dirname(step.environment), exist_ok=True)
        if (kept := _kept(step, context)) is not None:
            return kept
        _remove(step.environment, context.paths.current)
    except OSError as error:
        raise BuildError(f"{error.filename or step.environment}: {error.strerror}") from error
    virtualenv.create(step.environment, step, context)
    digest = str(context.outcomes.get("wheel", {}).get("sha256", "")) or sha256(step.wheel)
    _install(step, digest, pip.Pip(step, step.environment, context, step.find_links))
    version, places = virtualenv.ask(step.environment, context)
    packages = installed(places)
    count = len(packages)
    context.watch(Progress(id=step.id, done=count, total=count, unit="packages", text=os.path.basename(step.wheel)))
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"Python {version}, {count} packages",
        evidence={"python": version, "packages": packages},
    )


def damage(step: CreateEnvironment, entry: JournalEntry) -> str:
    """Whether the interpreter is there and every installed file has the size that it was installed with."""
    if not os.path.exists(f"{step.environment}/bin/python"):
        return "the environment is gone, or its interpreter is"
    packages = entry.evidence.get("packages", {})
    return next((one.text for one in contents.differences(step.environment, packages, hashed=False)), "")


def installed(places: Sequence[str]) -> dict[str, str]:
    """Distributions in the given directories: name -> version.

    Raises:
        BuildError: what one says of itself cannot be read.
    """
    from importlib.metadata import distributions

    every = distributions(path=list(dict.fromkeys(places)))
    try:
        found = {str(name): str(d.version) for d in every if (name := d.metadata["Name"])}
    except UnicodeDecodeError as error:
        raise BuildError("a package that was installed has METADATA that is no text", details=[str(error)]) from error
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _install(step: CreateEnvironment, digest: str, installer: pip.Pip) -> None:
    """In one call where everything has a hash: pip's start takes as long as the wheel itself.

    Args:
        digest: SHA-256 of the wheel as it was packed, or fetched.
    """
    others = [requirement for requirement in step.requirements if requirement not in step.hashed]
    wheel = f"{Path(step.wheel).as_uri()} --hash=sha256:{digest}"
    if not others:
        return installer.install_pinned([wheel, *step.hashed])
    if step.hashed:
        installer.install_pinned(step.hashed)
    installer.install(["--only-binary", ":all:", *others])
    return installer.install_pinned([wheel], "wheel.txt")


def _kept(step: CreateEnvironment, context: Context) -> Outcome | None:
    """An environment that is whole and has this very wheel works on: the wheel was only made once more."""
    proof = receipt.read(f"{step.environment}/receipt.json")
    if proof is None or not proof.python_packages or os.path.islink(step.environment):
        return None
    if proof.wheel_sha256 != context.outcomes.get("wheel", {}).get("sha256"):
        return None
    if next(contents.differences(step.environment, proof.python_packages, hashed=True), None):
        return None
    version = proof.python.rpartition(" ")[2]
    evidence = {"python": version, "packages": proof.python_packages}
    return Outcome(id=step.id, status="done", seconds=0.0, detail=f"Python {version}, as it was", evidence=evidence)


def _remove(environment: str, current: str) -> None:
    """What leads there first, then the receipt: what is half removed must not look whole."""
    if os.path.islink(current) and os.path.realpath(current) == os.path.realpath(environment):
        os.unlink(current)
    if os.path.islink(environment):
        os.unlink(environment)
    elif os.path.lexists(environment):
        Path(environment, "receipt.json").unlink(missing_ok=True)
        shutil.rmtree(environment)
