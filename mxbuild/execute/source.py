"""The source: every repository at its pinned commit, fetched side by side, compared, and put in place in one rename.

What makes it safe to stop anywhere: each repository is a unit of its own in the staging directory, with a marker that
is written last; the next run keeps those that are whole, and removes those that are not.
"""

import os
import time
from functools import partial
from pathlib import Path

import msgspec

from mxbuild.errors import SourceError
from mxbuild.execute import checkout, packs, substitute
from mxbuild.execute.checkout import Marker
from mxbuild.execute.context import Context
from mxbuild.execute.fetch import Fetch
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.execute.objectcache import ObjectCache
from mxbuild.execute.parallel import Report, side_by_side, together
from mxbuild.execute.staging import Staging, parent
from mxbuild.execute.urls import candidates, check_path
from mxbuild.model import FetchSource, JournalEntry, Message, Outcome, Repository

DAMAGED = "the source is not what the recipe pins"
REMEDY = "do not build it: compare the recipe's commits with upstream's .gitmodules and tree"


def run(step: FetchSource, context: Context) -> Outcome:
    """Fetch, check out and compare every repository of the step.

    Raises:
        SourceError: repositories cannot be had, or are not what the recipe pins; all of them are named.
        KeyboardInterrupt: after every git is gone; what is whole is kept for the next run.
    """
    started = time.monotonic()
    try:
        markers, fetched = _run(step, context)
    except OSError as error:
        raise SourceError(
            f"the source cannot be written: {error.strerror}: {error.filename or step.tree}",
            remedy="look at the free space and the rights there, then run the same command again",
        ) from error
    size = sum(markers[path].bytes for path in fetched)
    seconds = time.monotonic() - started
    kept = len(markers) - len(fetched)
    count = f"{len(markers)} repositor{'y' if len(markers) == 1 else 'ies'}"
    amount = f"{size / 1e6:.1f} MB fetched"
    if kept:
        amount = f"{kept} kept from before, {amount}" if fetched else "all there from before"
    return Outcome(
        id=step.id,
        status="done",
        seconds=seconds,
        detail=f"{count}, {amount}",
        evidence={
            "bytes": size,
            "commits": {path or ".": marker.commit for path, marker in markers.items()},
            "how": {path or ".": marker.how for path, marker in markers.items()},
            "urls": {path or ".": marker.url for path, marker in markers.items()},
            "fetched": [path or "." for path in fetched],
        },
    )


