"""The source: every repository at its pinned commit, side by side, compared, then put in place in one rename.

Three ways to get a commit, the cheapest first, each next one only where the server cannot do the one before:
shallow + blobless + sparse of the commit itself (3 MB instead of 237 MB for MXNet 0.12.1), plain shallow of the
commit, and everything.
"""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from mxbuild.errors import SourceError
from mxbuild.execute.context import Context
from mxbuild.execute.git import Git, GitFailedError
from mxbuild.execute.urls import located, protocol
from mxbuild.model import FetchSource, JournalEntry, Message, Outcome, Progress, Repository

TOGETHER = 6
TRIES = 4
MARKER = "mxbuild-complete"
"""In each repository's .git: how it was fetched; written last."""

UNSUPPORTED = ("not our ref", "unadvertised object", "couldn't find remote ref", "does not support shallow", "filter")
"""What a server says that cannot give this commit in this way, though it may have it."""


def run(step: FetchSource, context: Context) -> Outcome:
    """Fetch, check out and compare every repository of the step.

    Raises:
        SourceError: a repository cannot be had, or is not what the recipe pins.
    """
    started = time.monotonic()
    repositories = _addresses(step, context)
    partial = f"{step.tree}.partial"
    os.makedirs(partial, exist_ok=True)
    git = Git(context.environ, [protocol(r.url) for r in repositories])
    with ThreadPoolExecutor(TOGETHER) as pool:
        futures = [pool.submit(_one, git, r, partial, step, context) for r in repositories]
        try:
            wait(futures, return_when="FIRST_EXCEPTION")
            failed = next((e for f in futures if f.done() and (e := f.exception()) is not None), None)
        except BaseException:
            git.stop()
            raise
        if failed is not None:
            git.stop()
            raise failed
    how = {r.path or ".": f.result() for r, f in zip(repositories, futures, strict=True)}
    compare(git, step, partial)
    _replace(partial, step.tree)
    size = sum(_git_size(step.tree, r.path) for r in repositories)
    return Outcome(
        id=step.id,
        status="done",
        seconds=time.monotonic() - started,
        detail=f"{len(repositories)} repositories, {size / 1e6:.1f} MB",
        evidence={"bytes": size, "how": how, "commits": {r.path or ".": r.commit for r in repositories}},
    )


