"""What a failure of git means: whether to try again, to try another way, or to give up, and what to do about it.

git's words are in the failure book; here is what a fetch makes of them.
"""

import re
from collections.abc import Sequence
from functools import cached_property

from mxbuild.failures import Failure, book
from mxbuild.failures.model import Kind

REMOTE = re.compile(r"^(remote: fatal|remote error|fatal: remote error|remote: error)", re.MULTILINE | re.IGNORECASE)
"""The server itself says that it cannot: no fault of the way between."""


class GitFailedError(Exception):
    """A git command that failed; `text` is all that it said, without its progress."""

    def __init__(self, command: Sequence[str], code: int, text: str, *, over_network: bool) -> None:
        super().__init__(text)
        self.command, self.code, self.text, self.over_network = tuple(command), code, text, over_network

    @cached_property
    def _known(self) -> tuple[tuple[Failure, str], ...]:
        """The book's entries on what git said, each with its remedy."""
        found = book().matching(self.text.splitlines(), ("system", "git"))
        return tuple((failure, known.remedy) for failure, known in found)

    @cached_property
    def kind(self) -> Kind:
        kinds = {failure.git for failure, _ in self._known}
        for kind in ("decided", "missing", "unable"):  # a fetch in which several things are said fails for the first
            if kind in kinds:
                return kind
        if "network" in kinds and self.over_network and not REMOTE.search(self.text):
            return "network"
        return "unable"

    @property
    def reason(self) -> str:
        """The line that says why."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        for start in ("error: object", "remote: fatal:", "remote: error:", "fatal: remote error:", "fatal:", "error:"):
            for line in lines:
                if line.startswith(start):
                    return line.removeprefix("remote: ")
        return lines[-1] if lines else f"`git {self.command[0]}` ended with status {self.code}"

    @property
    def remedy(self) -> str:
        known = next((remedy for failure, remedy in self._known if failure.git == self.kind), "")
        return known or "run the same command again, or try another --mirror"
