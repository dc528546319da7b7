"""Projects that are written for others to go on with: an operator of their own, with its tests."""

import keyword
import os
import re
import sys
from importlib.resources import files
from pathlib import Path

from mxbuild.errors import DiskError, UsageError

TEMPLATE, CLASS = "mxbuild_template", "MxbuildTemplate"
"""What stands in the files of data/operator for the operator's name, and for that of its class."""

PYTHON = ("README.md", f"{TEMPLATE}.py", f"test_{TEMPLATE}.py")
CPP = (f"cpp/{TEMPLATE}.cc", f"test_{TEMPLATE}_cpp.py")
MORE = "README-cpp.md"
"""Goes behind README.md, with C++."""

TAKEN = frozenset(("mxnet", "numpy", "unittest", "pytest"))
"""Modules that a file of the name would stand in front of."""


def operator(name: str, directory: str, *, cpp: bool) -> tuple[str, ...]:
    """Write a project with an operator of that name.

    Args:
        directory: is made; it may be there, but none of the files that are written.
        cpp: with the same operator in C++.

    Returns:
        Paths of the files, in the order in which they are read.

    Raises:
        UsageError: the name will not do, or a file of the project is there already; nothing is written then.
        DiskError: a file cannot be written.
    """
    check(name)
    texts = {_named(file, name): _named(_text(file), name) for file in (*PYTHON, *(CPP if cpp else ()))}
    if cpp:
        texts["README.md"] += _named(_text(MORE), name)
    root = Path(directory)
    if there := [file for file in texts if os.path.lexists(root / file)]:
        raise UsageError(
            f"{root / there[0]} is there already",
            details=[f"so is {root / file}" for file in there[1:]],
            remedy="give another --directory, or another name",
        )
    try:
        for file, text in texts.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            with open(root / file, "x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise DiskError(f"{error.filename or root} cannot be written: {error.strerror}") from error
    return tuple(str(root / file) for file in texts)


def check(name: str) -> None:
    """Whether an operator can have this name, in Python, in C++, and as a file.

    Raises:
        UsageError: it cannot; says why, and what would do where that is plain.
    """
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    hint = f"; {plain} would do" if _fault(plain) == "" else ""
    if fault := _fault(name):
        raise UsageError(f"an operator cannot be called {name!r}: {fault}{hint}")


def _fault(name: str) -> str:
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        return "small letters, digits and _, with a letter in front"
    if keyword.iskeyword(name):
        return "it is a word of Python's own"
    if name in sys.stdlib_module_names or name in TAKEN or name.startswith("test_"):
        return f"{name}.py would stand in the way of another module"
    return ""


def _named(text: str, name: str) -> str:
    return text.replace(CLASS, "".join(part.capitalize() for part in name.split("_"))).replace(TEMPLATE, name)


def _text(file: str) -> str:
    return files("mxbuild").joinpath(f"data/operator/{file}").read_text(encoding="utf-8")
