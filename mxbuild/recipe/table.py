"""What the tables of a recipe file are built on, and the table that two parts of it have."""

import msgspec

from mxbuild.recipe.values import Pin, Range


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Base of all tables of a recipe file.

    msgspec hands `rename` and `forbid_unknown_fields` down; kw_only and frozen each class has to repeat.
    """


class Requirements(Table, frozen=True, kw_only=True):
    """What is installed for some interpreters."""

    python: Range
    """The interpreters."""
    packages: tuple[Pin, ...]
    """Exact pins: numpy==1.26.4."""
