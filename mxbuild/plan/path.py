"""Every step of the path, made of what was decided."""

import time
from collections.abc import Iterator, Sequence
from typing import Literal

from mxbuild.model import (
    Activate,
    AssembleToolkit,
    Build,
    CreateEnvironment,
    DeviceCheck,
    FeatureCheck,
    FetchSource,
    FetchWheel,
    InstallPackages,
    Make,
    PackWheel,
    Paths,
    Repository,
    Step,
    Stored,
    UnpackVendored,
    Verify,
)
from mxbuild.model.vendored import DEBS, PACKS, WHEELS
from mxbuild.plan.places import LAUNCHERS, LEDGER, requirements, runtime, stored_at, unpacked_at, wheel_version


def steps(build: Build, where: Paths, embedded: str = "", stored: Stored | None = None) -> tuple[Step, ...]:
    """Every step of the path, in order; apt only where something is missing.

    Args:
        embedded: directory of the recipe's embedded source, "" where it has none.
        stored: what the store has of this build: nothing is made then.
    """
    recipe, make = build.recipe, build.recipe.make
    on = [recipe.features[choice.name] for choice in build.features if choice.on]
    empty = (*recipe.source.skip, *build.empty)
    all_steps: list[Step] = []
    vendored = unpacked_at(build, where.cache)
    if build.vendored:
        one = build.vendored
        all_steps.append(UnpackVendored(file=one.file, sha256=one.sha256, size=one.size, directory=vendored))
    if build.install:
        right: Literal["root", "sudo"] = "root" if build.apt.right == "root" else "sudo"
        all_steps.append(
            InstallPackages(
                packages=build.install,
                right=right,
                unconfigured=build.apt.interrupted,
                archive=_inside(vendored, DEBS),
            )
        )
    if build.cuda and build.cuda.bundle:
        all_steps.append(
            AssembleToolkit(
                root=build.cuda.toolkit.root,
                bundle=build.cuda.bundle,
                parts=build.cuda.toolkit.parts,
                python=build.python.path,
                cc=build.compiler.cc or build.compiler.cxx,
                log=f"{where.records}/cuda.log",
                find_links=_inside(vendored, WHEELS),
            )
        )
    all_steps += [
        FetchSource(
            tree=where.tree,
            repositories=tuple(r for r in repositories(build) if r.path not in empty),
            exclude=recipe.source.exclude,
            embedded=embedded,
            empty={path: recipe.source.submodules[path].commit for path in empty},
            substitutions=build.substitutions,
            packs="" if embedded else _inside(vendored, PACKS),
        ),
        Make(
            tree=where.tree,
            make=build.make,
            target=make.target,
            library=make.library,
            variables=build.variables,
            objects={**make.objects, **{path: name for feature in on for path, name in feature.objects.items()}},
            environment=build.environment,
            aliases=build.aliases,
            compiler=build.compiler,
            ccache=build.ccache.path if build.ccache else "",
            ccache_directory=f"{where.cache}/ccache",
            remote_cache=build.remote_cache,
            nvcc=build.cuda.toolkit.nvcc if build.cuda else "",
            source_flags=build.source_flags,
            operators=build.request.extra_operators,
            programs={tool.name: tool.path for tool in build.programs},
            cmake=tuple(feature.cmake for feature in on if feature.cmake),
            jobs=build.jobs.count,
            here=build.jobs.here,
            workers=build.workers,
            distcc=build.distcc,
            memory=make.memory_per_job << 20,
            launcher=f"{where.records}/{LAUNCHERS}",
            ledger=f"{where.records}/{LEDGER}",
            log=f"{where.records}/make.log",
        ),
        PackWheel(
            tree=where.tree,
            library=make.library,
            beside=tuple(dict.fromkeys(path for feature in on for path in feature.beside)),
            package=recipe.python.package,
            name=recipe.name,
            version=wheel_version(build),
            python=recipe.python.versions,
            requires=(
                *(r.split("==")[0] for r in build.requirements),
                *(r.partition(" --hash=")[0] for r in runtime(build)),
            ),
            platform=build.platform,
            wheel=where.wheel,
            shims=build.shims,
            substitutions=build.package_substitutions,
            processor=build.target if build.target.features else None,
        ),
        CreateEnvironment(
            environment=where.environment,
            python=build.python.path,
            requirements=requirements(build),
            wheel=where.wheel,
            log=f"{where.records}/environment.log",
            find_links=_inside(vendored, WHEELS),
        ),
        Verify(
            environment=where.environment,
            wheel=where.wheel,
            package=recipe.python.package.rsplit("/", 1)[-1],
            release=recipe.release,
            features=feature_checks(build),
            checks=recipe.verify.checks,
            device=device_check(build),
            log=f"{where.records}/verify.log",
        ),
        Activate(environment=where.environment, current=where.current, receipt=where.receipt, wheel=where.wheel),
    ]
    return tuple(all_steps if stored is None else _fetched(all_steps, stored, stored_at(build)))


