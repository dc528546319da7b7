"""pip in a new environment: what it does shown as packages, what it says turned into cause and remedy."""

import glob
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from mxbuild.errors import BuildError
from mxbuild.execute.context import Context
from mxbuild.execute.scrub import for_pip
from mxbuild.execute.virtualenv import Installing, refusal, starting
from mxbuild.failures import book
from mxbuild.failures.model import Tool
from mxbuild.model import Line, Message, Progress
from mxbuild.process import run_logged

OPTIONS = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")

INSTALL = ("install", *OPTIONS, "--no-compile")
"""Bytecode is made of what is imported, by the first verification: pip would make all of it, with one core."""

WITH_PIP = Path(__file__).parent / "inside" / "with_pip.py"

OLD = (20, 3)
"""pip before this takes the newest of each dependency, fit or not, and knows few of today's wheel tags."""

NEWER = "pip==20.3.4 --hash=sha256:217ae5161a0e08c0fb873858806e3478c9775caffce5168b50ec885e358c199d"
"""Runs on every Python that brings an older one (3.6 to 3.8)."""

ITSELF = re.compile(r"/pip-(\d+)\.(\d+)[^/]*\.dist-info$")
COLLECTING = re.compile(r"^\s*(?:Collecting|Processing) (\S+)")
INSTALLING = re.compile(r"^Installing collected packages: (.*)")
RETRYING = re.compile(r"^\s*WARNING: Retrying \(Retry\(total=(\d+)")
OUTSIDE = frozenset({"disk-full", "pip-certificate", "pip-network", "pip-hash"})
"""Of the failure book: no other pip would do better."""
ABSENT = re.compile(
    r"No matching distribution found for (\S+)|Could not find a version that satisfies the requirement (\S+)"
)
UNFIT = re.compile(r"(?<!\S)(\S+\.whl) is not a supported wheel on this platform")
HASH = re.compile(r"THESE PACKAGES DO NOT MATCH THE HASHES[^\n]*(?:\n\s+(\S+))?")

LINES = 5
"""That are shown of what pip said."""
TOOLS: tuple[Tool, ...] = ("system", "pip")
"""Whose entries in the failure book are about what pip says."""
ERROR = re.compile(
    r"^\s*(?=\S)(?:ERROR: )?(.*(?:No matching distribution|Could not |Cannot |not a supported).*)|^ERROR: (.*)"
)


