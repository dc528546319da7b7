"""Passwords and tokens that are all around: none of them is in anything that mxbuild writes or says."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.install.conftest import Place

pytestmark = pytest.mark.xdist_group("install")

CANARY = "c4n4ry-s3cret"
SECRETS = {
    "HTTPS_PROXY": f"http://me:{CANARY}@127.0.0.1:9",
    "http_proxy": f"http://me:{CANARY}@127.0.0.1:9",
    "NO_PROXY": "*",  # what is really fetched goes its usual way
    "AWS_ACCESS_KEY_ID": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "AWS_SESSION_TOKEN": CANARY,
    "GIT_HTTP_PASSWORD": CANARY,
    "GITHUB_TOKEN": CANARY,
    "CCACHE_REMOTE_STORAGE": f"redis://:{CANARY}@127.0.0.1:9",
    "REDIS_PASSWORD": CANARY,
    "PKG_CONFIG_PATH": "",
}


def test_no_secret_is_written_or_said(installed: Place, elsewhere: Callable[[], Place], tmp_path: Path) -> None:
    """The whole path out of a store, every screen on the way, and what goes wrong with an address with a password."""
    store = tmp_path / "store"
    there = elsewhere()
    said: list[str] = []

    def run(*words: str, check: int | None = 0) -> None:
        done = there.run(*words, check=check, **SECRETS)
        said.append(f"{words[0]}: {done.stdout}{done.stderr}")

    pushed = installed.run("push", "--store", str(store), **SECRETS)
    said.append(pushed.stdout + pushed.stderr)
    mini = ("mini", "--no-apt")
    for words in (("plan", *mini), ("plan", *mini, "--format", "sh"), ("plan", *mini, "--json"), ("key", *mini)):
        run(*words)
    run("install", *mini, "--yes", "--json", "--verbose", "--store", str(store))
    run("install", *mini, "--yes", "--store", str(store))
    for words in (("verify",), ("sbom",), ("sbom", "--provenance"), ("list", "--json"), ("env",), ("report",)):
        run(*words)
    run("detect", "--capture", "captured")
    # What cannot work, and has a password in it.
    address = f"me:{CANARY}@127.0.0.1:9"
    run("install", *mini, "--yes", "--store", f"https://{address}/store", "--without", "opencv", check=None)
    run("install", *mini, "--yes", "--remote-cache", f"redis://{address}", "--without", "opencv", check=None)
    run("plan", "0.12.1", "--no-apt", "--cpu", "--mirror", f"https://{address}/mirror", check=None)
    run("install", "0.12.1", "--no-apt", "--cpu", "--yes", "--mirror", f"https://{address}/mirror", check=None)
    assert [text.partition(":")[0] for text in said if CANARY in text] == []
    every = [path for root in (there.root, store) for path in root.rglob("*")]
    files = [path for path in every if path.is_file() and not path.is_symlink()]
    assert len(files) > 1000
    assert [str(path) for path in files if CANARY.encode() in path.read_bytes()] == []
    assert os.path.exists(there.root / "captured")
