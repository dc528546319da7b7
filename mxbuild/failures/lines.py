"""Lines of a log that anyone wrote, as they are looked at: without colours and without a CI system's time stamps."""

import re

SHOWN = 300
"""Characters of a line that are shown."""
COMMAND = 2000
"""Characters of a command line that are shown: all of a compile, not all of a link."""
ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""What a terminal obeys (ECMA-48: CSI, OSC, two-character sequences)."""
STAMP = re.compile(
    r"^(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?\]? "  # GitHub Actions, Jenkins, journald
    r"|\d\d:\d\d:\d\d  ?"  # Jenkins
    r"|\[\d\d:\d\d:\d\d\]  ?\[Step \d+/\d+\] "  # TeamCity
    r"|(?:#\d+ )?\d+\.\d+ )"  # docker build: seconds, with the step's number where it is plain
    r"(?:##\[error\])?|^##\[error\]"
)


def cleaned(line: bytes) -> str:
    """The line as it is looked at: what stands last where one was written over another, and nothing of a terminal's."""
    text = line.decode("utf-8", "backslashreplace").rstrip("\r")
    if "\r" in text:
        text = text.rpartition("\r")[2]
    if "\x1b" in text:
        text = ESCAPE.sub("", text)
    return STAMP.sub("", text)


def printable(text: str) -> str:
    """`text` with each character that is none to look at replaced, tabs by blanks."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def cut(text: str, longest: int = SHOWN) -> str:
    """`text`, cut where it is long."""
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def shortened(command: str) -> str:
    """A command line, its middle left out where that is long: a link line names each object."""
    left_out = len(command) - COMMAND
    if left_out <= 0:
        return command
    return f"{command[: COMMAND - 300]} [{left_out:,} characters left out] {command[-300:]}"
