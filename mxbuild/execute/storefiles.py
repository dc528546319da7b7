"""The files of a store: which addresses are allowed, how they are reached, and what it means where they are not."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

from mxbuild.errors import SourceError, UsageError

LOCAL, WEB = ("", "file"), ("https", "http")
SCHEMES = (*LOCAL, "https", "s3")
LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/|$)")
TRIES = 3
FIRST_PAUSE = 1.0
"""Seconds before the second try; the third waits twice as long."""
CONNECT, SILENCE = 20.0, 60.0
"""Seconds for a web server to take a connection, and to say nothing on it."""
GONE, NO_RIGHT = (404, 410), (401, 403)
CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError")
"""botocore's, which are no PermissionError."""
PASSING, FAULT = (408, 425, 429), 500
"""HTTP's answers after which another try may help: these, and all from that one on."""

T = TypeVar("T")


class UnreachableError(SourceError):
    """A store that cannot be asked. What it has, if anything, is not known.

    Args:
        passing: another try may help.
    """

    def __init__(self, message: str, *, remedy: str, passing: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.passing = passing


def opened(address: str, *, writing: bool = False) -> tuple[Any, str]:
    """fsspec's file system for an address, and the path in it.

    Raises:
        UsageError: it is none of the allowed ones.
    """
    scheme = scheme_of(address)
    fine = scheme in SCHEMES or LOOPBACK.match(address)
    more = scheme not in LOCAL and ("?" in address or "#" in address)  # often signed for somebody: not to be kept
    if not fine or more or "::" in address or "@" in address.partition("://")[2].partition("/")[0]:
        shown = re.sub(r"//[^/@]*@", "//***@", re.sub(r"(://[^?#]*[?#]).*", r"\1***", address))
        raise UsageError(
            f"refused as a store: {shown}",
            remedy="a directory, https://HOST/PATH or s3://BUCKET/PATH; plain http only from this machine itself",
        )
    if writing and scheme in WEB:
        raise UsageError(f"{address} is read only", remedy="push to the directory or the s3:// bucket behind it")
    from fsspec.core import url_to_fs

    try:
        files, path = url_to_fs(address, **_patience(scheme))
    except ImportError as error:
        extra = "s3" if scheme == "s3" else "http"
        raise UsageError(
            f"a store at {scheme}:// needs one more Python package: {error.name or error}",
            remedy=f"pip install 'mxbuild[{extra}]'",
        ) from error
    return files, str(path).rstrip("/")


@contextmanager
def reading(files: Any, path: str, address: str) -> Iterator[BinaryIO]:
    """A file of a store, as a stream: nobody believes what size a server says that it has.

    Raises:
        SourceError: a web server leads elsewhere than an address may, or packs what it sends.
    """
    web = scheme_of(address) in WEB
    # A size that is given, and no blocks: else fsspec asks for it, and takes what it is told for true.
    options = {"block_size": 0, "size": 1, "headers": {"Accept-Encoding": "identity"}} if web else {}
    with files.open(path, "rb", **options) as source:
        if web:
            _check_answer(source.r, address)
        yield source


def _check_answer(answer: Any, address: str) -> None:
    led, packed = str(answer.url), answer.headers.get("Content-Encoding", "identity")
    if not (led.startswith("https://") or (LOOPBACK.match(led) and LOOPBACK.match(address))):
        raise SourceError(f"refused: the store {address} leads to {led[:200]}", remedy="name the address itself")
    if packed != "identity":
        raise SourceError(f"refused: the store {address} packs what it sends ({packed[:20]})", remedy="switch that off")


def scheme_of(address: str) -> str:
    """What stands before ://; "" for a directory."""
    return address.partition("://")[0] if "://" in address else ""


def check_directory(address: str) -> None:
    """A directory without a build is one thing, no directory another: a disk that is not mounted, a typing error.

    Args:
        address: of the store itself.

    Raises:
        OSError: it is a directory's, and there is none, or it may not be looked at.
    """
    if scheme_of(address) in LOCAL:
        path = address.removeprefix("file://")
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise NotADirectoryError(path)


@contextmanager
def reached(address: str) -> Iterator[None]:
    """Whatever goes wrong on the way becomes one sentence; fsspec hands on the errors of its libraries."""
    try:
        yield
    except (SourceError, UsageError):
        raise
    except Exception as error:
        raise _unreachable(address, error) from error


def patiently(call: Callable[[], T], say: Callable[[str], None] = lambda text: None) -> T:
    """The call's result, tried again where a network failed.

    Args:
        say: told why it is tried again.

    Raises:
        UnreachableError: it failed each time, or in a way that no other try will mend.
    """
    from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

    def again(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        say(f"try {state.attempt_number} of {TRIES}: {error}; again in {state.upcoming_sleep:.0f} s")

    return Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(multiplier=FIRST_PAUSE),
        retry=retry_if_exception(lambda error: isinstance(error, UnreachableError) and error.passing),
        before_sleep=again,
        reraise=True,
    )(call)


def missing(error: Exception) -> bool:
    """Whether it says that there is no such file, and not that it cannot be looked for."""
    answer = getattr(error.__cause__, "response", None)
    if isinstance(answer, dict) and answer.get("Error", {}).get("Code") == "NoSuchBucket":
        return False
    return isinstance(error, FileNotFoundError) or getattr(error, "status", None) in GONE


def _patience(scheme: str) -> dict[str, Any]:
    """fsspec's options: aiohttp would wait five minutes for a server that says nothing, and goes past a proxy untold.

    Once told, it reads the same variables and ~/.netrc as git and pip.
    """
    if scheme not in WEB:
        return {}
    try:
        from aiohttp import ClientTimeout
    except ImportError:  # fsspec says which package is missing
        return {}
    patience = ClientTimeout(total=None, sock_connect=CONNECT, sock_read=SILENCE)
    return {"client_kwargs": {"timeout": patience, "trust_env": True}}


def _unreachable(address: str, error: Exception) -> UnreachableError:
    status, scheme = getattr(error, "status", None), scheme_of(address)
    why = f"{status} {getattr(error, 'message', '')}".strip() if status else str(error) or type(error).__name__
    if scheme in LOCAL and isinstance(error, FileNotFoundError | NotADirectoryError):
        return UnreachableError(
            f"the store {address} cannot be reached: there is no such directory, or no longer that file",
            remedy="see that it is mounted; mkdir -p makes an empty one",
        )
    if status in NO_RIGHT or isinstance(error, PermissionError) or type(error).__name__ in CREDENTIALS:
        whose = (
            "see that you have a right to it" if scheme in LOCAL else "see that the right credentials are given for it"
        )
        return UnreachableError(f"the store {address} cannot be reached: no right: {why}", remedy=whose)
    # S3's own library has tried again already.
    again = scheme in WEB and (not status or status in PASSING or status >= FAULT) and not missing(error)
    return UnreachableError(
        f"the store {address} cannot be reached: {why}", remedy="see its address; else try again later", passing=again
    )
