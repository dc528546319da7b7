"""One parser of foreign text: what it is given, and what it may raise."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any, NamedTuple

from mxbuild.system import Answer, System

PARTS = b"\x1e"
"""Between the texts of a case, where a parser takes several."""


class Target(NamedTuple):
    """A parser."""

    name: str
    run: Callable[[bytes], object]
    """Parses one case; what is wrong with its answer is an AssertionError."""
    seeds: tuple[bytes, ...]
    """Whole and right; cases are these with parts changed, left out, doubled, exchanged."""
    allowed: tuple[type[Exception], ...] = ()
    """What it says that it raises."""
    found: tuple[bytes, ...] = ()
    """Cases that went wrong once: tried each time, and not changed."""


def text(data: bytes) -> str:
    """As System.read and children's output decode it."""
    return data.decode("utf-8", "backslashreplace")


def texts(data: bytes, count: int) -> list[str]:
    """The case's parts, as many as asked for; those that are not there are empty."""
    parts = [text(part) for part in data.split(PARTS)][:count]
    return parts + [""] * (count - len(parts))


def joined(*parts: str | bytes) -> bytes:
    return PARTS.join(part.encode() if isinstance(part, str) else part for part in parts)


class Anything:
    """Stands where a parser is given what its answer does not hang on; unittest.mock's takes longer than most of them."""

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.__dict__[name] = one = Anything()
        return one

    def __call__(self, *_: object, **__: object) -> "Anything":
        return Anything()


class Memory(System):
    """A machine that is a dictionary, and on which every command says what it is told to."""

    def __init__(
        self,
        files: Mapping[str, str],
        answers: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        code: int = 0,
    ) -> None:
        """Set it up.

        Args:
            files: path -> text.
            answers: pattern of a command line -> what it writes.
        """
        super().__init__("/nowhere", {"PATH": "/usr/bin", "HOME": "/home/user", **(environ or {})}, {})
        self._files, self._said, self._code = dict(files), dict(answers or {}), code

    def read(self, path: str) -> str | None:
        return self._files.get(path)

    def exists(self, path: str) -> bool:
        return path in self._files or self.is_dir(path)

    def is_dir(self, path: str) -> bool:
        return any(name.startswith(f"{path.rstrip('/')}/") for name in self._files)

    def executable(self, path: str) -> bool:
        return path in self._files and "/bin/" in path

    def listdir(self, path: str) -> tuple[str, ...]:
        top = f"{path.rstrip('/')}/"
        return tuple(sorted({n[len(top) :].split("/")[0] for n in self._files if n.startswith(top)}))

    def glob(self, pattern: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._files if fnmatch(name, pattern)))

    def readlink(self, path: str) -> str | None:
        return None

    def realpath(self, path: str) -> str:
        return path

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        line = " ".join(argv)
        said = next((text for pattern, text in self._said.items() if fnmatch(line, pattern)), None)
        return None if said is None else Answer(self._code, said, said)

    def ask(self, lines: Sequence[Sequence[str]]) -> list[Answer | None]:
        return [self.run(line) for line in lines]
