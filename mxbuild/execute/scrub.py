"""Environments for children that are Python: nothing of the caller's may lead them to other code."""

from collections.abc import Mapping

LEADING = ("PYTHON", "LD_", "MXNET_", "CONDA_", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Beginnings of variables that make an interpreter load other modules or libraries than its own."""

PIPS = frozenset(
    f"PIP_{name}"
    for name in (
        *("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "TRUSTED_HOST", "CERT", "CLIENT_CERT", "PROXY"),
        *("TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "CACHE_DIR", "NO_CACHE_DIR", "CONFIG_FILE", "KEYRING_PROVIDER"),
    )
)
"""All of pip's variables that reach it: where packages come from. Each of its options has one, and new ones come: what
would make it put something else, or elsewhere, does not."""

HARMLESS = ("PATH", "TMPDIR", "TZ", "USER", "LOGNAME")
"""All that a check gets of the caller's environment."""


def for_pip(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what leads Python or pip astray; its pip configuration stays."""
    kept = {k: v for k, v in environ.items() if not k.startswith((*LEADING, "PIP_")) or k in PIPS}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_USER": "0", "LC_ALL": "C.UTF-8"}


def for_checks(environ: Mapping[str, str], home: str) -> dict[str, str]:
    """As good as nothing: what works here works in any shell.

    Args:
        home: takes the place of the user's home, where libraries keep caches and settings.
    """
    kept = {k: environ[k] for k in HARMLESS if k in environ}
    return {**kept, "HOME": home, "LC_ALL": "C.UTF-8"}
