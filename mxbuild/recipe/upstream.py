"""The part of a recipe that says how upstream's own unit tests are run, and which of them are known to fail."""

from mxbuild.recipe.table import Requirements, Table
from mxbuild.recipe.values import Condition, Count, FailureKind, Line, RelativePath, TestPattern, TestSubject, Word


class KnownFailure(Table, frozen=True, kw_only=True):
    """Tests of upstream's that fail, and why that says nothing against the library."""

    id: Word
    """Its name, by which a recipe that extends this one changes or removes it."""
    tests: tuple[TestPattern, ...]
    """test_image.py (the whole file) or test_operator.py::test_crop; `*` and `?` stand for anything."""
    why: Line
    """What goes wrong, in one line."""
    kind: FailureKind
    """Where the cause lies."""
    when: dict[TestSubject, Condition] = {}
    """All must match; empty: always."""


class UpstreamTests(Table, frozen=True, kw_only=True):
    """Upstream's own Python unit tests."""

    directory: RelativePath
    """Where they are in the tree."""
    beside: tuple[RelativePath, ...] = ()
    """Other directories of the tree that they import from or read."""
    limit: Count = 900
    """Seconds after which a test that has not ended counts as hung; so long may the import of its file take too."""
    packages: tuple[Requirements, ...]
    """What they need besides the library's own requirements; nothing is installed that is not named."""
    known: tuple[KnownFailure, ...] = ()
    """Failures with known causes."""
