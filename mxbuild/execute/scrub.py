"""Environments for children that are Python: nothing of the caller's may lead them to other code."""

from collections.abc import Mapping

LEADING = ("PYTHON", "LD_", "MXNET_", "CONDA_", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Beginnings of variables that make an interpreter load other modules or libraries than its own."""

BENDING = (
    "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_NO_BINARY", "PIP_ONLY_BINARY",
    "PIP_NO_DEPS", "PIP_DRY_RUN", "PIP_IGNORE_INSTALLED", "PIP_EDITABLE", "PIP_REQUIREMENT", "PIP_REPORT", "PIP_QUIET",
)  # fmt: skip
"""What would make pip put something else, or elsewhere. Indexes, certificates, proxies and caches stay."""

HARMLESS = ("PATH", "TMPDIR", "TZ", "USER", "LOGNAME")
"""All that a check gets of the caller's environment."""


def for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what leads Python or pip astray; its pip configuration stays."""
    kept = {k: v for k, v in environ.items() if not k.startswith(LEADING) and k not in BENDING}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_USER": "0", "LC_ALL": "C.UTF-8"}


def for_checks(environ: Mapping[str, str], home: str) -> dict[str, str]:
    """As good as nothing: what works here works in any shell.

    Args:
        home: takes the place of the user's home, where libraries keep caches and settings.
    """
    kept = {k: environ[k] for k in HARMLESS if k in environ}
    return {**kept, "HOME": home, "LC_ALL": "C.UTF-8"}
