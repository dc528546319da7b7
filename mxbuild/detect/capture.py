"""Writing a machine down: what detection looked at, no more, so that a bug report becomes a test.

    DIR/root/           the files that were read, empty ones for those whose presence was asked for, and the links
    DIR/commands.toml   the variables that were looked at, and what commands answered

`System.captured(DIR)` is that machine again. Secrets, the host's name and the user's name are left out.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mxbuild.detect import apt, cgroup, cpu, detect, dpkg, driver, surroundings
from mxbuild.detect.programs import is_shim
from mxbuild.detect.record import Recorder
from mxbuild.model import Host
from mxbuild.system import Answer, System

HEAD = "# A machine as `mxbuild detect --capture` saw it: root/ has its files, this file the rest.\n"


def capture(system: System, directory: Path, places: Sequence[str] = ()) -> Host:
    """Detect, and write all that was looked at into `directory`.

    Args:
        places: as `detect` takes them.

    Raises:
        FileExistsError: `directory` is there and not empty.
        OSError: it cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty")
    recorder = Recorder(system)
    host = detect(recorder, places=places)
    neutral = _neutral(system)
    _write_tree(recorder, directory / "root", neutral)
    environ = {name: neutral(_variable(name, recorder)) for name in recorder.environ.names if name in recorder.environ}
    answers = {
        neutral(line): Answer(answer.code, neutral(answer.stdout), neutral(_stderr(line, answer)))
        for line, answer in recorder.commands.items()
    }
    (directory / "commands.toml").write_text(write_commands(environ, answers), encoding="utf-8")
    return host


