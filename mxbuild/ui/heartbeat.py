"""A sign of life: CI services end a job that is silent, and people do so sooner."""

import threading
import time
from collections.abc import Callable
from typing import final

from mxbuild.model import Event, StepFailed, StepFinished, StepStarted

EVERY = 60.0
"""Seconds of silence after which there is one."""
PATIENCE = 2.0
"""Seconds more, in which a step that says how far it is does so itself."""
LOOKS = 1.0
"""Seconds between two looks at the clock."""


@final
class Heartbeat:
    """A context in which a step that runs and says nothing is spoken for, once a minute.

    Args:
        lock: guards what the owner writes; held while `say` is called.
        say: gets the step's id and title, and the seconds since it began.
        clock: seconds that never go backwards.
    """

    def __init__(
        self, lock: threading.Lock, say: Callable[[str, str, float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock, self._say, self._clock = lock, say, clock
        self._running: dict[str, tuple[str, float]] = {}
        self._spoken = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def note(self, event: Event, *, spoken: bool) -> None:
        """Called with the lock held, for each event.

        Args:
            spoken: whether the owner wrote something because of it.
        """
        match event:
            case StepStarted():
                self._running[event.id] = (event.title, self._clock())
                spoken = True
            case StepFinished() | StepFailed():
                self._running.pop(event.id, None)
            case _:
                pass
        if spoken:
            self._spoken = self._clock()

    def beat(self) -> None:
        """Speak, where it is time to."""
        with self._lock:
            now = self._clock()
            if not self._running or now - self._spoken < EVERY + PATIENCE:
                return
            self._spoken = now
            for name, (title, began) in self._running.items():
                self._say(name, title, now - began)

    def _work(self) -> None:
        while not self._ended.wait(LOOKS):
            self.beat()
