"""Which mxbuild this is: what was written into the wheel when it was built; in a checkout, what git says now."""

import functools
import importlib
import os
import re

UNKNOWN = "0.0+unknown"
"""Neither built nor in git: a copy of the files."""
DESCRIBED = re.compile(
    r"v(?P<tag>(?:[0-9]+\.)*(?P<last>[0-9]+))-(?P<distance>[0-9]+)-(?P<node>g[0-9a-f]+)(?P<dirty>-dirty)?"
)
LONGEST = 10.0
"""Seconds for git's answer."""
PACKAGE = os.path.dirname(os.path.abspath(__file__))


@functools.cache
def version() -> str:
    """As PEP 440 has it: 0.2.0 at its tag, 0.2.1.dev3+g1a2b3c4d5 three commits later."""
    root = os.path.dirname(PACKAGE)
    if os.path.exists(f"{root}/.git") and (said := checked_out(root)):
        return said
    try:
        built: str = importlib.import_module("mxbuild._version").VERSION
    except ImportError:
        return UNKNOWN
    return built


def release() -> str:
    """The release that this is, or that it comes before: what all commits between two have in common."""
    numbers = re.match(r"[0-9.]*[0-9]", version())
    return numbers[0] if numbers else UNKNOWN


def checked_out(root: str) -> str:
    """What git says of a checkout, in the form that setuptools-scm gives it when a wheel is built; "" for nothing.

    Args:
        root: directory that has `.git`.
    """
    described = _git(root, "describe", "--tags", "--long", "--dirty", "--abbrev=9", "--match", "v[0-9]*")
    if match := DESCRIBED.fullmatch(described):
        if match["distance"] == "0" and not match["dirty"]:
            return match["tag"]
        stem = match["tag"].removesuffix(match["last"])
        following = f"{stem}{int(match['last']) + 1}.dev{match['distance']}+{match['node']}"
        return following + (".dirty" if match["dirty"] else "")
    count, node = _git(root, "rev-list", "--count", "HEAD"), _git(root, "rev-parse", "--short=9", "HEAD")
    return f"0.1.dev{count}+g{node}" if count and node else ""


def _git(root: str, *words: str) -> str:
    """Its answer; "" where there is no git, or it refuses."""
    from mxbuild import process

    # A hook's GIT_DIR names another repository.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {"LC_ALL": "C"}
    try:
        ended = process.run_limited(["git", "-C", root, *words], env=environ, cwd=root, timeout=LONGEST)
    except OSError:
        return ""
    return ended.stdout.strip() if ended.code == 0 else ""
