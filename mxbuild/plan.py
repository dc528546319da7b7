"""Build + journal -> Plan: ordered steps, each run or skipped, with the reason. Nothing is changed here.

The steps up to the wheel serve only the wheel: where it is there and whole, they are skipped, whatever became of
the tree. The environment serves only itself. So a plan is read from its end. A toolkit that is put together serves
only make: it is made anew where make runs.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from mxbuild.locations import Locations
from mxbuild.model import (
    Activate,
    AssembleToolkit,
    Build,
    CreateEnvironment,
    DeviceCheck,
    FeatureCheck,
    FetchSource,
    FetchWheel,
    Installed,
    InstallPackages,
    JournalEntry,
    Make,
    PackWheel,
    Paths,
    Plan,
    Planned,
    Repository,
    Step,
    Stored,
    Verify,
)

LAUNCHERS = "bin"
LEDGER = "ledger.jsonl"
VOLATILE = (
    "jobs", "here", "memory", "log", "ccache", "ccache_directory", "remote_cache", "workers", "distcc",
)  # fmt: skip
"""What a step is told that changes nothing of what it makes."""


def environment_name(build: Build) -> str:
    """`mxnet-0.12.1-cpu-py3.11-1a2b3c4d`: the last part tells apart libraries, interpreters and pins."""
    minor = ".".join(build.python.version.split(".")[:2])
    facts = [wheel_identity(build), build.python.path, build.python.version, *_installed(build)]
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
    if build.install:
        right: Literal["root", "sudo"] = "root" if build.apt.right == "root" else "sudo"
        all_steps.append(InstallPackages(packages=build.install, right=right, unconfigured=build.apt.interrupted))
    if build.cuda and build.cuda.bundle:
        all_steps.append(
            AssembleToolkit(
                root=build.cuda.toolkit.root,
                bundle=build.cuda.bundle,
                parts=build.cuda.toolkit.parts,
                python=build.python.path,
                cc=build.compiler.cc or build.compiler.cxx,
                log=f"{where.records}/cuda.log",
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
                *(r.partition(" --hash=")[0] for r in _runtime(build)),
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
            requirements=_installed(build),
            wheel=where.wheel,
            log=f"{where.records}/environment.log",
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


def _installed(build: Build) -> tuple[str, ...]:
    """All that the environment gets besides the wheel, as pip takes it."""
    return (*build.locked, *build.unlocked, *_runtime(build))


def _runtime(build: Build) -> tuple[str, ...]:
    """Packages of NVIDIA that the library loads at run time, where the toolkit came from them."""
    return build.cuda.bundle.runtime if build.cuda and build.cuda.bundle else ()


def title(step: Step) -> str:
    """The step in a few words, as every screen shows it."""
    match step:
        case InstallPackages():
            count = len(step.packages)
            return f"Install {count} Debian package{'s' * (count != 1)}"
        case AssembleToolkit():
            return f"Put CUDA {step.bundle.version} together"
        case FetchSource():
            return f"Fetch {len(step.repositories)} pinned repositories"
        case Make():
            return f"Compile {step.library} with {step.jobs} job{'s' * (step.jobs != 1)}"
        case FetchWheel():
            return f"Fetch {step.packs.name} {step.packs.version} out of the store"
        case PackWheel():
            return f"Pack {step.name} {step.version}"
        case CreateEnvironment():
            return "Create the environment"
        case Verify():
            return "Verify"
        case Activate():
            return "Write the receipt and switch to the new environment"


def digest(step: Step) -> str:
    """Hash of all that a step is told to do; jobs, memory and the place of logs change no result and are left out."""
    if isinstance(step, FetchWheel):
        return digest(step.packs)
    facts = msgspec.to_builtins(step)
    for volatile in VOLATILE:
        facts.pop(volatile, None)
    if not facts.get("processor"):
        facts.pop("processor", None)  # a wheel for any processor is the step that it was before there were others
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]


def plan(
    build: Build,
    where: Paths,
    journal: Mapping[str, JournalEntry],
    embedded: str = "",
    stored: Stored | None = None,
) -> Plan:
    """Say for every step whether it runs, and why.

    Args:
        journal: step id -> the finished step of the same digest, with its damage already looked at.
        stored: what the store has of this build; None also where it was not asked, which one that is to make was.
    """
    todo = steps(build, where, embedded, stored)
    state = {s.id: _state(s, journal.get(s.id)) for s in todo}
    product = [s.id for s in todo if isinstance(s, FetchSource | Make | PackWheel | FetchWheel)]
    last_whole = max((i for i, name in enumerate(product) if state[name][0]), default=-1)
    environment_runs = last_whole < len(product) - 1 or not state["environment"][0]
    planned = []
    for step in todo:
        whole, why = state[step.id]
        action: Literal["run", "skip"] = "run"
        if isinstance(step, InstallPackages):
            why = f"missing: {' '.join(step.packages)}"
        elif isinstance(step, AssembleToolkit):
            made = last_whole >= product.index("make")
            action = _run(not whole and not made)
            why = f"not needed: {product[last_whole]} is done" if made and not whole else why
        elif step.id in product:
            if product.index(step.id) <= last_whole:
                action = "skip"
                why = why if whole else f"not needed: {product[last_whole]} is done"
            elif whole:
                why = "what comes before it is made anew"
        elif step.id == "environment":
            action, why = ("run", "the wheel is new") if whole and environment_runs else (_run(not whole), why)
        elif environment_runs and whole:
            why = "the environment is new"
        else:
            action = _run(not whole)
        if isinstance(step, Make) and action == "run" and build.request.store:
            why += f"; {build.request.store} has no wheel of it"
        planned.append(Planned(step=step, title=title(step), action=action, why=why, digest=digest(step)))
    return Plan(build=build, steps=tuple(planned), paths=where)


def _run(yes: bool) -> Literal["run", "skip"]:
    return "run" if yes else "skip"


def _state(step: Step, entry: JournalEntry | None) -> tuple[bool, str]:
    if entry is None or entry.digest != digest(step):
        return False, "not done yet"
    if entry.damage:
        return False, f"done before, but {entry.damage}"
    return True, f"done: {entry.detail}"


def to_run(plan: Plan) -> Sequence[Planned]:
    """The steps that will do something."""
    return [p for p in plan.steps if p.action == "run"]
