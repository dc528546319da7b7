"""The base of all nouns."""

from typing import Annotated

import msgspec

CALENDAR, CENTURY = 253402300800, 100 * 366 * 24 * 3600
"""Unix time of the year 10000, and seconds of a hundred years."""
Moment = Annotated[float, msgspec.Meta(ge=0, lt=CALENDAR)]
"""Unix time that a calendar has a day for."""
Seconds = Annotated[float, msgspec.Meta(ge=0, lt=CENTURY)]
"""How long something took."""


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Frozen, keywords only."""