def _inside(vendored: str, name: str) -> str:
    return f"{vendored}/{name}" if vendored else ""


def _fetched(every: Sequence[Step], stored: Stored, address: str) -> Iterator[Step]:
    """The steps with the wheel fetched, and without what only serves to make it."""
    for step in every:
        if isinstance(step, PackWheel):
            built = time.strftime("%Y-%m-%d", time.gmtime(stored.receipt.finished))
            yield FetchWheel(
                packs=step,
                address=address,
                name=stored.wheel,
                sha256=stored.sha256,
                size=stored.size,
                library_sha256=stored.receipt.library_sha256,
                origin=f"built on {stored.receipt.host}, {built}; fetched from {address}",
                submodules=stored.receipt.submodules,
                provenance=stored.provenance,
            )
        elif not isinstance(step, AssembleToolkit | FetchSource | Make):
            yield step


def repositories(build: Build) -> tuple[Repository, ...]:
    """The superproject and every submodule, recursively, with where each is fetched from."""
    source, mirror = build.recipe.source, build.request.mirror
    rows = [("", source.url, source.commit), *((path, s.url, s.commit) for path, s in source.submodules.items())]
    return tuple(
        Repository(path=path, url=mirrored(url, mirror), origin=url, commit=commit) for path, url, commit in rows
    )


def mirrored(origin: str, mirror: str | None) -> str:
    """The mirror's URL of a repository: its last two parts, OWNER/NAME, below the mirror's base."""
    if mirror is None or origin.startswith("embedded:"):
        return origin
    owner, name = origin.rstrip("/").removesuffix(".git").rsplit("/", 2)[-2:]
    return f"{mirror.rstrip('/')}/{owner}/{name}.git"


def feature_checks(build: Build) -> tuple[FeatureCheck, ...]:
    """What has to be seen for each feature, on or off."""
    rows = []
    for choice in build.features:
        evidence = build.recipe.features[choice.name].evidence
        rows.append(
            FeatureCheck(
                feature=choice.name,
                on=choice.on,
                asked=choice.asked,
                why=choice.why,
                needed=evidence.needed,
                symbols=evidence.symbols,
                checks=evidence.checks,
            )
        )
    return tuple(rows)


def device_check(build: Build) -> DeviceCheck | None:
    """What has to be seen of the device code; None for a build for the CPU."""
    cuda = build.cuda
    if cuda is None:
        return None
    return DeviceCheck(
        sass=cuda.sass,
        ptx=cuda.ptx,
        gpu=cuda.gpu,
        forbidden=tuple(filter(None, (cuda.stubs, cuda.toolkit.stubs))),
        driver=cuda.driver,
        cudnn=cuda.cudnn.version if cuda.cudnn else "",
        checks=build.recipe.verify.device,
    )