def damage(step: FetchSource, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether the tree is there, every repository at its commit, every file present. Starts no git.

    Contents are not read: `altered` does that.
    """
    for repository in step.repositories:
        directory = _directory(step, repository)
        if not os.path.isdir(directory):
            return f"{directory} is gone"
        marker = checkout.read_marker(directory)
        if marker is None:
            return f"{directory} is no checkout of mxbuild's"
        if checkout.head(directory) != repository.commit or marker.commit != repository.commit:
            return f"{directory} is not at {repository.commit[:12]}"
        if missing := checkout.gone(directory, marker):
            return f"{directory}/{missing} is gone"
    return substitute.undone(step.tree, step.substitutions)


def altered(step: FetchSource, context: Context) -> list[str]:
    """Paths in the tree of files whose content is not the pinned commit's, whatever their sizes and times say.

    Raises:
        SourceError: a repository is damaged, or git is not installed.
    """
    git, found = Git(context.environ), []
    for repository in step.repositories:
        try:
            names = checkout.altered(git, _directory(step, repository), repository.commit, _exclude(step, repository))
        except (GitFailedError, OSError) as error:
            raise SourceError(f"{_directory(step, repository)} is damaged", details=[str(error)]) from error
        found += [
            f"{repository.path}/{name}".lstrip("/")
            for name in names
            if not _substituted(git, step, repository, _directory(step, repository), name)
        ]
    return sorted(found)


def _run(step: FetchSource, context: Context) -> tuple[dict[str, Marker], list[str]]:
    """Markers by path, and the paths that were fetched now."""
    for path in (*(r.path for r in step.repositories if r.path), *step.exclude, *step.empty):
        check_path(path)
    staging = Staging(step.tree, [r.path for r in step.repositories])
    git = Git(context.environ, context.keep_open)
    there = {r.path: m for r in step.repositories if (m := _whole(git, step, r, _directory(step, r)))}
    if len(there) == len(step.repositories):
        for repository in step.repositories:
            _compare(git, step, repository, _directory(step, repository))
        staging.clear()
        substitute.apply(step.tree, step.substitutions)
        return there, []
    if os.path.lexists(step.tree):
        _say(step, context, "", f"{step.tree} is not as it was fetched: it is made anew")

    addresses = _addresses(step, context)
    staging.prepare()
    kept: dict[str, Marker] = {}
    for repository in sorted(step.repositories, key=lambda r: len(r.path)):
        marker = _whole(git, step, repository, staging.place(repository.path, kept))
        if marker is not None:
            kept[repository.path] = marker

    report = Report(step.id, len(step.repositories), context.watch)

    def one(repository: Repository) -> Marker:
        name, exclude, marker = _name(repository), _exclude(step, repository), kept.get(repository.path)
        directory = staging.place(repository.path, kept) if marker else staging.own(repository.path)
        if marker is None:
            say = partial(_say, step, context, name)
            again, progress = report.again(name), report.advance(name)
            cache = None if step.embedded else ObjectCache(context.paths.cache, repository.origin)
            urls = addresses[repository.path]
            marker = Fetch(git, repository, urls, directory, exclude, cache, say, again, progress).run()
        _compare(git, step, repository, directory)
        report.finished(name, marker.how)
        return marker

    markers = side_by_side({r.path: partial(one, r) for r in step.repositories}, git.stop)
    staging.assemble()
    staging.finish()
    substitute.apply(step.tree, step.substitutions)
    return markers, [path for path in markers if path not in kept]


def _addresses(step: FetchSource, context: Context) -> dict[str, tuple[str, ...]]:
    """Path -> where each repository can be had, best first; every address is checked.

    Raises:
        SourceError: with every address that is refused.
    """
    repositories = step.repositories
    if step.embedded:
        from mxbuild.execute.embedded import materialize

        root = materialize(Path(step.embedded), Path(context.paths.cache) / "embedded", context.environ)
        repositories = tuple(
            msgspec.structs.replace(r, url=f"{root}/{_embedded(r.origin)}.git") for r in step.repositories
        )
    elif step.packs:
        packs.materialize(step.packs, context.environ)
        repositories = tuple(
            msgspec.structs.replace(r, url=packs.repository(step.packs, r.origin)) for r in step.repositories
        )
    found: dict[str, tuple[str, ...]] = {}
    refused: list[SourceError] = []
    for repository in repositories:
        urls = _candidates(repository)
        if isinstance(urls, SourceError):
            refused.append(urls)
        else:
            found[repository.path] = urls
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise together(refused, f"{len(refused)} of {len(repositories)} repositories have no address to fetch from")
    return found


def _candidates(repository: Repository) -> tuple[str, ...] | SourceError:
    try:
        return candidates(repository)
    except SourceError as error:
        return error


def _embedded(origin: str) -> str:
    name = origin.removeprefix("embedded:")
    check_path(name)
    return name


def _whole(git: Git, step: FetchSource, repository: Repository, directory: str) -> Marker | None:
    """The marker of a repository that is finished and unaltered."""
    marker, exclude = checkout.read_marker(directory), _exclude(step, repository)
    if marker is None or (marker.commit, marker.exclude) != (repository.commit, exclude):
        return None
    if checkout.head(directory) != repository.commit:
        return None
    try:
        changed = checkout.altered(git, directory, repository.commit, exclude)
        return marker if all(_substituted(git, step, repository, directory, name) for name in changed) else None
    except (GitFailedError, SourceError):
        return None


def _substituted(git: Git, step: FetchSource, repository: Repository, directory: str, name: str) -> bool:
    """Whether a file differs from the commit's by nothing but what the step substitutes in it."""
    path = f"{repository.path}/{name}".lstrip("/")
    mine = [s for s in step.substitutions if s.file == path]
    file = Path(directory, name)
    if not mine or not file.is_file():  # what is gone is fetched anew
        return False
    return substitute.changed(checkout.blob(git, directory, repository.commit, name), mine) == file.read_bytes()


def _compare(git: Git, step: FetchSource, repository: Repository, directory: str) -> None:
    """The commit's gitlinks against the recipe's submodules, both ways.

    Raises:
        SourceError: with every difference.
    """
    paths = [r.path for r in step.repositories]
    wanted = {**{r.path: r.commit for r in step.repositories if r.path}, **step.empty}
    below = {path: commit for path, commit in wanted.items() if parent(path, paths) == repository.path}
    pins = {path.removeprefix(f"{repository.path}/"): commit for path, commit in below.items()}
    try:
        links = checkout.gitlinks(git, directory, repository.commit)
    except GitFailedError as failed:
        raise SourceError(f"{_name(repository)}: its trees cannot be read", details=[failed.text]) from failed
    faults = checkout.differences(repository.path, links, pins, _exclude(step, repository))
    if len(faults) == 1:
        raise SourceError(f"{DAMAGED}: {faults[0]}", remedy=REMEDY)
    if faults:
        raise SourceError(DAMAGED, details=faults, remedy=REMEDY)


def _say(step: FetchSource, context: Context, name: str, text: str) -> None:
    context.watch(Message(id=step.id, text=f"{name}: {text}" if name else text, level="warning"))


def _directory(step: FetchSource, repository: Repository) -> str:
    return f"{step.tree}/{repository.path}".rstrip("/")


def _exclude(step: FetchSource, repository: Repository) -> tuple[str, ...]:
    return () if repository.path else step.exclude


def _name(repository: Repository) -> str:
    return repository.path or repository.origin.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
