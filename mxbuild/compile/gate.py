"""The gate: each compiler asks it for memory before it starts, and waits while there is none.

One thread of mxbuild answers, so that all is known in one place: what each file took before, what the machine and its
control groups have left now, what the compilers that run have taken of theirs so far. A compiler holds its connection
open; the kernel closes it when the compiler ends, however it does, so nothing is ever reserved for the dead. Where
mxbuild itself has gone, there is no gate, and compilers start as ever.
"""

import os
import secrets
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from types import TracebackType
from typing import final

from mxbuild.compile.admission import Peak, Reservation
from mxbuild.compile.fleet import Fleet
from mxbuild.model import Worker

VARIABLE = "MXBUILD_GATE"
"""Environment variable with the socket's name, in the abstract namespace: it leaves no file behind."""
PLAIN, ROOMY, AWAY = b"p", b"r", b"d"
"""Answers: compile as ever; there is room for a compiler that collects no garbage; a worker does it (its name, a tab,
distcc's word for it and a NUL follow). The questions are the first two, in capitals where a worker would do."""
PERIOD = 0.2
"""Seconds between two looks while someone waits."""
PREPARED = 64 << 20
"""Bytes that are kept here for a compile on a worker: preprocessing, and what is sent (MXNet 0.12.1: 26 and 3 MB)."""


@dataclass
class _Compile:
    connection: socket.socket
    pid: int
    asked: float
    object: str = ""
    tunable: bool = False
    """Whether it would make use of room."""
    movable: bool = False
    """Whether a worker could do it."""
    worker: Worker | None = None
    """Who does it; None: this machine."""
    starved: bool = False
    """Whether it is memory that it waits for, and not a worker or a processor."""
    granted: int = 0
    """Bytes; 0 while it waits."""
    ends: float = inf
    """When it will have ended, as far as is known."""
    heard: bytearray = field(default_factory=bytearray)


