"""git, hardened: no prompt, no hook, no helper, nothing in the caller's configuration that bends a checkout.

What is kept of the caller's configuration, on purpose: proxies, certificates, `url.X.insteadOf`, ~/.netrc. Where that
leads is held against the same rules as a recipe's URL. git's credential helpers are not asked: they open windows.
"""

import os
import re
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, BinaryIO, cast, final

import msgspec

from mxbuild.errors import Interrupted, SourceError
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.process import end_group
from mxbuild.rights import absolute

if TYPE_CHECKING:
    from subprocess import Popen  # noqa: TID251 - for the type only

GIT_KEPT = re.compile(
    r"GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|(KEY|VALUE)_\d+)|(PROXY_)?SSL_\w+|HTTP_\w+|EXEC_PATH)"
)
"""The caller's GIT_ variables that reach git. GIT_DIR, GIT_INDEX_FILE, GIT_SSH_COMMAND and the like do not."""

FIXED = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "C",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
}
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.askPass=",
    "credential.helper=",
    "filter.lfs.smudge=",
    "filter.lfs.process=",
    "filter.lfs.required=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.unpackLimit=1",
    "fetch.writeCommitGraph=false",
    "init.defaultObjectFormat=sha1",
    "init.defaultRefFormat=files",
    "advice.detachedHead=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
TOLERATED = (
    *("badDate", "badDateOverflow", "badEmail", "badName", "badTimezone", "duplicateEntries", "missingEmail"),
    *("missingNameBeforeEmail", "missingSpaceBeforeDate", "missingSpaceBeforeEmail", "zeroPaddedDate"),
    *("nulInCommit", "zeroPaddedFilemode"),
)
"""Faults of old commits that harm nobody; every other one that `fsck` calls an error stops a fetch."""

PROGRESS = re.compile(
    r"^(?:remote: )?(?P<phase>[A-Z][a-z]+ [a-z ]+):\s+"
    r"(?:[0-9]{1,3}% \((?P<done>[0-9]{1,15})/(?P<total>[0-9]{1,15})\)|[0-9]+)(?:, (?P<rest>.*))?"
)


NOTES, LONGEST = 200, 1000
"""Of what git and the server say: the last so many lines, and bytes of each, are kept. A server can say things for
ever."""


class Advance(msgspec.Struct, frozen=True):
    """One report of git's progress: "Receiving objects", 23 of 1000, "1.20 MiB | 2.40 MiB/s"."""

    phase: str
    done: int
    total: int
    amount: str


class Reply(msgspec.Struct, frozen=True):
    """What git said: standard output as it came, and the lines of standard error that are no progress."""

    stdout: bytes
    notes: tuple[str, ...]


