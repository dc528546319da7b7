"""Running a child that does work: own session, closed stdin, everything into a log, no orphan left."""

import errno
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from typing import NamedTuple

from mxbuild import rights

FULL = re.compile(r"No space left on device|Disk quota exceeded|Out of diskspace")
"""What a child says where it could not write."""
GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL."""


PIECE, LONGEST = 1 << 16, 4096
"""Bytes of a line that are read at once, and that `on_line` gets; the log has all of it."""


def run_logged(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    log: str,
    on_line: Callable[[str], None] = lambda line: None,
    on_start: Callable[[int], None] = lambda pid: None,
    interruptible: bool = True,
    root: bool = False,
    keep_open: Sequence[int] = (),
) -> int:
    """Run `argv` to its end, append its output to `log`, and hand each line to `on_line`.

    Args:
        env: the child's whole environment.
        log: file that stdout and stderr are appended to, after a line with the command itself.
        on_start: receives the child's pid, which is its process group's id too.
        interruptible: False (apt): Ctrl-C waits for the child's own end instead of killing it.
        root: with root's right, where mxbuild itself has given it away.
        keep_open: file descriptors that the child inherits (a lock that must outlive us).

    Returns:
        The exit status; negative: the signal that ended it.

    Raises:
        OSError: the program cannot be started, or the log cannot be written.
        KeyboardInterrupt: after the child and all its descendants in the session are gone.
    """
    interrupted, code = False, 0
    with open(log, "ab", buffering=0) as file:
        file.write(("+ " + " ".join(argv) + "\n").encode("utf-8", "surrogateescape"))
        with rights.regained() if root else nullcontext(rights.NO_MORE) as more:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                pass_fds=tuple(keep_open),
                **more,
            )
        pipe = child.stdout
        assert pipe is not None
        on_start(child.pid)
        with pipe:
            while True:
                try:
                    begins = True
                    for raw in iter(partial(pipe.readline, PIECE), b""):
                        file.write(raw)
                        if begins:
                            on_line(raw[:LONGEST].decode("utf-8", "backslashreplace").rstrip("\r\n"))
                        begins = raw.endswith(b"\n")
                    code = child.wait()
                    break
                except KeyboardInterrupt:
                    # Where it may not be interrupted, the pipe stays open: a closed one would kill the child.
                    interrupted = True
                    if interruptible:
                        end_group(child)
                        raise
                except BaseException:
                    end_group(child)
                    raise
    if interrupted:
        raise KeyboardInterrupt
    return code


def end_group(child: "subprocess.Popen[bytes]", grace: float = GRACE) -> None:
    """End the child's whole process group: TERM, `grace` seconds, KILL. Returns when none is left."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    while _alive(child) and time.monotonic() < deadline + grace:  # a write to a slow disk outlasts SIGKILL
        time.sleep(0.02)


def _alive(child: "subprocess.Popen[bytes]") -> bool:
    """Whether any process of the group still runs; where nobody reaps orphans, zombies stay in it for ever."""
    child.poll()
    try:
        os.killpg(child.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return any(_runs_in(child.pid, entry) for entry in os.listdir("/proc") if entry.isdigit())


def _runs_in(group: int, pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, _, its_group = file.read().rpartition(b")")[2].split()[:3]
    except (OSError, ValueError):
        return False
    return int(its_group) == group and state not in (b"Z", b"X")


def output(argv: Sequence[str], *, env: Mapping[str, str], cwd: str, timeout: float = 60.0) -> tuple[int, str, str]:
    """(status, stdout, stderr) of a short child with closed stdin and a whole environment of its own.

    Raises:
        OSError: it cannot be started; TimeoutError among them: it did not end in time.
    """
    try:
        done = subprocess.run(
            list(argv), stdin=subprocess.DEVNULL, capture_output=True,
            env=dict(env), cwd=cwd, timeout=timeout, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(errno.ETIMEDOUT, f"did not end within {timeout:.0f} s", argv[0]) from error
    return (
        done.returncode,
        done.stdout.decode("utf-8", "backslashreplace"),
        done.stderr.decode("utf-8", "backslashreplace"),
    )


def signal_name(number: int) -> str:
    """SIGSEGV; `signal 40` for one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class Ended(NamedTuple):
    """How a child with a time limit ended."""

    code: int
    """The exit status; negative: the signal that ended it."""
    stdout: str
    stderr: str
    late: bool
    """It did not end in time and was killed."""


def run_limited(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    timeout: float,
    stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a child that may hang or crash: own session, closed stdin, output through files so that no pipe holds us up.

    Args:
        timeout: seconds after which its whole process group is ended.
        stopped: asked about ten times a second, in the calling thread; True ends it at once.

    Raises:
        OSError: it cannot be started.
    """
    deadline, late = time.monotonic() + timeout, False
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    code = child.wait(0.1)
                    break
                late = time.monotonic() > deadline
                if late or stopped():
                    end_group(child)
                    code = child.returncode
                    break
        except BaseException:
            end_group(child)
            raise
        texts = []
        for file in (stdout, stderr):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return Ended(code, texts[0], texts[1], late)
