"""Small machines in a directory, for tests of one subject each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from mxbuild.detect.programs import Ask
from mxbuild.system import Answer, System


def machine(
    directory: Path,
    files: Mapping[str, str | bytes] | None = None,
    *,
    programs: Iterable[str] = (),
    links: Mapping[str, str] | None = None,
    answers: Mapping[str, str | Answer] | None = None,
    environ: Mapping[str, str] | None = None,
) -> System:
    """A fake root with these files; `answers`: command line -> stdout, or the whole answer."""
    root = directory / "root"
    root.mkdir()

    def place(path: str) -> Path:
        where = root / path.lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        return where

    for path, text in (files or {}).items():
        place(path).write_bytes(text if isinstance(text, bytes) else text.encode())
    for path in programs:
        place(path).touch()
        place(path).chmod(0o755)
    for path, target in (links or {}).items():
        place(path).symlink_to(target)
    said = {line: a if isinstance(a, Answer) else Answer(0, a) for line, a in (answers or {}).items()}
    return System(str(root), environ or {"HOME": "/home/user", "PATH": "/usr/local/bin:/usr/bin:/bin"}, said)


def asking(system: System) -> Ask:
    """Asks one after the other."""

    def ask(lines: Sequence[Sequence[str]]) -> list[Answer | None]:
        return [system.run(line) for line in lines]

    return ask


Build = Callable[..., System]