@final
class Git:
    """Runs git for one step. Every child has its own session; `stop` ends them all and lets no more start.

    Args:
        environ: the caller's environment.
        keep_open: descriptors that children inherit.

    Raises:
        SourceError: git is not installed, or does not run.
    """

    def __init__(self, environ: Mapping[str, str], keep_open: Sequence[int] = ()) -> None:
        path = absolute(environ.get("PATH", os.defpath))
        program = shutil.which("git", path=path)
        if program is None:
            raise SourceError("git is not installed", remedy="sudo apt-get install git")
        ours = {k: v for k, v in environ.items() if not k.startswith("GIT_") or GIT_KEPT.fullmatch(k)}
        ours.pop("SSH_ASKPASS", None)
        self._environment = {**ours, **FIXED, "PATH": path}
        self._program = program
        self._keep_open = tuple(keep_open)
        self._children: set[Popen[bytes]] = set()
        self._lock = threading.Lock()
        self.stopped = threading.Event()
        self._settings: tuple[str, ...] = SETTINGS
        said = self.run("/", "version").stdout.decode(errors="replace")
        numbers = re.search(r"(\d+)\.(\d+)", said)
        if numbers is None:
            raise SourceError(f"{program} does not say its version", details=[said], remedy="sudo apt-get install git")
        self.version = (int(numbers[1]), int(numbers[2]))
        self._settings += tuple(_by_version(self.version))

    def run(
        self,
        cwd: str,
        *arguments: str,
        protocol: str = "",
        progress: Callable[[Advance], None] | None = None,
        stdin: IO[bytes] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Reply:
        """Run `git ARGUMENTS` in `cwd` to its end.

        Args:
            protocol: the one that it may speak; "": none, it cannot leave the machine.
            stdin: what it reads; closed where None.
            extra: further variables of its environment.

        Raises:
            GitFailedError: it ended with another status than 0.
            Interrupted: `stop` was called.
        """
        settings = [part for setting in self._settings for part in ("-c", setting)]
        environment = {**self._environment, **(extra or {}), "GIT_ALLOW_PROTOCOL": protocol or "none"}
        # GitPython adds to the environment of this process: what the child must not see has to be taken out. Names
        # only: values would show in the list of processes.
        foreign = sorted(name for name in os.environ if name not in environment)
        without = ["env", *(part for name in foreign for part in ("-u", name))] if foreign else []
        process = self._start([*without, self._program, *settings, *arguments], cwd, environment, stdin)
        notes: deque[str] = deque(maxlen=NOTES)
        output: list[bytes] = []
        reader = threading.Thread(target=lambda: output.append(_all(process.stdout)), daemon=True)
        reader.start()
        try:
            for line in _lines(process.stderr):
                match = PROGRESS.match(line)
                if match is None:
                    notes.append(line)
                elif progress is not None and match["total"]:
                    rest = (match["rest"] or "").removesuffix("done.").strip(", ")
                    progress(Advance(match["phase"], int(match["done"]), int(match["total"]), rest))
            code = process.wait()
            reader.join()
        except BaseException:
            end_group(process)
            raise
        finally:
            with self._lock:
                self._children.discard(process)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        if self.stopped.is_set():
            raise Interrupted("git was stopped")
        if code != 0:
            over_network = protocol in ("http", "https")
            raise GitFailedError(arguments, code, "\n".join(notes), over_network=over_network)
        return Reply(b"".join(output), tuple(notes))

    def _start(
        self, command: list[str], cwd: str, environment: Mapping[str, str], stdin: IO[bytes] | None
    ) -> "Popen[bytes]":
        try:
            from git import Git as Command
            from git.exc import GitCommandNotFound
        except ImportError as error:  # GitPython runs `git version` when it is imported
            raise SourceError("git does not run", details=[str(error)], remedy="sudo apt-get install git") from error
        with self._lock:
            if self.stopped.is_set():
                raise Interrupted("git was stopped")
            try:
                handle = Command(cwd).execute(
                    command,
                    istream=cast("BinaryIO", stdin),  # its annotation forgets None
                    as_process=True,
                    env=dict(environment),
                    start_new_session=True,
                    pass_fds=self._keep_open,
                )
            except (GitCommandNotFound, OSError) as error:
                raise SourceError(f"{self._program} cannot be started", details=[str(error)]) from error
            process: Popen[bytes] | None = handle.proc
            handle.proc = None  # its destructor would kill the child
            assert process is not None
            self._children.add(process)
            return process

    def stop(self) -> None:
        """End every child, and let none start any more."""
        with self._lock:
            self.stopped.set()
            children = list(self._children)
        for child in children:
            end_group(child)


def _by_version(version: tuple[int, int]) -> Iterator[str]:
    if (2, 18) <= version < (2, 26):
        yield "protocol.version=2"  # lets any commit be asked for by its id; the default from 2.26 on
    if version >= (2, 19):  # before, what old commits do wrong could not be tolerated one by one
        yield "fetch.fsckObjects=true"
        yield from (f"fetch.fsck.{fault}=warn" for fault in TOLERATED)


def _all(stream: IO[bytes] | None) -> bytes:
    return stream.read() if stream is not None else b""


def _lines(stream: IO[bytes] | None) -> Iterator[str]:
    """Lines as they come; git ends those of its progress with a carriage return."""
    if stream is None:
        return
    rest = b""
    while block := os.read(stream.fileno(), 1 << 16):
        *whole, rest = re.split(rb"[\r\n]", rest + block)
        rest = rest[:LONGEST]
        yield from (_text(line) for line in whole if line.strip())
    if rest.strip():
        yield _text(rest)


def _text(line: bytes) -> str:
    return line[:LONGEST].decode("utf-8", "backslashreplace").rstrip()
