"""A prefix with environments that are as small as they can be, and machines that were captured."""

import functools
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from mxbuild.model import Receipt
from mxbuild.system import System
from tests import forks
from tests.ui import values

HOSTS = Path(__file__).parents[1] / "hosts"
NAMES = ("mini-cpu-py3.11-aaaa1111", "toy-1.2-cpu-py3.11-bbbb2222", "toy-1.2-cpu-py3.9-cccc3333")
"""The first one is the current one; the two others share a wheel."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def receipt_of(prefix: Path, fingerprint: str) -> Receipt:
    wheel = f"{prefix}/wheels/{fingerprint}/toy.whl"
    return msgspec.structs.replace(values.RECEIPT, wheel=wheel, fingerprint=fingerprint)


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Three environments; the directory's name has all that a shell could stumble over."""
    root = tmp_path / 'it\'s a $HOME "prefix"'
    for name, fingerprint in zip(NAMES, ("f1", "f2", "f2"), strict=True):
        environment = root / "envs" / name
        (environment / "bin").mkdir(parents=True)
        (environment / "receipt.json").write_bytes(msgspec.json.encode(receipt_of(root, fingerprint)))
        hello = environment / "bin" / "hello"
        hello.write_text('#!/bin/sh\necho "hello from $VIRTUAL_ENV: $*"\nexit 7\n')
        hello.chmod(0o755)
        wheel = root / "wheels" / fingerprint / "toy.whl"
        wheel.parent.mkdir(parents=True, exist_ok=True)
        wheel.write_bytes(b"x" * 10_000)
    (root / "envs" / "half-done").mkdir()
    (root / "current").symlink_to(f"envs/{NAMES[0]}")
    return root


@pytest.fixture
def mxbuild(prefix: Path) -> Run:
    """`mxbuild WORDS` in a process of its own."""

    def run(*words: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(prefix.parent),
            "MXBUILD_PREFIX": str(prefix),
            "LC_ALL": "C.UTF-8",
            **(env or {}),
        }
        return forks.mxbuild(*words, environ=environ, cwd=Path(__file__).parents[2])

    return run


@functools.cache
def machine(name: str) -> System:
    """Of those in tests/hosts."""
    return System.captured(HOSTS / name)


@pytest.fixture
def on_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Lets commands see a captured machine in place of this one."""

    def use(name: str) -> None:
        captured = machine(name)
        monkeypatch.setattr("mxbuild.system.System", lambda: captured)
        for variable in ("PREFIX", "CACHE_DIR", "STATE_DIR"):
            monkeypatch.setenv(f"MXBUILD_{variable}", str(tmp_path / variable.lower()))
        monkeypatch.delenv("MXBUILD_MIRROR", raising=False)

    return use
