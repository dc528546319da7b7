"""Where everything of a build lies, and what names it: its tree, its wheel, its environment."""

import hashlib
import re
from urllib.parse import urlsplit

import msgspec

from mxbuild.locations import Locations
from mxbuild.model import Build, Installed, Paths

LAUNCHERS = "bin"
LEDGER = "ledger.jsonl"
UNPACKED = "vendored"
"""Below mxbuild's cache: what vendored files hold, each in a directory of its own."""


def environment_name(build: Build) -> str:
    """`mxnet-0.12.1-cpu-py3.11-1a2b3c4d`: the last part tells apart libraries, interpreters and pins."""
    minor = ".".join(build.python.version.split(".")[:2])
    facts = [wheel_identity(build), build.python.path, build.python.version, *requirements(build)]
    digest = hashlib.sha256("\0".join(facts).encode()).hexdigest()[:8]
    return f"{build.recipe.id}-{build.device}-py{minor}-{digest}"


def wheel_identity(build: Build) -> str:
    """The fingerprint, which names the library; and where Python files differ from upstream's, what names those.

    Two interpreters share the library, and may need other Python files around it.
    """
    if not build.shims and not build.package_substitutions and not build.target.features:
        return build.fingerprint
    own = [build.target] if build.target.features else []
    facts = msgspec.json.encode([build.shims, build.package_substitutions, *own], order="sorted")
    return f"{build.fingerprint}.{hashlib.sha256(facts).hexdigest()[:8]}"


def wheel_version(build: Build) -> str:
    """`0.12.1+mxbuild.<identity>`: PEP 440's local part says who built it and from what."""
    return f"{build.recipe.release}+mxbuild.{wheel_identity(build)}"


def paths(build: Build, prefix: str, cache: str, state: str) -> Paths:
    """Where everything of this build lies."""
    environment = f"{prefix}/envs/{environment_name(build)}"
    wheel = f"{build.recipe.name}-{wheel_version(build)}-py3-none-{build.platform}.whl"
    return Paths(
        prefix=prefix,
        cache=cache,
        state=state,
        tree=f"{cache}/trees/{build.recipe.id}-{build.fingerprint}",
        wheel=f"{prefix}/wheels/{wheel_identity(build)}/{wheel}",
        environment=environment,
        current=f"{prefix}/current",
        receipt=f"{environment}/receipt.json",
        records=f"{state}/builds/{build.recipe.id}-{build.fingerprint}",
    )


def paths_of(one: Installed, where: Locations) -> Paths:
    """Where everything of an environment's build lies, or lay."""
    name = f"{one.receipt.recipe}-{one.receipt.fingerprint}"
    return Paths(
        prefix=where.prefix,
        cache=where.cache,
        state=where.state,
        tree=f"{where.cache}/trees/{name}",
        wheel=one.receipt.wheel,
        environment=one.path,
        current=f"{where.prefix}/current",
        receipt=f"{one.path}/receipt.json",
        records=f"{where.state}/builds/{name}",
    )


def stored_at(build: Build) -> str:
    """Where the store of the request keeps this build."""
    return f"{(build.request.store or '').rstrip('/')}/{build.recipe.id}/{wheel_identity(build)}"


def unpacked_at(build: Build, cache: str) -> str:
    """Directory of what the vendored file of the request holds, by its content's name; "" where there is none."""
    return f"{cache}/{UNPACKED}/{build.vendored.sha256[:16]}" if build.vendored else ""


def requirements(build: Build) -> tuple[str, ...]:
    """All that the environment gets besides the wheel, as pip takes it."""
    return (*build.locked, *build.unlocked, *runtime(build))


def runtime(build: Build) -> tuple[str, ...]:
    """Packages of NVIDIA that the library loads at run time, where the toolkit came from them."""
    return build.cuda.bundle.runtime if build.cuda and build.cuda.bundle else ()


def parts(origin: str) -> list[str]:
    """github.com, apache, mxnet of https://github.com/apache/mxnet.git: names that lead nowhere else."""
    url = urlsplit(origin)
    parts = [url.hostname or "local", *url.path.removesuffix("/").removesuffix(".git").split("/")]
    clean = (re.sub(r"[^A-Za-z0-9._-]", "_", part) for part in parts if part)
    return [part if part.strip(".") else "_" for part in clean]


def pack_at(origin: str, commit: str) -> str:
    """Where the pack of a commit lies among others: github.com/apache/mxnet/<commit>.pack."""
    return "/".join([*parts(origin), f"{commit}.pack"])