def _neutral(system: System) -> Callable[[str], str]:
    """Replaces the user's directory by one called `user` in the same place (/home/alice: /home/user)."""
    home = system.environ.get("HOME", "").rstrip("/")
    homes = {path for path in (home, system.realpath(home) if home else "") if path.count("/") > 1}
    if not homes:
        return lambda text: text  # /root names nobody
    pattern = re.compile("|".join(rf"{re.escape(path)}(?![\w.-])" for path in sorted(homes, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda match: os.path.dirname(match.group()) + "/user", text)


def _write_tree(recorder: Recorder, root: Path, neutral: Callable[[str], str]) -> None:
    def place(path: str) -> Path:
        where = root / neutral(path).lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        return where

    root.mkdir()
    for path in sorted(recorder.directories):
        place(path).mkdir(exist_ok=True)
    for path, text in sorted(recorder.files.items()):
        kept = neutral(_reduced(path, text))
        place(_anonymous(path)).write_bytes(kept.encode("utf-8", "backslashreplace"))
    for path in sorted(recorder.programs):
        if not is_shim(os.path.dirname(path)):  # their directory's place on PATH is all that matters
            place(path).touch()
            place(path).chmod(0o755)
    for path, target in sorted(recorder.links.items()):
        place(path).symlink_to(_relative(neutral(target), os.path.dirname(neutral(path))))


def _reduced(path: str, text: str) -> str:
    """What is kept of a file: by its path, by its place among the driver's, by its name among NVIDIA's headers."""
    if path in REDUCE:
        return REDUCE[path](text)
    if path.startswith(f"{driver.GPUS}/"):  # no UUID
        return _lines("^(Model|Bus Location):")(text)
    return (
        _lines(HEADERS[name])(text)
        if (name := re.sub(r"_v[0-9]+\.h$", ".h", path.rsplit("/", 1)[-1])) in HEADERS
        else text
    )


def _anonymous(path: str) -> str:
    """A package list's name tells which mirror is used; that there is one is enough."""
    if not path.startswith(f"{apt.LISTS}/"):
        return path
    component = apt.COMPONENT.search(path)
    return f"{apt.LISTS}/archive_" + (f"dists_any{component[0]}" if component else path.rsplit("_", 1)[-1])


def _relative(target: str, directory: str) -> str:
    """A link's target without a leading `/`, so that no tool that follows it leaves the tree."""
    return os.path.relpath(target, directory) if target.startswith("/") else target


def write_commands(environ: Mapping[str, str], answers: Mapping[str, Answer]) -> str:
    """The text of commands.toml, as `System.captured` reads it."""
    lines = [HEAD, "[environ]", *(f"{name} = {_quoted(value)}" for name, value in sorted(environ.items()))]
    for line, answer in sorted(answers.items()):
        lines += ["", "[[command]]", f"run = {_quoted(line)}"]
        lines += [f"code = {answer.code}"] if answer.code else []
        for name, text in (("stdout", answer.stdout), ("stderr", answer.stderr)):
            lines += [f"{name} = {_quoted(text)}"] if text else []
    return "\n".join(lines) + "\n"


def _variable(name: str, recorder: Recorder) -> str:
    value = recorder.environ[name]
    if name == "PATH":  # only directories in which something was found: others tell about the user alone
        used = {os.path.dirname(p) for p in recorder.programs} | {os.path.dirname(p) for p in recorder.links}
        real = recorder.inner.realpath
        return ":".join(p for p in recorder.inner.search_path() if is_shim(p) or real(p) in used)
    if name in surroundings.CI or name == surroundings.KUBERNETES:  # addresses of servers
        return value if value.lower() in surroundings.NO else "true"
    return value


def _stderr(line: str, answer: Answer) -> str:
    if line.split(maxsplit=1)[0].endswith("/sudo"):  # may name the user and the host
        return f"sudo: {apt.PASSWORD}" if apt.PASSWORD in answer.stderr else ""
    return answer.stderr


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's, but for DEL."""
    plain = text.encode("utf-8", "backslashreplace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def _packages(status: str) -> str:
    wanted = ("Package: ", "Status: ", "Version: ", "Architecture: ")
    stanzas = ([line for line in s.split("\n") if line.startswith(wanted)] for s in status.split("\n\n"))
    there = [s for s in stanzas if s and not any(x.endswith((" not-installed", " config-files")) for x in s)]
    return "".join("\n".join(s) + "\n\n" for s in there)


def _processors(info: str) -> str:
    """The first processor whole, of the others the number; no serial number."""
    first, *others = info.strip().split("\n\n")
    kept = [line for line in first.split("\n") if not line.startswith("Serial")]
    numbers = [line for other in others for line in other.split("\n") if line.startswith("processor")]
    return "\n".join(kept) + "\n\n" + "".join(f"{line}\n\n" for line in numbers)


def _lines(pattern: str) -> Callable[[str], str]:
    return lambda text: "".join(f"{line}\n" for line in text.split("\n") if re.search(pattern, line))


REDUCE: dict[str, Callable[[str], str]] = {
    dpkg.STATUS: _packages,
    cpu.INFO: _processors,
    cpu.STATUS: _lines(r"^(Uid|Cpus_allowed_list):"),
    cgroup.MOUNTS: _lines(r"^\S+ \S+ cgroup2? "),
    cgroup.GROUPS: _lines(r"^(0:|[0-9]+:([^:]*,)?(cpu|memory)(,[^:]*)?:)"),
    surroundings.INIT: lambda text: "".join(f"{e}\0" for e in text.split("\0") if e.startswith("container=")),
}
"""Path -> what is kept of the file."""

HEADERS = {
    "cuda.h": r"define\s+CUDA_VERSION\b",
    "host_config.h": r"if.*__GNUC__",
    "cudnn.h": r"define\s+CUDNN_(MAJOR|MINOR|PATCHLEVEL)\b",
    "cudnn_version.h": r"define\s+CUDNN_(MAJOR|MINOR|PATCHLEVEL)\b",
    "nccl.h": r"define\s+NCCL_(MAJOR|MINOR|PATCH)\b",
}
"""NVIDIA's headers, which are not to be handed on: name -> the lines that are kept."""
