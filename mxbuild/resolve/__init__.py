"""Recipe + Host + Request -> Build: every choice, each with its reason. Pure: nothing is read, nothing is changed."""

import difflib
import shlex

import msgspec

from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Decision, Host, Request, Tool
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import compiler as compilers
from mxbuild.resolve import features, flags, jobs, packages, python, rules
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.expected import after
from mxbuild.resolve.fingerprint import fingerprint

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH of make: the caller's own (conda, pyenv) must not reach the build."""


def resolve(recipe: Recipe, host: Host, request: Request) -> Build:
    """Decide everything.

    Raises:
        UsageError: a feature or flag that the recipe does not have; all of them at once.
        HostError: this machine cannot build what was asked; all complaints, and the nearest command that works.
    """
    _check_request(recipe, request)
    try:
        return _resolve(recipe, host, request)
    except HostError as error:
        raise HostError(
            error.message, complaints=error.complaints, nearest=_nearest(recipe, host, request, error)
        ) from None


def _resolve(recipe: Recipe, host: Host, request: Request) -> Build:
    complaints = Complaints()
    device = _device(recipe, request, complaints)
    wanted = packages.needed(recipe, host, _capabilities(recipe, request), _extra(recipe, host, request))
    about_packages = packages.decide(host, request, wanted, complaints)
    to_come = packages.missing(wanted) if packages.permitted(host, request) else ()
    machine, expected = after(host, to_come)
    if host.apt.right == "none" and request.apt and host.apt.path:
        # The one complaint about packages covers what they would bring; the rest is judged as if they were there.
        machine, expected = after(host, packages.missing(wanted))

    compiler, about_compiler = compilers.choose(recipe, machine, complaints)
    interpreter, about_python = python.choose(recipe, machine, request, complaints)
    _check_tools(recipe, machine, complaints)
    chosen, about_features = features.decide(recipe, machine, request, complaints)
    _check_disk(recipe, host, complaints)
    if compiler is None or interpreter is None:
        complaints.settle(recipe.id)
        raise AssertionError("no compiler or interpreter, and no complaint about it")

    applied, about_rules = rules.applying(recipe, machine, compiler, chosen)
    variables, about_flags = flags.variables(recipe, machine, request, chosen, applied, complaints)
    requirements = python.requirements(recipe, interpreter, complaints)
    complaints.settle(recipe.id)

    count, about_jobs = jobs.decide(recipe, host, request)
    ccache, about_ccache = _ccache(machine, request)
    environment = {"PATH": PATH, "LC_ALL": "C.UTF-8"}
    for compat, _ in applied:
        environment.update(compat.environment)
    aliases = {alias: module for compat, _ in applied for alias, module in compat.pkg_config.items()}
    linked = [need for f in chosen if f.on for need in recipe.features[f.name].needs]
    assert about_compiler is not None
    assert about_python is not None
    return Build(
        recipe=recipe,
        request=request,
        device="cpu",
        features=chosen,
        compiler=compiler,
        python=interpreter,
        requirements=requirements,
        packages=wanted,
        install=to_come,
        apt=host.apt,
        variables=variables,
        aliases=aliases,
        environment=environment,
        rules=tuple(rule for _, rule in applied),
        jobs=count,
        ccache=ccache,
        make=machine.tools["make"].path,
        decisions=(
            device,
            *about_features,
            about_packages,
            about_compiler,
            about_python,
            about_jobs,
            about_ccache,
            *about_rules,
            *about_flags,
        ),
        expected=expected,
        platform=f"linux_{host.os.arch.value}",
        fingerprint=fingerprint(recipe, machine, compiler, variables, aliases, environment, linked),
    )


