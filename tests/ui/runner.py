"""GitHub's runner as it reads a job's output (actions/runner, src/Runner.Common/ActionCommand.cs)."""

from typing import NamedTuple

REGISTERED = {
    "error", "warning", "notice", "debug", "group", "endgroup", "echo", "add-mask", "add-matcher", "remove-matcher",
    "set-output", "set-env", "add-path", "save-state", "stop-commands", "internal-set-repo-path",
}  # fmt: skip


class Obeyed(NamedTuple):
    """A command, with its properties and its message unescaped."""

    name: str
    properties: dict[str, str]
    data: str


def obeyed(output: str) -> list[Obeyed]:
    """The commands in what a step wrote."""
    found = [_new(line) or _old(line) for line in output.splitlines()]
    return [one for one in found if one]


def _new(line: str) -> Obeyed | None:
    line = line.lstrip()
    if not line.startswith("::") or (end := line.find("::", 2)) < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    return _made(name, properties.strip().split(","), line[end + 2 :], ":,")


def _old(line: str) -> Obeyed | None:
    begin = line.find("##[")
    if begin < 0 or (end := line.find("]", begin)) < 0:
        return None
    name, _, properties = line[begin + 3 : end].partition(" ")
    return _made(name, properties.split(";"), line[end + 1 :], ";]")


def _made(name: str, properties: list[str], data: str, special: str) -> Obeyed | None:
    if name not in REGISTERED:
        return None
    pairs = (pair.partition("=") for pair in properties if "=" in pair)
    return Obeyed(name, {key: _unescaped(value, special) for key, _, value in pairs}, _unescaped(data))


def _unescaped(text: str, special: str = "") -> str:
    for character in f"\r\n{special}%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text
