"""The base of all nouns."""

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Frozen, keywords only."""