@final
class Gate:
    """A context in which compilers are let in as memory allows."""

    def __init__(
        self,
        *,
        peaks: Mapping[str, Peak],
        usual: int,
        jobs: int,
        free: Callable[[], int],
        taken: Callable[[int], int],
        roomy: bool,
        alone: frozenset[str] = frozenset(),
        fleet: Fleet | None = None,
        here: int = 0,
    ) -> None:
        """Set it up.

        Args:
            peaks: object -> what its compiler took in earlier runs.
            usual: bytes for those that are not known.
            jobs: compilers that make starts at once.
            free: bytes that new processes can take now.
            taken: bytes that a process and its descendants have now.
            roomy: whether the compiler takes the options that memory buys time with.
            alone: objects that ran out of memory before: nothing else runs beside them.
            fleet: the workers; None where there are none.
            here: compilers at once on this machine; 0: as many as come.
        """
        self._peaks, self._usual, self._jobs, self._roomy, self._alone = peaks, usual, jobs, roomy, alone
        self._free, self._taken, self._fleet, self._here = free, taken, fleet, here or jobs
        self.name = f"mxbuild-{secrets.token_hex(16)}"
        """Value of VARIABLE."""
        self._compiles: dict[int, _Compile] = {}
        self._selector = selectors.DefaultSelector()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._work, name="gate", daemon=True)

    def __enter__(self) -> "Gate":
        self._socket.bind(f"\0{self.name}")
        self._socket.listen(1024)
        for each in (self._socket, self._woken):
            each.setblocking(False)
            self._selector.register(each, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wake.close()
        self._thread.join()
        self._woken.close()
        self._selector.close()

    @property
    def waiting(self) -> int:
        """How many wait for memory."""
        return sum(c.starved and not c.granted for c in list(self._compiles.values()))

    def _work(self) -> None:
        try:
            self._serve()
        finally:
            # Whatever happened here: who still waits finds no gate any more, and starts.
            self._socket.close()
            for compile_ in self._compiles.values():
                compile_.connection.close()

    def _serve(self) -> None:
        while True:
            held_up = any(c.object and not c.granted for c in self._compiles.values())
            for key, _ in self._selector.select(PERIOD if held_up else None):
                if key.fileobj is self._woken:
                    return
                if key.fileobj is self._socket:
                    self._welcome()
                else:
                    self._hear(self._compiles[key.fd])
            self._admit()

    def _welcome(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:  # it has gone again
            return
        pid, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if user != os.geteuid():
            connection.close()
            return
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ)
        self._compiles[connection.fileno()] = _Compile(connection, pid, monotonic())

    def _hear(self, compile_: _Compile) -> None:
        try:
            data = compile_.connection.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(compile_.connection)
            del self._compiles[compile_.connection.fileno()]
            compile_.connection.close()
            if compile_.worker and self._fleet:
                self._fleet.give_back(compile_.worker)
            return
        if compile_.worker and self._fleet:
            self._fleet.failed(compile_.worker, data.rstrip(b"\0").decode("utf-8", "backslashreplace"))
            return
        compile_.heard += data
        if b"\0" in compile_.heard:
            kind = bytes(compile_.heard[:1])
            compile_.tunable, compile_.movable = kind.lower() == ROOMY, kind.isupper()
            compile_.object = os.fsdecode(bytes(compile_.heard[1:]).partition(b"\0")[0])

    def _admit(self) -> None:
        """Let in whoever fits, in the order in which they came."""
        waiting = [c for c in self._compiles.values() if c.object and not c.granted]
        if not waiting:
            return
        running = [c for c in self._compiles.values() if c.granted]
        left = self._free() - sum(max(0, c.granted - self._taken(c.pid)) for c in running)
        held: tuple[_Compile, int] | None = None  # the first that does not fit, and what it needs
        for compile_ in waiting:
            alone = compile_.object in self._alone
            compile_.starved = True
            if running and (alone or any(c.object in self._alone for c in running)):
                break
            if self._sent(compile_, left, first=not running):
                left -= PREPARED
                running.append(compile_)
                continue
            if self._fleet and sum(c.worker is None for c in running) >= self._here:
                compile_.starved = False
                continue
            peak = self._peaks.get(compile_.object, Peak(self._usual))
            plain, with_room = peak.needs
            # Room is for what would lie idle: the other jobs get theirs first.
            others = max(0, self._here - sum(c.worker is None for c in running) - 1) * min(plain, self._usual)
            roomy = compile_.tunable and self._roomy and not (alone or held) and with_room + others <= left
            need = with_room if roomy else plain
            if running and need > left:
                held = held or (compile_, need)
                continue
            if held and not self._reserved(*held, left, running).lets_pass(need, peak.seconds):
                continue
            try:
                compile_.connection.send(ROOMY if roomy else PLAIN)
            except OSError:  # it was killed while it waited
                continue
            compile_.granted = need
            compile_.ends = monotonic() + peak.seconds if peak.seconds else inf
            left -= need
            running.append(compile_)

    def _reserved(self, compile_: _Compile, need: int, left: int, running: list[_Compile]) -> Reservation:
        """For one that does not fit now: whoever ends first makes room first."""
        now = monotonic()
        for other in sorted(running, key=lambda c: c.ends):
            left += other.granted
            if left >= need:
                break
        return Reservation(compile_.asked, max(now, other.ends), max(0, left - need))

    def _sent(self, compile_: _Compile, left: int, *, first: bool) -> bool:
        """Whether a worker does it now."""
        if not self._fleet or not compile_.movable or (left < PREPARED and not first):
            return False
        worker = self._fleet.take()
        if worker is None:
            return False
        try:
            compile_.connection.send(AWAY + f"{worker.name}\t{worker.host}\0".encode())
        except OSError:  # it was killed while it waited
            self._fleet.give_back(worker)
            return False
        compile_.worker, compile_.granted = worker, PREPARED
        return True