class Pip:
    """An environment's own pip. Where it has none yet, ensurepip's comes with the first call.

    Args:
        step: on whose behalf; its log and its interpreter are named when something fails.
        environment: directory of the virtual environment.
        find_links: directory of the only wheels that it may take; "": an index has them.
    """

    def __init__(self, step: Installing, environment: str, context: Context, find_links: str = "") -> None:
        self._step = step
        self._context = context
        self._environment = environment
        self._python = f"{environment}/bin/python"
        self._find_links = find_links
        self._variables = self._outside()
        self._collected = 0

    def install_pinned(self, pins: Sequence[str], listed: str = "pinned.txt") -> None:
        """Install exactly these wheels, nothing that they ask for; the first one that cannot be had stops all of it.

        pip takes hashes from a file only, and then wants one for everything in the call. The wheels are large: what
        is unpacked of them lies in the environment meanwhile, not in a /tmp that may be the memory.

        Args:
            pins: name==version --hash=sha256:..., or a wheel's URL in place of its name and version.
            listed: name of the file in the environment that they are kept in.

        Raises:
            BuildError: one cannot be had, or is not what its hash says, or the environment cannot be written.
        """
        temporary = f"{self._environment}/tmp"
        try:
            asked = self._by_hash(listed, pins)
            os.makedirs(temporary, exist_ok=True)
            self._variables["TMPDIR"] = temporary
            self.install(asked)
            self._variables = self._outside()
            shutil.rmtree(temporary)
        except OSError as error:
            raise BuildError(f"{error.filename or self._environment}: {error.strerror}") from error

    def install(self, arguments: Sequence[str]) -> None:
        """`pip install`; once more with a newer pip where an old one failed for reasons of its own.

        Raises:
            BuildError: it failed.
        """
        self._patiently(INSTALL, arguments)

    def ensure(self) -> None:
        """Have a pip.

        Raises:
            BuildError: the interpreter has no ensurepip.
        """
        if not self._places():
            self._run([])

    def download(self, pins: Sequence[str], directory: str) -> None:
        """Put exactly these wheels into a directory.

        Args:
            pins: name==version, or name==version --hash=sha256:...; all with hashes, or none.

        Raises:
            BuildError: one cannot be had, or is not what its hash says.
        """
        hashed = any(" --hash=" in pin for pin in pins)
        asked = self._by_hash("download.txt", pins) if hashed else ["--only-binary", ":all:", *pins]
        self._patiently(["download", *OPTIONS], ["--dest", directory, *asked])

    def _patiently(self, command: Sequence[str], arguments: Sequence[str]) -> None:
        code, said = self._run([*command, *arguments])
        if code != 0 and "--no-index" not in arguments and not outside(said) and self.old():
            text = "this Python's own pip is too old for these packages; updating it in the environment"
            self._context.watch(Message(id=self._step.id, text=text))
            if self._run([*INSTALL, *self._by_hash("pip.txt", [NEWER])])[0] == 0:
                self._collected = 0
                code, said = self._run([*command, *arguments])
        if code != 0:
            raise self._failure(said)

    def _outside(self) -> dict[str, str]:
        """Its variables: where packages come from. Settings in files are of no account where no index is asked."""
        variables = for_pip(self._context.environ)
        if not self._find_links:
            return variables
        links = Path(self._find_links).as_uri()  # the variable is a list with blanks between
        return variables | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": links, "PIP_CONFIG_FILE": os.devnull}

    def _by_hash(self, name: str, pins: Sequence[str]) -> list[str]:
        """Options that install these wheels and no others, out of a file in the environment."""
        listed = f"{self._environment}/{name}"
        Path(listed).write_text("".join(f"{pin}\n" for pin in pins))
        return ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", listed]

    def _run(self, arguments: Sequence[str]) -> tuple[int, list[str]]:
        said: list[str] = []

        def line(text: str) -> None:
            said.append(text)
            self._context.watch(Line(id=self._step.id, text=text))
            if found := COLLECTING.match(text):
                self._collected += 1
                self._progress(None, found[1].rsplit("/", 1)[-1])
            elif found := INSTALLING.match(text):
                self._progress(None, found[0])
            elif found := RETRYING.match(text):
                left = int(found[1]) + 1  # pip says what is left after this one
                self._progress(None, f"the index does not answer; {left} more {'tries' if left > 1 else 'try'}")

        program = ["-m", "pip"] if self._places() else [str(WITH_PIP)]
        command = [self._python, "-I", *program, *arguments]
        with starting(self._python):
            code = run_logged(command, env=self._variables, cwd="/", log=self._step.log, on_line=line)
        if code != 0 and not self._places():
            what = f"-m ensurepip, in the new environment, ended with status {code}"
            raise refusal(what, said, self._environment, self._step, self._context)
        return code, said

    def _progress(self, total: int | None, text: str) -> None:
        event = Progress(id=self._step.id, done=self._collected, total=total, unit="packages", text=text)
        self._context.watch(event)

    def old(self) -> bool:
        """Whether it would have to be updated before it knows today's wheels; its files say that without a start."""
        found = [match for place in self._places() if (match := ITSELF.search(place))]
        return any((int(match[1]), int(match[2])) < OLD for match in found)

    def _places(self) -> list[str]:
        """Where it says what it is; none where there is no pip."""
        return glob.glob(f"{glob.escape(self._environment)}/lib/python*/site-packages/pip-*.dist-info")

    def _failure(self, said: Sequence[str]) -> BuildError:
        headline, remedy = explain(said, self._step.python)
        return BuildError(headline, remedy=remedy, details=[*last(said), f"log: {self._step.log}"])


def last(said: Sequence[str]) -> list[str]:
    """The lines that stand last, of those about trying again only the newest: each is as long as the others."""
    again = [number for number, line in enumerate(said) if RETRYING.match(line)]
    return [line for number, line in enumerate(said) if number not in again[:-1]][-LINES:]


def outside(said: Sequence[str]) -> bool:
    """Whether what pip failed for is nothing of its own."""
    return any(failure.id in OUTSIDE for failure, _ in book().matching(said, TOOLS))


def explain(said: Sequence[str], python: str) -> tuple[str, str | None]:
    """What went wrong, in a sentence, and what to do about it.

    Args:
        said: pip's output.
        python: path of the interpreter that was asked for.
    """
    text = "\n".join(said)
    lines = [(found[1] or found[2]) for line in said if (found := ERROR.match(line)) and (found[1] or found[2])]
    said_last = lines[-1] if lines else next((line for line in reversed(said) if line.strip()), "it said nothing")
    absent, other, unfit = ABSENT.search(text), HASH.search(text), UNFIT.search(text)
    pin = (absent[1] or absent[2]) if absent else ""
    what = (other[1] if other else "") or "a package"
    known = book().explain(said, TOOLS)
    headline = {
        "disk-full": "pip: the disk is full",
        "pip-certificate": f"pip cannot trust the package index: {said_last}",
        "pip-network": "pip cannot reach the package index" + (f" to fetch {pin}" if pin else ""),
        "pip-hash": f"pip: {what} is not what its pin or its index says: its hash is another",
        "pip-no-wheel": f"no wheel of {pin} fits {python} on this machine",
        "pip-no-mxnet": f"no wheel of {pin} fits {python} on this machine",
        "pip-wheel-unfit": f"the wheel {unfit[1] if unfit else ''} does not fit {python}",
    }.get(known.id if known else "", f"pip failed: {said_last}")
    return headline, known.remedy if known else None
