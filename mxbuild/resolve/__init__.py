"""Recipe + Host + Request -> Build: every choice, each with its reason. Pure: nothing is read, nothing is changed."""

import shlex

import msgspec

from mxbuild.errors import HostError
from mxbuild.model import Build, Decision, Host, Request, Tool
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import asked, features, flags, jobs, packages, python, rules, tools
from mxbuild.resolve import compiler as compilers
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
    asked.check(recipe, request)
    try:
        return _resolve(recipe, host, request)
    except HostError as error:
        raise HostError(
            error.message, complaints=error.complaints, nearest=_nearest(recipe, host, request, error)
        ) from None


def _resolve(recipe: Recipe, host: Host, request: Request) -> Build:
    complaints = Complaints()
    device = _device(recipe, request, complaints)
    wanted = packages.needed(recipe, host, packages.capabilities(recipe, request), _extra(recipe, host, request))
    about_packages = packages.decide(host, request, wanted, complaints)
    to_come = packages.missing(wanted) if packages.permitted(host, request) else ()
    machine, expected = after(host, to_come)
    if host.apt.right == "none" and request.apt and host.apt.path:
        # The one complaint about packages covers what they would bring; the rest is judged as if they were there.
        machine, expected = after(host, packages.missing(wanted))

    compiler, about_compiler = compilers.choose(recipe, machine, complaints)
    interpreter, about_python = python.choose(recipe, machine, request, complaints)
    tools.check_tools(recipe, machine, complaints)
    chosen, about_features = features.decide(recipe, machine, request, complaints)
    tools.check_disk(recipe, host, complaints)
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
    if search := host.environment.get("PKG_CONFIG_PATH"):
        environment["PKG_CONFIG_PATH"] = search  # the libraries were found along it
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


def _device(recipe: Recipe, request: Request, complaints: Complaints) -> Decision:
    if request.device == "gpu":
        complaints.add(
            f"--gpu: mxbuild cannot build {recipe.id} for a GPU yet",
            "--cpu, or wait for a later mxbuild",
            without="gpu",
        )
    why = "--cpu" if request.device == "cpu" else "this mxbuild builds for the CPU only"
    return Decision(subject="device", kind="device", choice="cpu", why=why, asked=request.device == "cpu")


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
        return shlex.join(["mxbuild", "install", recipe.id, *asked.options(candidate)])
    return ""


def _extra(recipe: Recipe, host: Host, request: Request) -> list[tuple[str, str]]:
    rows = []
    if name := compilers.package(recipe, host):
        rows.append((name, f"{recipe.id} takes gcc {recipe.toolchain.gcc}"))
    if name := python.package(recipe, host, request):
        rows.append((name, "the environment is made with it"))
    return rows
