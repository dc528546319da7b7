"""Other machines that compile: how they are named, and what the build needs for them."""

import re

from mxbuild.model import Decision, Host, Request, Worker
from mxbuild.resolve.complaints import Complaints

VARIABLE = "MXBUILD_WORKERS"
FORM = re.compile(
    r"(?:(?P<transport>ssh|tcp)://)?(?:(?P<user>[A-Za-z_][A-Za-z0-9_.-]*)@)?"
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?(?:/(?P<slots>[0-9]{1,4}))?"
)
"""Nothing in it can be taken for an option, by ssh or by distcc."""
PORT = 3632
"""distccd's own."""
COMPRESSED = ",lzo"
"""What is sent is preprocessed: megabytes of text, a fifth of it compressed."""
MOST = 2000
"""Slots of all workers together."""
DANGER = "over plain TCP whoever reaches the port runs any command there, and reads and changes what is sent"


def parse(text: str) -> tuple[Worker, ...]:
    """The workers of `build1/8,me@build2/4,tcp://10.0.0.7:3632/16`.

    Raises:
        ValueError: what is wrong, in words.
    """
    found: dict[str, Worker] = {}
    for word in filter(None, re.split(r"[,\s]+", text)):
        match = FORM.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no HOST/SLOTS, USER@HOST/SLOTS or tcp://HOST:PORT/SLOTS")
        transport, user, host, port, slots = match.group("transport", "user", "host", "port", "slots")
        if slots is None or int(slots) < 1:
            raise ValueError(f"{word}: say how many compilers may run there at once: {host}/8")
        if transport == "tcp":
            if user:
                raise ValueError(f"{word}: a user is for SSH; plain TCP has none")
            if port and not 0 < int(port) < 1 << 16:
                raise ValueError(f"{word}: there is no port {port}")
            name, address = f"tcp://{host}:{port or PORT}", f"{host}:{port or PORT}"
        else:
            if port:
                raise ValueError(
                    f"{word}: distcc cannot name a port of SSH's; give {host} one in ~/.ssh/config, or write "
                    f"tcp://{host}:{port}/{slots} if plain TCP is meant"
                )
            name = f"{user}@{host}" if user else host
            address = f"{user or ''}@{host}"
        if name in found:
            raise ValueError(f"{name} is there twice; give it one number of slots")
        found[name] = Worker(
            name=name,
            host=f"{address}/{int(slots)}{COMPRESSED}",
            slots=int(slots),
            transport="tcp" if transport == "tcp" else "ssh",
        )
    if not found:
        raise ValueError("it names no worker")
    if (total := sum(worker.slots for worker in found.values())) > MOST:
        raise ValueError(f"{total} slots; {MOST} at most")
    return tuple(found.values())


def faults(request: Request) -> list[str]:
    """What is asked for that cannot be."""
    if request.workers is None:
        return []
    try:
        parse(request.workers)
    except ValueError as error:
        return [f"--workers: {error}"]
    return []


def decide(request: Request, machine: Host, complaints: Complaints) -> tuple[tuple[Worker, ...], str, Decision | None]:
    """(workers, distcc's path, the decision); complains where there is no distcc."""
    if request.workers is None:
        return (), "", None
    distcc = machine.tools.get("distcc")
    if distcc is None:
        complaints.add("--workers needs distcc, which is not installed", "sudo apt-get install distcc")
        return (), "", None
    workers = parse(request.workers)
    open_ones = [worker.name for worker in workers if worker.transport == "tcp"]
    why = f"distcc {distcc.version} sends C++ there, over SSH".replace(" ,", ",")
    if open_ones:
        why = f"distcc {distcc.version} sends C++ there; {', '.join(open_ones)}: {DANGER}"
    return (
        workers,
        distcc.path,
        Decision(
            subject="workers",
            kind="workers",
            choice=", ".join(f"{worker.name}/{worker.slots}" for worker in workers),
            why=f"{why}; mxbuild workers check tries each",
            asked=True,
            sources=(distcc.source,),
        ),
    )
