"""What make is surrounded by: paths that it can take, its environment, files that are not its own."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mxbuild import durable, offline
from mxbuild.compile.resume import PRODUCTS
from mxbuild.errors import BuildError
from mxbuild.execute.git import Git
from mxbuild.execute.gitfailure import GitFailedError
from mxbuild.model import Make
from mxbuild.process import output
from mxbuild.resolve.places import UNFIT

PROGRAMS = "programs"
"""Directory beside the ledger."""


def checked(step: Make) -> None:
    """Refuse directories that make cannot work in; it would fail in odd ways, after minutes.

    Raises:
        BuildError: which one, and what to do.
    """
    for name, path in (("MXBUILD_CACHE_DIR", step.tree), ("MXBUILD_STATE_DIR", step.launcher)):
        for form in (path, os.path.realpath(path)):
            if found := UNFIT.search(form):
                raise BuildError(
                    f"make cannot work in {form}: it cannot have {found[0]!r} in a path",
                    remedy=f"set {name} to a directory without it; blanks elsewhere (HOME, the prefix) do no harm",
                )


def environment_of(step: Make, tree: str) -> dict[str, str]:
    """make's whole environment: the plan's, without a network, our pkg-config aliases in front, ccache's settings.

    Raises:
        BuildError: pkg-config does not know a module that an alias stands for.
        OSError: the records cannot be written.
    """
    search = _programs(step)
    environment = {**step.environment, **offline.ENVIRONMENT}
    environment["PATH"] = ":".join(filter(None, (search, environment.get("PATH"))))
    if step.aliases:
        directory = f"{os.path.dirname(step.ledger)}/pkgconfig"
        os.makedirs(directory, exist_ok=True)
        for alias, module in step.aliases.items():
            text = (
                f"Name: {alias}\nDescription: {module} under the name that this release asks for\n"
                f"Version: {_version(module, environment)}\nRequires: {module}\n"
            )
            Path(directory, f"{alias}.pc").write_text(text)
        environment["PKG_CONFIG_PATH"] = ":".join(filter(None, (directory, environment.get("PKG_CONFIG_PATH"))))
    if step.ccache:
        environment |= {
            "CCACHE_DIR": step.ccache_directory,
            "CCACHE_BASEDIR": tree,
            "CCACHE_NOHASHDIR": "1",
            "CCACHE_COMPILERCHECK": "content",
            "CCACHE_MAXSIZE": "10G",
        }
    return environment


def epoch(tree: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The commit's date, for what would write its own into a product; {} where the tree is no repository.

    Not in the fingerprint: no release of MXNet has `__DATE__`, so nothing that we know of depends on it.
    """
    if not os.path.isdir(f"{tree}/.git"):
        return {}
    with suppress(GitFailedError):
        said = Git(environ).run(tree, f"--git-dir={tree}/.git", "show", "-s", "--format=%ct", "HEAD", "--").stdout
        if said.strip().isdigit():
            return {"SOURCE_DATE_EPOCH": said.strip().decode()}
    return {}


def _programs(step: Make) -> str:
    """Make the directory that is first on make's PATH: downloaders that refuse to, and the step's programs."""
    search = Path(os.path.dirname(step.ledger), PROGRAMS)
    if search.exists():
        durable.remove(search)
    search.mkdir(parents=True)
    for name in offline.DOWNLOADERS:
        Path(search, name).write_text("\n".join(offline.REFUSAL) + "\n")
        Path(search, name).chmod(0o755)
    for name, path in step.programs.items():
        Path(search, name).symlink_to(path)
    return str(search)


def _version(module: str, environment: Mapping[str, str]) -> str:
    try:
        code, version, complaint = output(["pkg-config", "--modversion", module], env=environment, cwd="/")
    except OSError as error:
        raise BuildError("pkg-config cannot be run", remedy="apt-get install pkg-config") from error
    if code != 0:
        raise BuildError(f"pkg-config does not know {module}", details=complaint.splitlines())
    return version.strip()


def tracked(tree: str, environ: Mapping[str, str]) -> frozenset[str]:
    """Files of the source that are named like products, in all repositories of the tree.

    Raises:
        BuildError: git cannot tell.
        SourceError: git is not installed.
    """
    repositories: list[str] = []
    for directory, names, files in os.walk(tree):
        if ".git" in names or ".git" in files:
            repositories.append(directory)
        if ".git" in names:
            names.remove(".git")
    if not repositories:
        return frozenset()
    git = Git(environ)
    found: set[str] = set()
    for directory in repositories:
        try:
            listed = git.run(
                directory, "ls-files", "-z", "--", *(f"*{ending}" for ending in (*PRODUCTS, ".so.*"))
            ).stdout
        except GitFailedError as error:
            raise BuildError(f"git cannot list the files of {directory}: {error.reason}") from error
        found.update(f"{directory}/{os.fsdecode(name)}" for name in listed.split(b"\0") if name)
    return frozenset(found)
