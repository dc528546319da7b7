"""git, hardened: no prompt, no hook, no helper, no configuration of the caller's that changes what is checked out."""

import os
import re
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mxbuild.errors import SourceError

if TYPE_CHECKING:
    from subprocess import Popen  # noqa: TID251 - for the type only

KEPT = re.compile(
    r"^(PATH|HOME|TMPDIR|XDG_CONFIG_HOME|GIT_CONFIG_GLOBAL|GIT_SSL_CAINFO|GIT_SSL_CAPATH|SSL_CERT_FILE|SSL_CERT_DIR"
    r"|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY)$"
)
"""The caller's variables that reach git: how to get out, and whom to trust. GIT_DIR and its like do not."""

OPTIONS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.fileMode=true",
    "credential.helper=",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "advice.detachedHead=false",
    "gc.auto=0",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
PROGRESS = re.compile(
    r"(Receiving objects|Resolving deltas|Updating files|remote: Counting objects):\s+\d+% \((\d+)/(\d+)\)"
)
TRANSIENT = re.compile(
    r"Could not resolve|Connection (reset|timed out|refused)|early EOF|RPC failed|unexpected disconnect|hung up"
    r"|Operation too slow|timed out|GnuTLS|SSL_|TLS|HTTP (408|429|5\d\d)|returned error: (408|429|5\d\d)|invalid index-pack"
    r"|index-pack failed|expected flush|bad pack",
    re.IGNORECASE,
)


class GitFailedError(Exception):
    """A git command that failed; `text` is all that it said."""

    def __init__(self, command: Sequence[str], code: int, text: str) -> None:
        super().__init__(text)
        self.command, self.code, self.text = tuple(command), code, text

    @property
    def transient(self) -> bool:
        """Whether trying again may help: the network's fault, not the request's."""
        return bool(TRANSIENT.search(self.text))

    @property
    def reason(self) -> str:
        """The line that says why."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        said = [line for line in lines if line.startswith(("fatal:", "error:", "remote: error", "warning:"))]
        return (said or lines or [f"status {self.code}"])[0]


class Git:
    """Runs git for one fetch of a source; all its children can be ended at once."""

    def __init__(self, environ: Mapping[str, str], protocols: Sequence[str]) -> None:
        kept = {k: v for k, v in environ.items() if KEPT.match(k)}
        self._environment = {
            "PATH": os.defpath,
            **kept,
            "LC_ALL": "C.UTF-8",
            "GIT_ALLOW_PROTOCOL": ":".join(sorted(set(protocols))),
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "SSH_ASKPASS": "true",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_ATTR_NOSYSTEM": "1",
        }
        self._children: set[Any] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self,
        directory: str,
        *arguments: str,
        progress: Callable[[str, int, int], None] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """Standard output of `git ARGUMENTS` in `directory`.

        Args:
            progress: receives (phase, done, total) as git reports it.
            extra: further variables.

        Raises:
            GitFailedError: it ended with another status than 0.
            SourceError: git is not installed.
        """
        from git import Git as Command
        from git.exc import GitCommandNotFound

        options = [part for option in OPTIONS for part in ("-c", option)]
        variables = [f"{k}={v}" for k, v in {**self._environment, **(extra or {})}.items()]
        # GitPython adds to the process's own environment; `env -i` is the way to start from nothing.
        command = ["env", "-i", *variables, "git", *options, *arguments]
        try:
            with self._lock:
                if self._stopped:
                    raise KeyboardInterrupt
                handle = Command(directory).execute(
                    command,
                    as_process=True,
                    universal_newlines=True,
                    start_new_session=True,
                )
                process: Popen[str] = handle.proc  # type: ignore[union-attr]
                self._children.add(process)
        except GitCommandNotFound as error:
            raise SourceError("git is not installed", remedy="apt-get install git") from error
        said: list[str] = []
        output: list[str] = []

        def listen() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                match = PROGRESS.search(line)
                if match is None:
                    said.append(line)
                elif progress is not None:
                    progress(match[1].removeprefix("remote: "), int(match[2]), int(match[3]))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            assert process.stdout is not None
            output.append(process.stdout.read())
            code = process.wait()
            listener.join()
        finally:
            for stream in (process.stdout, process.stderr):
                with suppress(Exception):
                    stream.close()  # type: ignore[union-attr]
            with self._lock:
                self._children.discard(process)
            handle.proc = None  # type: ignore[union-attr]
        if self._stopped:
            raise KeyboardInterrupt
        if code != 0:
            raise GitFailedError(arguments, code, "".join(said))
        return "".join(output)

    def stop(self) -> None:
        """End every child, and let none start any more."""
        with self._lock:
            self._stopped = True
            for process in self._children:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