def _check_request(recipe: Recipe, request: Request) -> None:
    faults = []
    for name, on in request.wanted.items():
        if name not in recipe.features:
            close = difflib.get_close_matches(name, recipe.features, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            faults.append(f"--{'with' if on else 'without'} {name}: {recipe.id} has no feature {name}{hint}")
    faults += flags.unknown_flags(recipe, request)
    if request.jobs is not None and request.jobs < 1:
        faults.append(f"--jobs {request.jobs}: at least 1")
    if len(faults) == 1:
        raise UsageError(faults[0], remedy=f"mxbuild recipes show {recipe.id}")
    if faults:
        raise UsageError(
            f"{len(faults)} things are asked for that {recipe.id} does not have",
            details=faults,
            remedy=f"mxbuild recipes show {recipe.id}",
        )


def _device(recipe: Recipe, request: Request, complaints: Complaints) -> Decision:
    if request.device == "gpu":
        complaints.add(
            f"--gpu: mxbuild cannot build {recipe.id} for a GPU yet",
            "--cpu, or wait for a later mxbuild",
            without="gpu",
        )
    why = "--cpu" if request.device == "cpu" else "this mxbuild builds for the CPU only"
    return Decision(subject="device", kind="device", choice="cpu", why=why, asked=request.device == "cpu")


def _capabilities(recipe: Recipe, request: Request) -> list[tuple[str, str]]:
    rows = [(name, "every build needs it") for name in recipe.toolchain.apt]
    for name, feature in recipe.features.items():
        wish = request.wanted.get(name)
        if wish or (wish is None and feature.default != "off"):
            rows += [(capability, f"feature {name}") for capability in feature.apt]
    return rows


def _extra(recipe: Recipe, host: Host, request: Request) -> list[tuple[str, str]]:
    rows = []
    if name := compilers.package(recipe, host):
        rows.append((name, f"{recipe.id} takes gcc {recipe.toolchain.gcc}"))
    if name := python.package(recipe, host, request):
        rows.append((name, "the environment is made with it"))
    return rows


def _check_tools(recipe: Recipe, machine: Host, complaints: Complaints) -> None:
    for name, wanted in (("make", recipe.toolchain.make), ("git", recipe.toolchain.git), ("pkg-config", "")):
        tool = machine.tools.get(name)
        if tool is None:
            package = {"make": "build-essential"}.get(name, name)
            sudo = "" if machine.apt.right == "root" else "sudo "
            complaints.add(f"no {name} on PATH", f"{sudo}{packages.INSTALL} {package}")
        elif wanted and tool.version and not (matched := version_matches(name, tool.version, wanted)).ok:
            complaints.add(matched.why, f"install a {name} in {wanted} and put it first on PATH")


def _check_disk(recipe: Recipe, host: Host, complaints: Complaints) -> None:
    need = recipe.make.disk << 20
    for disk in host.disks:
        if disk.free < need:
            complaints.add(
                f"{disk.path} has {disk.free / 2**20:.0f} MiB free; source and build take {recipe.make.disk} MiB",
                "free some room, or set MXBUILD_CACHE_DIR to a larger disk",
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
        why=f"{tool.path} {tool.version} is installed",
        asked=request.ccache is True,
        sources=(tool.source,),
    )


def _nearest(recipe: Recipe, host: Host, request: Request, error: HostError) -> str:
    """The command nearest to what was asked that works here; "" where there is none."""
    drop = [c.without for c in error.complaints if c.without and c.without != "gpu"]
    relaxed = msgspec.structs.replace(
        request,
        device="auto" if request.device == "gpu" else request.device,
        wanted={**request.wanted, **dict.fromkeys(drop, False)},
    )
    for candidate in (relaxed, msgspec.structs.replace(relaxed, apt=False)):
        if candidate == request:
            continue
        try:
            _resolve(recipe, host, candidate)
        except HostError:
            continue
        return shlex.join(["mxbuild", "install", recipe.id, *_options(candidate)])
    return ""


def _options(request: Request) -> list[str]:
    """The request as a command line has it."""
    options: list[str] = [] if request.apt else ["--no-apt"]
    for name, on in request.wanted.items():
        options += ["--with" if on else "--without", name]
    for name, value in request.flags.items():
        options += ["--set", f"{name}={value}"]
    for option, given in (("--jobs", request.jobs), ("--python", request.python), ("--mirror", request.mirror)):
        options += [] if given is None else [option, str(given)]
    return options