def damage(step: FetchSource, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether the tree is there with every repository at its commit; reads HEAD files, starts no git."""
    for repository in step.repositories:
        where = f"{step.tree}/{repository.path}".rstrip("/")
        if not os.path.isdir(where):
            return f"{where} is gone"
        if _head(where) != repository.commit:
            return f"{where} is at another commit"
    return ""


def altered(step: FetchSource, context: Context) -> list[str]:
    """Tracked files whose content is not the commit's, whatever their times say.

    A fresh index makes git compare contents: one of the build's own keeps the size and time of each file.
    """
    git = Git(context.environ, ["file"])
    found: list[str] = []
    for repository in step.repositories:
        where = f"{step.tree}/{repository.path}".rstrip("/")
        index = {"GIT_INDEX_FILE": f"{where}/.git/mxbuild-index"}
        git.run(where, "read-tree", "HEAD", extra=index)
        text = git.run(
            where, "diff", "--no-ext-diff", "--name-only", "--diff-filter=M", "--ignore-submodules", extra=index
        )
        os.unlink(index["GIT_INDEX_FILE"])
        found += [f"{repository.path}/{line}".lstrip("/") for line in text.splitlines()]
    return found


def _addresses(step: FetchSource, context: Context) -> list[Repository]:
    """The repositories with addresses that git can be given, every one of them checked."""
    import msgspec

    if step.embedded:
        from mxbuild.execute.embedded import materialize

        base = materialize(Path(step.embedded), Path(context.paths.cache) / "embedded")
        addresses = [f"{base}/{r.origin.removeprefix('embedded:')}.git" for r in step.repositories]
    else:
        addresses = [located(r.url) for r in step.repositories]
    for address in addresses:
        protocol(address)
    return [msgspec.structs.replace(r, url=a) for r, a in zip(step.repositories, addresses, strict=True)]


def _one(git: Git, repository: Repository, partial: str, step: FetchSource, context: Context) -> str:
    """One repository into its place below `partial`; returns how it was fetched."""
    name = repository.path or repository.origin.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    where = f"{partial}/{repository.path}".rstrip("/")
    marker = Path(where, ".git", MARKER)
    if _head(where) == repository.commit and marker.is_file():
        return marker.read_text()

    def progress(phase: str, done: int, total: int) -> None:
        context.watch(Progress(id=step.id, part=name, done=done, total=total, unit="objects", text=phase))

    def said(text: str) -> None:
        context.watch(Message(id=step.id, text=f"{name}: {text}"))

    shutil.rmtree(f"{where}/.git", ignore_errors=True)
    os.makedirs(where, exist_ok=True)
    git.run(where, "init", "-q")
    git.run(where, "config", "remote.origin.url", repository.url)
    how = _retrying(lambda: _fetch(git, where, repository, progress, said), name, repository, said)
    exclude = step.exclude if not repository.path else ()
    if exclude:
        patterns = ["/*", *(f"!/{directory}/" for directory in exclude)]
        git.run(where, "config", "core.sparseCheckout", "true")
        Path(where, ".git", "info").mkdir(exist_ok=True)
        Path(where, ".git", "info", "sparse-checkout").write_text("\n".join(patterns) + "\n")
        how += ", sparse"
    _retrying(
        lambda: git.run(
            where, "checkout", "-q", "--force", "--detach", "--progress", repository.commit, progress=progress
        ),
        name,
        repository,
        said,
    )
    if _head(where) != repository.commit:
        raise SourceError(f"{name}: got {_head(where)}, but the recipe pins {repository.commit}")
    marker.write_text(how)
    context.watch(Progress(id=step.id, part=name, done=1, total=1, unit="repositories", text=how))
    return how


def _fetch(git: Git, where: str, repository: Repository, progress, said) -> str:  # type: ignore[no-untyped-def]
    """Bring the commit, the cheapest way that the server can."""
    fetch = ("fetch", "--progress", "--no-tags", "--force")
    commit = repository.commit
    for how, options in (("shallow, blobless", ("--depth=1", "--filter=blob:none")), ("shallow", ("--depth=1",))):
        if "blobless" in how:
            git.run(where, "config", "remote.origin.promisor", "true")
            git.run(where, "config", "remote.origin.partialclonefilter", "blob:none")
        try:
            git.run(where, *fetch, *options, "origin", commit, progress=progress)
            return how
        except GitFailedError as error:
            if not any(word in error.text for word in UNSUPPORTED):
                raise
            said(f"the server gives no {how} commit ({error.reason}); trying the next way")
            for key in ("remote.origin.promisor", "remote.origin.partialclonefilter"):
                if "blobless" in how:
                    git.run(where, "config", "--unset", key)
    git.run(
        where, *fetch, "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*", progress=progress
    )
    try:
        git.run(where, "cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailedError:
        raise SourceError(
            f"{repository.url} has no commit {commit} on any branch or tag",
            remedy="the history was rewritten, or the mirror is not up to date: try another one with --mirror",
        ) from None
    return "full"


def _retrying(call, name: str, repository: Repository, said):  # type: ignore[no-untyped-def]
    """The call, tried again where the network failed."""
    from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

    def again(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        said(f"{error.reason if isinstance(error, GitFailedError) else error}; trying again")

    policy = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential_jitter(initial=0.5, max=20),
        retry=retry_if_exception(lambda e: isinstance(e, GitFailedError) and e.transient),
        before_sleep=again,
        reraise=True,
    )
    try:
        return policy(call)
    except GitFailedError as error:
        raise SourceError(
            f"{name} cannot be fetched from {repository.url}: {error.reason}",
            details=error.text.strip().splitlines()[-8:],
            remedy=_remedy(error.text),
        ) from error


def _remedy(text: str) -> str:
    if "dubious ownership" in text:
        return "git config --global --add safe.directory '*', if you trust the mirror's owner"
    if "not found" in text or "does not appear to be a git repository" in text or "does not exist" in text:
        return "look at --mirror: it has to hold OWNER/NAME.git"
    return "look at the network and run the same command again: what was fetched is kept"


def compare(git: Git, step: FetchSource, root: str) -> None:
    """Every gitlink of every superproject against the recipe's pins, both ways.

    Raises:
        SourceError: with every difference.
    """
    pins = {r.path: r.commit for r in step.repositories if r.path}
    links: dict[str, str] = {}
    for repository in step.repositories:
        where = f"{root}/{repository.path}".rstrip("/")
        for line in git.run(where, "ls-tree", "-r", "-z", repository.commit).split("\0"):
            mode, _, rest = line.partition(" ")
            if mode == "160000":
                commit, _, path = rest.removeprefix("commit ").partition("\t")
                links[f"{repository.path}/{path}".lstrip("/")] = commit
    skipped = tuple(f"{directory}/" for directory in step.exclude)
    faults = [
        f"{path}: the superproject has {links[path]}, the recipe {pins[path]}"
        for path in sorted(links.keys() & pins.keys())
        if links[path] != pins[path]
    ]
    faults += [
        f"{path}: a submodule that the recipe does not pin"
        for path in sorted(links.keys() - pins.keys())
        if not path.startswith(skipped)
    ]
    faults += [f"{path}: pinned by the recipe, but no submodule" for path in sorted(pins.keys() - links.keys())]
    if faults:
        raise SourceError(
            "the source is not what the recipe pins",
            details=faults,
            remedy="do not build it; look at the recipe and upstream",
        )


def _replace(partial: str, tree: str) -> None:
    if os.path.lexists(tree):
        old = f"{tree}.old-{os.getpid()}"
        os.rename(tree, old)
        os.rename(partial, tree)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.rename(partial, tree)


def _head(where: str) -> str:
    try:
        return Path(where, ".git", "HEAD").read_text().strip()
    except OSError:
        return ""


def _git_size(tree: str, path: str) -> int:
    """Bytes of the repository's objects: what came over the wire, packed."""
    objects = Path(tree, path, ".git", "objects")
    return sum(f.stat().st_size for f in objects.rglob("*.pack"))
