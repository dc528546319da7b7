"""The base of all nouns."""

from typing import Annotated

import msgspec

Moment = Annotated[float, msgspec.Meta(ge=0, lt=253402300800)]
"""Unix time, before the year 10000: what a calendar has a day for."""
Seconds = Annotated[float, msgspec.Meta(ge=0, lt=100 * 366 * 24 * 3600)]
"""How long something took: less than a hundred years."""


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Frozen, keywords only."""
