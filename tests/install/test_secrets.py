"""Passwords and tokens that are all around: none of them is in anything that mxbuild writes or says."""

import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
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
    "PIP_EXTRA_INDEX_URL": f"http://me:{CANARY}@127.0.0.1:9/simple",
    "PIP_PROXY": "",
    "PIP_RETRIES": "0",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "http.https://127.0.0.1:9/.extraHeader",
    "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {CANARY}",
}
PLANTED = {
    ".netrc": f"machine 127.0.0.1 login me password {CANARY}\n",
    ".gitconfig": f'[http "https://127.0.0.2:9/"]\n\textraHeader = "X-Secret: {CANARY}"\n'
    f'[url "https://me:{CANARY}@127.0.0.1:9/"]\n\tinsteadOf = https://elsewhere.invalid/\n',
    ".config/pip/pip.conf": f"[global]\ntrusted-host = {CANARY}.invalid\n",
    ".aws/credentials": f"[default]\naws_secret_access_key = {CANARY}\n",
}
"""In the user's home, where the programs that are called look."""
MAKE = """\
#!/bin/sh
case "$*" in *-version*|*--eval*) exec {make} "$@";; esac
env
echo "src/a.cc:1:1: error: nothing is right here"
exit 2
"""
"""It tells its whole environment, as many a Makefile does, and fails."""


def readable(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file, and what is packed in it."""
    data = path.read_bytes()
    yield str(path), data
    if path.suffix == ".gz":
        data = gzip.decompress(data)
        yield f"{path} unpacked", data  # the members of a tar lie in it as they are
    if path.suffix == ".whl":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                yield f"{path} {name}", name.encode() + packed.read(name)


def test_no_secret_is_written_or_said(tiny: Place, beside: Callable[[], Place], tmp_path: Path) -> None:
    """The whole path out of a store, one that fails while it builds, every screen, file and archive about both."""
    store = tmp_path / "store"
    there = beside()
    for name, text in PLANTED.items():
        path = there.root / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    broken = there.root / "programs" / "make"
    broken.parent.mkdir()
    broken.write_text(MAKE.format(make=shutil.which("make")))
    broken.chmod(0o755)
    said: list[str] = []

    def run(*words: str, check: int | None = 0, **more: str) -> str:
        done = there.run(*words, check=check, **SECRETS, **more)
        said.append(f"{words[0]}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    pushed = tiny.run("push", "--store", str(store), **SECRETS)
    said.append(pushed.stdout + pushed.stderr)
    own = ("tiny", "--no-apt")
    for words in (("plan", *own), ("plan", *own, "--format", "sh"), ("plan", *own, "--json"), ("key", *own)):
        run(*words)
    run("install", *own, "--yes", "--json", "--verbose", "--store", str(store))
    run("install", *own, "--yes", "--store", str(store))
    for words in (("verify",), ("sbom",), ("sbom", "--provenance"), ("list", "--json"), ("env",), ("report",)):
        run(*words)
    run("detect", "--capture", "captured")
    # One that fails while it builds, with a make that tells all that it knows.
    path = f"{broken.parent}:{there.environ['PATH']}"
    failed = run("install", *own, "--yes", "--set", "LOUD=1", check=7, PATH=path)
    assert "nothing is right here" in failed
    assert "resume" in failed
    run("install", *own, "--yes", "--set", "LOUD=1", "--json", check=7, PATH=path)
    run("report", "-o", "failed.html", "--trace", "failed.json")
    run("bug-report", "-o", "bug.tar.gz")
    run("bug-report", "--json", "-o", "again.tar.gz")
    run("doctor", check=None)
    run("explain-log", check=None)
    # What cannot work, and has a password in it.
    address = f"me:{CANARY}@127.0.0.1:9"
    run("install", *own, "--yes", "--store", f"https://{address}/store", "--set", "LOUD=1", check=2)
    run("install", *own, "--yes", "--store", f"https://127.0.0.1:9/a?b={CANARY}", "--set", "LOUD=1", check=2)
    run("push", "--store", f"s3://bucket/a?token={CANARY}", check=2)
    run("install", *own, "--yes", "--remote-cache", f"redis://{address}", "--set", "LOUD=1", check=None)
    run("plan", "0.12.1", "--no-apt", "--cpu", "--mirror", f"https://{address}/mirror", check=None)
    run("install", "0.12.1", "--no-apt", "--cpu", "--yes", "--mirror", f"https://{address}/mirror", check=None)
    assert [text.partition(":")[0] for text in said if CANARY in text] == []
    planted = {there.root / "home" / name for name in PLANTED}
    every = [path for root in (there.root, store) for path in root.rglob("*")]
    files = [path for path in every if path.is_file() and not path.is_symlink() and path not in planted]
    assert len(files) > 1000
    assert [name for file in files for name, data in readable(file) if CANARY.encode() in data] == []
    names = {file.name for file in files}
    assert names >= {"receipt.json", "sbom.cdx.json", "provenance.json", "journal.jsonl", "runs.jsonl", "make.log"}
    assert names >= {"failed.html", "failed.json", "bug.tar.gz", "lock", "environment.log", "stored.json"}
    assert (there.root / "captured").is_dir()
