"""Detection: what the machine has, each fact with the file or command that says so.

Only files are read and only questions are asked; nothing is changed, and no machine is strange enough to raise.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import msgspec

from mxbuild.detect import (
    apt,
    compilers,
    cpu,
    cuda_libraries,
    dpkg,
    gpus,
    libraries,
    memory,
    operating_system,
    parse,
    pythons,
    surroundings,
    toolkits,
    tools,
)
from mxbuild.model import Disk, Host, Note
from mxbuild.system import Answer, System

T = TypeVar("T")

AT_ONCE = 8
"""Commands that run side by side; most of them wait for the disk."""


def detect(
    system: System,
    *,
    places: Sequence[str] = (),
    cuda: str | None = None,
    cudnn: str | None = None,
    python: str | None = None,
) -> Host:
    """Everything about the machine that a build can depend on.

    Args:
        places: directories whose disk is reported; `/` and HOME where there are none.
        cuda: the path of `--cuda`: a toolkit that is looked at before all others.
        cudnn: the path of `--cudnn`, likewise.
        python: the path of `--python`: an interpreter that is looked at before all others.

    Never raises: what cannot be read is a default with a Note in `Host.notes`.
    """
    notes: list[list[Note]] = []
    # Subjects wait for others that were started before them, and for commands, which wait for nobody.
    with ThreadPoolExecutor(AT_ONCE) as commands, ThreadPoolExecutor(AT_ONCE) as subjects:

        def ask(lines: Sequence[Sequence[str]]) -> list[Answer | None]:
            return list(commands.map(system.run, lines))

        def start(look: Callable[[list[Note]], T]) -> "Future[T]":
            notes.append([])  # each subject notes for itself: the order does not depend on who ends first
            return subjects.submit(look, notes[-1])

        def here(look: Callable[[list[Note]], T]) -> T:
            """Of a subject that asks no command: a thread of its own would only be another one to take turns with."""
            notes.append([])
            return look(notes[-1])

        os = start(lambda odd: operating_system.look(system, ask, odd))
        compiler = start(lambda odd: compilers.look(system, ask, odd))
        tool = start(lambda odd: tools.look(system, ask, odd))
        card = start(lambda odd: gpus.look(system, ask, odd))
        toolkit = start(lambda odd: toolkits.look(system, os.result().triplet, ask, odd, cuda))
        right = start(lambda odd: apt.look(system, ask, odd))
        around = start(lambda _: surroundings.look(system, ask))
        package = here(lambda odd: dpkg.installed(system, odd))
        interpreter = start(lambda odd: pythons.look(system, package, ask, odd, python))
        processor = here(lambda odd: cpu.look(system, os.result().arch.value, odd))
        library = here(lambda odd: libraries.look(system, os.result().triplet, package, odd))
        cuda_library = here(lambda odd: cuda_libraries.look(system, os.result().triplet, toolkit.result(), odd, cudnn))
        notes.append([])
        host = Host(
            disks=_disks(system, places, notes[-1]),
            memory=memory.look(system, notes[-1]),
            environment=surroundings.environment(system),
            os=os.result(),
            cpu=processor,
            compilers=compiler.result(),
            tools=tool.result(),
            libraries=library,
            pythons=interpreter.result(),
            gpus=card.result()[0],
            driver=card.result()[1],
            toolkits=toolkit.result(),
            cuda_libraries=cuda_library,
            apt=right.result(),
            packages=package,
            surroundings=around.result(),
            notes=(),
        )
    return _printable(msgspec.structs.replace(host, notes=tuple(note for each in notes for note in each)))


def _disks(system: System, places: Sequence[str], notes: list[Note]) -> tuple[Disk, ...]:
    disks = []
    for path in dict.fromkeys(places or ["/", system.environ.get("HOME") or "/"]):
        usage = system.disk(path)
        if usage is None or not all(0 <= size < parse.LARGEST for size in usage):
            notes.append(Note("disk", f"{path}: the size of its file system is not known"))
        else:
            disks.append(Disk(path=path, free=usage[0], total=usage[1], source=f"statvfs {path}"))
    return tuple(disks)


def _printable(host: Host) -> Host:
    """The same host, with names that are not UTF-8 escaped, so that it can always be written down."""
    try:
        msgspec.json.encode(host)
    except UnicodeEncodeError:
        return msgspec.convert(_escaped(msgspec.to_builtins(host)), Host)
    return host


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(each) for each in value]
    return value
