"""What a tag of upstream's pins, to the last submodule, without a checkout: the raw matter of a recipe."""

import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from mxbuild import durable
from mxbuild.errors import SourceError
from mxbuild.execute import checkout
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.execute.urls import candidates, check_path, protocol
from mxbuild.model import Repository
from mxbuild.plan import mirrored
from mxbuild.recipe.draft import CONFIG, MAKEFILE, Upstream
from mxbuild.recipe.model import Submodule


def survey(
    environ: Mapping[str, str],
    url: str,
    tag: str,
    *,
    mirror: str | None,
    leaves: Sequence[str],
    exclude: Sequence[str],
    say: Callable[[str], None],
) -> Upstream:
    """Look at a tag.

    Args:
        url: the superproject's public URL.
        leaves: submodules whose own submodules are of no interest: they are pinned and not fetched.
        exclude: top-level directories that no build needs.
        say: receives each repository as it is looked at.

    Raises:
        SourceError: a repository, the tag or a commit cannot be had.
    """
    with durable.scratch("pins") as root:
        reader = _Reader(Git(environ), root, mirror, say)
        commit = reader.tagged(url, tag)
        top = reader.fetch(Repository(path="", url=mirrored(url, mirror), origin=url, commit=commit))
        found: dict[str, Submodule] = {}
        waiting = [("", top, url, commit)]
        while waiting:
            path, directory, origin, at = waiting.pop(0)
            for inner, module in reader.submodules(directory, at, origin).items():
                place = f"{path}/{inner}".lstrip("/")
                if not path and f"{inner}/".startswith(tuple(f"{name}/" for name in exclude)):
                    continue
                found[place] = module
                if place not in leaves:
                    address = mirrored(module.url, mirror)
                    repository = Repository(path=place, url=address, origin=module.url, commit=module.commit)
                    waiting.append((place, reader.fetch(repository), module.url, module.commit))
        return Upstream(
            tag=tag,
            commit=commit,
            date=reader.date(top, commit),
            submodules=dict(sorted(found.items())),
            files={name: reader.file(top, commit, name) for name in (CONFIG, MAKEFILE)},
        )


class _Reader:
    """Repositories of which only trees and single files are fetched."""

    def __init__(self, git: Git, root: str, mirror: str | None, say: Callable[[str], None]) -> None:
        self._git, self._root, self._mirror, self._say = git, root, mirror, say
        self._protocols: dict[str, str] = {}

    def tagged(self, url: str, tag: str) -> str:
        """The commit that a tag stands for; of an annotated one what it points to."""
        repository = Repository(path="", url=mirrored(url, self._mirror), origin=url, commit="0" * 40)
        address = candidates(repository)[0]
        try:
            said = self._git.run(
                "/", "ls-remote", "--", address, f"refs/tags/{tag}", f"refs/tags/{tag}^{{}}", protocol=protocol(address)
            ).stdout.decode(errors="replace")
        except GitFailedError as failed:
            raise SourceError(f"{address} cannot be asked: {failed.reason}", remedy=failed.remedy) from failed
        rows: dict[str, str] = {}
        for line in said.splitlines():
            commit, _, name = line.partition("\t")
            rows[name] = commit
        found = rows.get(f"refs/tags/{tag}^{{}}") or rows.get(f"refs/tags/{tag}")
        if not found:
            raise SourceError(f"{url} has no tag {tag}", remedy=f"git ls-remote --tags {url}")
        return found

    def fetch(self, repository: Repository) -> str:
        """The commit and its trees; the directory that has them."""
        self._say(f"{repository.path or repository.origin} {repository.commit[:12]}")
        directory = os.path.join(self._root, str(len(self._protocols)))
        os.makedirs(directory)
        reasons = []
        for address in candidates(repository):
            self._protocols[directory] = spoken = protocol(address)
            try:
                self._git.run(directory, "init", "--quiet", "--template=", "--", directory)
                self._git.run(directory, "remote", "add", "--", "origin", address)
                options = ("--quiet", "--depth=1", "--filter=blob:none", "--no-tags")
                self._git.run(directory, "fetch", *options, "--", "origin", repository.commit, protocol=spoken)
            except GitFailedError as failed:
                reasons.append(f"{address}: {failed.reason}")
            else:
                return directory
        raise SourceError(
            f"{repository.path or 'the superproject'}: {repository.commit} cannot be had",
            details=reasons,
            remedy="where upstream lost the commit, name a fork that has it in the recipe",
        )

    def submodules(self, directory: str, commit: str, origin: str) -> dict[str, Submodule]:
        """Path -> where it is from and its commit, of the submodules right below a repository."""
        links = checkout.gitlinks(self._git, directory, commit)
        if not links:
            return {}
        text = self.file(directory, commit, ".gitmodules")
        urls = _urls(text)
        for path in links:
            check_path(path)
            if path not in urls:
                raise SourceError(f"{origin}: .gitmodules says nothing of {path}")
        return {path: Submodule(url=_joined(origin, urls[path]), commit=at) for path, at in sorted(links.items())}

    def file(self, directory: str, commit: str, name: str) -> str:
        """A file of the commit; "" where it has none of that name."""
        here = f"--git-dir={directory}/.git"
        listed = self._git.run(directory, here, "ls-tree", "--full-tree", commit, "--", name).stdout
        if not listed:
            return ""
        command = ("cat-file", "blob", f"{commit}:{name}")
        said = self._git.run(directory, here, *command, protocol=self._protocols[directory])
        return said.stdout.decode(errors="replace")

    def date(self, directory: str, commit: str) -> str:
        """Day of the commit, 2019-09-04."""
        said = self._git.run(directory, f"--git-dir={directory}/.git", "show", "-s", "--format=%cs", commit)
        return said.stdout.decode(errors="replace").strip()


SECTION = re.compile(r"\s*\[submodule ")
SETTING = re.compile(r"\s*(path|url)\s*=\s*(\S+)\s*")


def _urls(text: str) -> dict[str, str]:
    """Path -> URL out of a .gitmodules file."""
    found: dict[str, str] = {}
    settings: dict[str, str] = {}
    for line in [*text.splitlines(), "[submodule end]"]:
        if SECTION.match(line):
            if {"path", "url"} <= settings.keys():
                found[settings["path"]] = settings["url"]
            settings = {}
        elif match := SETTING.fullmatch(line):
            settings[match[1]] = match[2]
    return found


def _joined(origin: str, url: str) -> str:
    """A submodule's URL, where it is relative below or beside the one it stands in."""
    if not url.startswith(("./", "../")):
        return url
    scheme, _, rest = origin.partition("://")
    return f"{scheme}://{posixpath.normpath(posixpath.join(rest, url))}"
