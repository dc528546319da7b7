"""What a compile needs of memory, and who may pass one that waits for it."""

from math import inf
from time import monotonic
from typing import NamedTuple

MARGIN = 1.1
"""What a file takes may differ that much from what it took before."""
ROOM = 2.2
"""Times the memory that a compiler takes which collects no garbage, where that was not seen (gcc 12: 1.0 to 1.9)."""
PATIENCE = 30.0
"""Seconds for which smaller ones may pass one that does not fit, where it is not known how long they take."""


class Peak(NamedTuple):
    """Bytes that a compiler takes at its peak, and for how long it runs."""

    plain: int
    roomy: int = 0
    """Without collecting garbage; 0 where that is not known."""
    seconds: float = 0.0
    """0 where that is not known."""

    @property
    def needs(self) -> tuple[int, int]:
        """Bytes to keep for it: as ever, and with room."""
        return int(self.plain * MARGIN), int((self.roomy or self.plain * ROOM) * MARGIN)


class Reservation(NamedTuple):
    """What is kept for one that waits, so that it is not passed for ever."""

    asked: float
    fits: float
    """When it will fit, as far as is known; infinity where it is not."""
    spare: int
    """Bytes that are left beside it then."""

    def lets_pass(self, need: int, seconds: float) -> bool:
        """Whether one that fits now puts nothing off: it ends before, or both have room (EASY backfilling)."""
        now = monotonic()
        if need <= self.spare or (seconds and now + seconds <= self.fits < inf):
            return True
        return (not seconds or self.fits == inf) and now - self.asked < PATIENCE
