"""Recipe + Host + Request -> Build: every choice, each with its reason. Pure: nothing is read, nothing is changed."""

from mxbuild.errors import HostError
from mxbuild.model import Build, Decision, Host, Request, Tool
from mxbuild.recipe.lockfile import Lockfile
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import (
    asked,
    cuda,
    device,
    features,
    flags,
    jobs,
    packages,
    python,
    remote_cache,
    rules,
    shims,
    target,
    tools,
    workers,
)
from mxbuild.resolve import compiler as compilers
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.cuda import Choice
from mxbuild.resolve.device import Device
from mxbuild.resolve.expected import after
from mxbuild.resolve.fingerprint import fingerprint
from mxbuild.resolve.nearest import nearest

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH of make: the caller's own (conda, pyenv) must not reach the build."""


def resolve(recipe: Recipe, host: Host, request: Request, *, toolkits: str = "", lock: Lockfile | None = None) -> Build:
    """Decide everything.

    Args:
        toolkits: directory in which toolkits are put together from NVIDIA's packages; "": that is no way.
        lock: the wheels of the recipe's pins; None: their hashes are not known.

    Raises:
        UsageError: a feature or flag that the recipe does not have; all of them at once.
        HostError: this machine cannot build what was asked; all complaints, and the nearest commands that work.
    """
    asked.check(recipe, request)

    def attempt(wanted: Request) -> Build:
        return _either(recipe, host, wanted, toolkits, lock or Lockfile())

    try:
        return attempt(request)
    except HostError as error:
        kind, _ = device.wish(recipe, request)
        lines = nearest(recipe, host, request, error, kind, attempt)
        raise HostError(error.message, complaints=error.complaints, nearest=lines) from None


def _either(recipe: Recipe, host: Host, request: Request, toolkits: str, lock: Lockfile) -> Build:
    """For the device asked for; where that is open, for the GPU where all of it goes together, else for the CPU."""
    kind, words = device.wish(recipe, request)
    if kind != "auto":
        about = Device(kind=kind, why=words, asked=True)
        if kind == "gpu" and host.gpus:
            about = Device(kind=kind, why=f"{words}; {cuda.named(host.gpus)} is here", asked=True)
        return _resolve(recipe, host, request, toolkits, lock, about)
    sources = tuple(dict.fromkeys(g.source for g in host.gpus))
    why = device.possible(recipe, host)
    if why:
        return _resolve(
            recipe, host, request, toolkits, lock, Device(kind="cpu", why=why, asked=False, sources=sources)
        )
    here = f"{cuda.named(host.gpus)} is here"
    try:
        return _resolve(
            recipe, host, request, toolkits, lock, Device(kind="gpu", why=here, asked=False, sources=sources)
        )
    except HostError as error:
        against = " ".join("; ".join(c.text for c in error.complaints).split("\n"))
        why = f"{here}, but: {against} (--gpu shows what would help)"
        return _resolve(
            recipe, host, request, toolkits, lock, Device(kind="cpu", why=why, asked=False, sources=sources)
        )


