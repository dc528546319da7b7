"""All that speaks against a build, gathered before anything is said."""

from mxbuild.errors import Complaint, HostError


class Complaints:
    """A list that grows while choices are made; raised once, at the end."""

    def __init__(self) -> None:
        self._all: dict[Complaint, None] = {}

    def add(self, text: str, remedy: str, *, without: str = "") -> None:
        """Args: `without`: the feature whose absence would cure it."""
        self._all.setdefault(Complaint(text, remedy, without))

    def settle(self, what: str) -> None:
        """Raise what was gathered.

        Raises:
            HostError: with every complaint, if there is one.
        """
        if self._all:
            raise HostError(f"{what} cannot be built on this machine", complaints=tuple(self._all))
