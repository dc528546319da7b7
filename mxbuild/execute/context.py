"""What every step gets besides its own description."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mxbuild.model import Event, Paths


@dataclass(frozen=True)
class Context:
    """The world of one execution.

    A step module has two functions::

        def run(step: <its step>, context: Context) -> Outcome
        def damage(step: <its step>, entry: JournalEntry) -> str

    `run` does the work, reports through `context.watch`, and raises MxbuildError on failure.
    `damage` says what is wrong with what an earlier run left ("" for nothing); it changes nothing.
    """

    environ: Mapping[str, str]
    """The caller's environment."""
    watch: Callable[[Event], None]
    """Receives every event; may be called from any thread."""
    paths: Paths
    outcomes: Mapping[str, Mapping[str, object]]
    """Step id -> evidence of the steps before this one, run or skipped."""
    keep_open: tuple[int, ...] = ()
    """Descriptors of locks that children must inherit, so that an orphaned make still holds them."""