def _resolve(recipe: Recipe, host: Host, request: Request, toolkits: str, lock: Lockfile, about: Device) -> Build:
    complaints = Complaints()
    gpu = cuda.choose(recipe, host, request, toolkits, complaints) if about.kind == "gpu" else None
    if gpu is not None:
        about = Device(kind="gpu", why=about.why, asked=about.asked, sources=about.sources, reasons=gpu.reasons)
    limit = gpu.limit if gpu else None
    wanted = packages.needed(recipe, host, packages.capabilities(recipe, request), _extra(recipe, host, request, gpu))
    wanted += packages.ccache(host, request, wanted)
    about_packages = packages.decide(host, request, wanted, complaints)
    to_come = packages.missing(wanted) if packages.permitted(host, request) else ()
    machine, expected = after(host, to_come)
    if host.apt.right == "none" and request.apt and host.apt.path:
        # The one complaint about packages covers what they would bring; the rest is judged as if they were there.
        machine, expected = after(host, packages.missing(wanted))

    compiler, about_compiler = compilers.choose(recipe, machine, complaints, limit)
    interpreter, about_python = python.choose(recipe, machine, request, complaints)
    tools.check_tools(recipe, machine, complaints)
    chosen, about_features = features.decide(recipe, machine, request, complaints, about)
    tools.check_disk(recipe, host, complaints, gpu.cuda.bundle if gpu else None)
    if compiler is None or interpreter is None or (about.kind == "gpu" and gpu is None):
        complaints.settle(recipe.id)
        raise AssertionError("no compiler, interpreter or toolkit, and no complaint about it")
    if gpu is not None and not any(f.on and "cudnn" in recipe.features[f.name].needs for f in chosen):
        gpu = cuda.without_cudnn(gpu)
    made = gpu.cuda if gpu else None

    processors, about_target = target.choose(machine, compiler, request, complaints)
    requirements = python.requirements(recipe, interpreter, request, complaints)
    locked, unlocked, about_wheels = python.locked(lock, recipe, interpreter, request, requirements)
    applied, about_rules = rules.applying(recipe, machine, compiler, chosen, made, interpreter, requirements)
    variables, about_flags = flags.variables(recipe, machine, request, chosen, applied, complaints, gpu, processors)
    processors = target.with_flags(processors, recipe, variables, machine.cpu, complaints)
    ccache, about_ccache = _ccache(machine, request)
    shared, about_shared = remote_cache.decide(request, ccache, complaints)
    fleet, distcc, about_workers = workers.decide(request, machine, complaints)
    complaints.settle(recipe.id)

    count, about_jobs = jobs.decide(recipe, host, request, fleet)
    environment = {"PATH": PATH, "LC_ALL": "C.UTF-8"}
    if search := host.environment.get("PKG_CONFIG_PATH"):
        environment["PKG_CONFIG_PATH"] = search  # the libraries were found along it
    if made and made.run_path:
        environment["LD_RUN_PATH"] = ":".join(made.run_path)
    for compat, _ in applied:
        environment.update(compat.environment)
    aliases = {alias: module for compat, _ in applied for alias, module in compat.pkg_config.items()}
    needs = [need for f in chosen if f.on for need in recipe.features[f.name].needs]
    called = features.programs(needs, machine)
    empty = (*features.unneeded(recipe, chosen), *rules.empty(applied))
    substitutions, source_flags = rules.substitutions(applied), rules.source_flags(applied)
    assert about_compiler is not None
    assert about_python is not None
    return Build(
        recipe=recipe,
        request=request,
        device=about.kind,
        features=chosen,
        compiler=compiler,
        target=processors,
        python=interpreter,
        requirements=requirements,
        locked=locked,
        unlocked=unlocked,
        packages=wanted,
        install=to_come,
        apt=host.apt,
        variables=variables,
        aliases=aliases,
        environment=environment,
        rules=tuple(rule for _, rule in applied),
        empty=empty,
        substitutions=substitutions,
        source_flags=source_flags,
        shims=shims.files_of(name for compat, _ in applied for name in compat.shims),
        package_substitutions=rules.substitutions(applied, python=True),
        cuda=made,
        jobs=count,
        ccache=ccache,
        remote_cache=shared,
        workers=fleet,
        distcc=distcc,
        make=machine.tools["make"].path,
        programs=called,
        decisions=(
            about.decision(),
            *(gpu.decisions if gpu else ()),
            *about_features,
            about_packages,
            about_compiler,
            about_target,
            about_python,
            about_wheels,
            about_jobs,
            *([about_workers] if about_workers else []),
            about_ccache,
            *([about_shared] if about_shared else []),
            *about_rules,
            *about_flags,
        ),
        expected=expected,
        platform=f"linux_{host.os.arch.value}",
        fingerprint=fingerprint(
            recipe,
            machine,
            compiler,
            variables,
            aliases,
            environment,
            libraries=needs,
            cuda=made,
            empty=empty,
            substitutions=substitutions,
            source_flags=source_flags,
            programs=called,
        ),
    )


def _ccache(machine: Host, request: Request) -> tuple[Tool | None, Decision]:
    tool = machine.tools.get("ccache")
    if request.ccache is False or tool is None:
        why = "--no-ccache" if request.ccache is False else "ccache is not installed"
        return None, Decision(subject="ccache", kind="cache", choice="off", why=why, asked=request.ccache is not None)
    return tool, Decision(
        subject="ccache",
        kind="cache",
        choice="on",
        why=f"{tool.path} {tool.version}".rstrip() + " is installed",
        asked=request.ccache is True,
        sources=(tool.source,),
    )


def _extra(recipe: Recipe, host: Host, request: Request, gpu: Choice | None) -> list[tuple[str, str]]:
    rows = []
    if gpu and gpu.package:
        rows.append((gpu.package, f"CUDA {gpu.cuda.toolkit.version}, the distribution's own toolkit"))
    if name := compilers.package(recipe, host, gpu.limit if gpu else None):
        also = f", {gpu.limit.toolkit} {gpu.limit.wanted}" if gpu and gpu.limit else ""
        rows.append((name, f"{recipe.id} takes gcc {recipe.toolchain.gcc}{also}"))
    if request.remote_cache is not None:
        rows.append(("ccache", "--remote-cache works through it"))
    if request.workers is not None:
        rows.append(("distcc", "--workers works through it"))
    if name := python.package(recipe, host, request):
        rows.append((name, "the environment is made with it"))
    return rows
