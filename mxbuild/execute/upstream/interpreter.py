"""The interpreter that runs the tests: the environment's own, or the one that it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass

from mxbuild import durable
from mxbuild.errors import UsageError
from mxbuild.execute.runtime import last_words
from mxbuild.execute.scrub import for_checks
from mxbuild.foreign import decoded
from mxbuild.process import run_limited

ASK = """
import json, os, sys
import mxnet, numpy
own = os.path.join(sys.base_exec_prefix, "bin", "python%d.%d" % sys.version_info[:2])
print(json.dumps([
    "%d.%d.%d" % sys.version_info[:3], own if os.path.exists(own) else sys.executable, numpy.__version__,
    mxnet.__file__,
]))
"""
LIMIT = 120.0


@dataclass(frozen=True)
class Interpreter:
    """A Python with MXNet in it."""

    path: str
    version: str
    base: str
    """The interpreter that its environment was made with."""
    numpy: str
    package: str
    """mxnet/__init__.py, as it is imported."""
    extra: Mapping[str, str]
    """Variables that it needs besides those of a check."""

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def interpreter(path: str, environ: Mapping[str, str], extra: Mapping[str, str]) -> Interpreter:
    """Ask it; it has to import MXNet for that.

    Raises:
        UsageError: it cannot be started, or MXNet cannot be imported in it.
    """
    with durable.scratch("upstream") as home:
        variables = {**for_checks(environ, home), **extra}
        try:
            ended = run_limited([path, "-s", "-B", "-c", ASK], env=variables, cwd=home, timeout=LIMIT)
        except OSError as error:
            raise UsageError(f"{path} cannot be started: {error.strerror}") from error
    if ended.code != 0 or ended.late:
        raise UsageError(
            f"MXNet cannot be imported with {path}",
            details=[last_words(ended.stdout + ended.stderr) or f"it ended with status {ended.code}"],
            remedy=f"{path} -c 'import mxnet' has to work in this shell",
        )
    try:
        version, base, numpy, package = decoded("".join(ended.stdout.splitlines()[-1:]), tuple[str, str, str, str])
    except ValueError as error:
        raise UsageError(f"{path} does not say what it is", details=[last_words(ended.stdout)]) from error
    return Interpreter(path, version, base, numpy, package, extra)


def handed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What a reference gets of the caller's environment: it may find its libraries by nothing else.

    Not PYTHON...: the tests' packages are led to it in that way.
    """
    return {k: v for k, v in environ.items() if k.startswith(("LD_", "MXNET_"))}
