"""What is known about this call of mxbuild besides its options."""

import shlex
from dataclasses import dataclass, field


@dataclass
class Invocation:
    """Filled while the command line is read and run; read when something goes wrong."""

    words: tuple[str, ...]
    """The command line after `mxbuild`."""
    step: str = ""
    """Title of the step that failed."""
    resumable: bool = False
    """The same command goes on where this one stopped."""

    json: bool = field(init=False)
    """Errors are wanted as JSON; known before the options are read, since reading them can fail."""

    def __post_init__(self) -> None:
        own = self.words[: self.words.index("--")] if "--" in self.words else self.words
        self.json = "--json" in own and own[0] != "run"

    def line(self) -> str:
        """The command line, as it can be pasted."""
        return shlex.join(("mxbuild", *self.words))

    def without(self, option: str) -> str:
        """The same without an option and its value, wherever that was given: an empty one beats the environment's."""
        pairs = zip(("", *self.words), self.words, strict=False)
        words = [w for before, w in pairs if option not in (before, w) and not w.startswith(f"{option}=")]
        return shlex.join(("mxbuild", *words, option, ""))

    def instead(self, verb: str) -> str:
        """The same command line with another verb."""
        return shlex.join(("mxbuild", verb, *self.words[1:]))
