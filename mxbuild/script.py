"""A plan as one runnable shell script, for those who will not give a tool sudo, and for audits.

It makes the same library from the same pins with the same variables; the compiler is called directly instead of
through mxbuild's launcher. That changes no code: only the paths that messages name are the whole ones here.
"""

import os
import re
import shlex
from collections.abc import Sequence
from importlib.resources import files

from mxbuild import offline
from mxbuild.foreign import inert
from mxbuild.model import (
    Activate,
    AssembleToolkit,
    CreateEnvironment,
    FetchSource,
    FetchWheel,
    InstallPackages,
    Make,
    PackWheel,
    Plan,
    Step,
    Substitution,
    UnpackVendored,
    Verify,
)
from mxbuild.model.vendored import MANIFEST
from mxbuild.plan import pack_at
from mxbuild.resolve.shims import PROCESSOR, processor

HERE = " <<'MXBUILD'\n"
"""Behind it stands a file's text."""

HEAD = """#!/bin/sh
{title}
# Written by `mxbuild plan --format sh`; reasons stand beside each line. Nothing else is needed to run it.
set -eu
"""

BREAK = re.compile(r"[\n\r\v\f]+")

PROGRAMS = ".programs"
"""Directory in the tree that is first on make's PATH."""


def render(plan: Plan) -> str:
    """The whole script; every step that the path has, whether or not it was done before."""
    build = plan.build
    compiler = f"{build.compiler.cxx} {build.compiler.version}"
    head = f"{build.recipe.id} ({build.device}), {compiler}, fingerprint {build.fingerprint}"
    parts = [HEAD.format(title=_remark(head))]
    if build.expected:
        rows = [f"{_remark(expected, 2)}\n" for expected in build.expected]
        parts.append("# Expected of packages that are not installed yet:\n" + "".join(rows))
    parts += [
        f"{_remark(f'--- {planned.title}')}\n" + "\n".join(written) + "\n"
        for planned in plan.steps
        if (written := lines(planned.step, plan))
    ]
    return "\n".join(parts)


def lines(step: Step, plan: Plan) -> list[str]:
    """One step's part of the script: remarks and command lines."""
    match step:
        case UnpackVendored():
            return [
                f"mkdir -p {_q(step.directory)}",
                f"tar -xf {_q(step.file)} -C {_q(step.directory)}",
                f"echo {_q(f'{step.sha256}  {step.directory}/{MANIFEST}')} | sha256sum -c -",
            ]
        case InstallPackages():
            sudo = "" if step.right == "root" else "sudo "
            why = [_remark(f"{p.name}: {p.why}", 2) for p in plan.build.packages if not p.installed]
            install = f"apt-get install -y --no-install-recommends {shlex.join(step.packages)}"
            if step.archive:
                options = f"--with-source {_q(f'{step.archive}/Packages')} -o Dir::Etc::SourceList=/dev/null"
                options += " -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root"
                return [*why, f"{sudo}apt-get {options} {install.removeprefix('apt-get ')}"]
            return [*why, f"{sudo}apt-get update", f"{sudo}{install}"]
        case AssembleToolkit():
            return toolkit(step)
        case FetchSource():
            return _source(step)
        case Make():
            return _make(step, plan.build.jobs.without_gate)
        case CreateEnvironment():
            python = f"{step.environment}/bin/python"
            others = [r for r in step.requirements if r not in step.hashed]
            links = _links(step.find_links)
            return [
                f"{_q(step.python)} -m venv {_q(step.environment)}",
                *(_pinned(step.environment, step.hashed, step.find_links) if step.hashed else []),
                *([f"{_q(python)} -m pip install{links} --only-binary :all: {shlex.join(others)}"] if others else []),
            ]
        case Verify():
            return _install(step, plan)
        case FetchWheel():
            return _stored(step)
        case PackWheel() | Activate():
            return []


def _stored(step: FetchWheel) -> list[str]:
    source, place = f"{step.address}/{step.name}", step.packs.wheel
    fetch = f"curl -fL -o {_q(place)} {_q(source)}" if "://" in source else f"cp {_q(source)} {_q(place)}"
    return [
        f"mkdir -p {_q(os.path.dirname(place))}",
        f"aws s3 cp {_q(source)} {_q(place)}" if source.startswith("s3://") else fetch,
        f"echo {_q(step.sha256)}  {_q(place)} | sha256sum -c -",
    ]


def _links(directory: str) -> str:
    return f" --no-index --find-links {_q(directory)}" if directory else ""


def _pinned(environment: str, pins: Sequence[str], find_links: str) -> list[str]:
    """pip takes hashes from a file only, and then wants one for everything in the call."""
    listed = _q(f"{environment}/pinned.txt")
    options = f"--no-deps --only-binary :all: --require-hashes -r {listed}"
    return [
        " \\\n    ".join(["printf '%s\\n'", *map(_q, pins), f"> {listed}"]),
        f"{_q(f'{environment}/bin/python')} -m pip install{_links(find_links)} {options}",
    ]


def toolkit(step: AssembleToolkit) -> list[str]:
    """What the toolkit's step does, but for its proof."""
    partial = f"{step.root}.partial"
    environment = f"{partial}/environment"
    stub = f"{_q(step.cc)} -shared -fPIC -w -Wl,-soname,libcuda.so.1 -o lib/stubs/libcuda.so -x c -"
    functions = (
        r"""grep -oE '\bcu[A-Z][A-Za-z0-9_]*' include/cuda.h | sort -u | sed 's/.*/int &(void) { return 34; }/'"""
    )
    return [
        f"mkdir -p {_q(partial)}",
        f"{_q(step.python)} -m venv {_q(environment)}",
        *_pinned(environment, step.bundle.packages, step.find_links),
        f"mv {_q(environment)}/lib/python*/site-packages/nvidia/cu[0-9]* {_q(step.root)}",
        f"cd {_q(step.root)}",
        'for file in lib/lib*.so.*; do ln -s "${file#lib/}" "${file%%.so.*}.so"; done',
        "ln -s lib lib64",
        "chmod 755 bin/* nvvm/bin/*",
        "mkdir lib/stubs",
        f"{functions} | {stub}",
        "bin/nvcc --version",
        f"cd / && rm -r {_q(partial)}",
    ]


def _source(step: FetchSource) -> list[str]:
    lines = [f"mkdir -p {_q(step.tree)}"]
    if step.embedded:
        for repository in step.repositories:
            origin = f"{step.embedded}/{repository.origin.removeprefix('embedded:')}"
            where = f"{step.tree}/{repository.path}".rstrip("/")
            lines += [f"mkdir -p {_q(where)}", f"cp -R {_q(origin)}/. {_q(where)}"]
        return lines
    for repository in step.repositories:
        where = f"{step.tree}/{repository.path}".rstrip("/")
        git = f"git -C {_q(where)}"
        lines.append(f"git init -q {_q(where)}")
        if step.packs:
            pack = f"{step.packs}/{pack_at(repository.origin, repository.commit)}"
            lines.append(f"{git} index-pack --stdin < {_q(pack)}")
            lines.append(f"echo {repository.commit} > {_q(f'{where}/.git/shallow')}")
        else:
            lines.append(f"{git} fetch -q --depth 1 -- {_q(repository.url)} {repository.commit}")
        if not repository.path and step.exclude:
            patterns = " ".join(["'/*'", *(_q(f"!/{d}/") for d in step.exclude)])
            lines.append(f"{git} sparse-checkout set --no-cone {patterns}")
        lines.append(f"{git} checkout -q --detach {repository.commit}")
    for s in step.substitutions:
        lines += _substitute(s, _q(f"{step.tree}/{s.file}"))
    return lines


def _substitute(s: Substitution, file: str) -> list[str]:
    """Count, then replace.

    Args:
        file: its path, quoted for the shell.
    """
    whole = f"(^|[^A-Za-z0-9_:]){s.old}([^A-Za-z0-9_]|$)"
    edit = rf"s/{whole}/\1{s.new}\2/g"
    return [f'[ "$(grep -oE {_q(whole)} {file} | wc -l)" = {s.count} ]', f"sed -i -E {_q(edit)} {file}"]


def _python_side(step: PackWheel, package: str) -> list[str]:
    """What the wheel's Python package has otherwise than upstream's: names, and modules of ours in front."""
    lines, names = [], []
    first = f'"{package}/__init__.py"'
    for s in step.substitutions:
        lines += _substitute(s, f'"{package}{s.file.removeprefix(step.package)}"')
    if step.shims:
        lines.append(f'mkdir "{package}/_mxbuild"')
        for name in step.shims:
            content = files("mxbuild").joinpath(f"data/shims/{name}").read_text()
            lines.append(f'cat > "{package}/_mxbuild/{name}"{HERE}{content}MXBUILD')
        names.append("_mxbuild")
    if step.processor:
        lines.append(f'cat > "{package}/{PROCESSOR}.py"{HERE}{processor(step.processor)}MXBUILD')
        names.insert(0, PROCESSOR)
    if names:
        ours = "".join(f"from . import {name}\\n" for name in names)
        lines.append(f"sed -i -E '0,/^(from [^_]|import )/s//{ours}&/' {first}")
    return lines


def _make(step: Make, jobs: int) -> list[str]:
    lines = [*_operators(step), *_offline(step)]
    environment = {**step.environment, **offline.ENVIRONMENT}
    environment["PATH"] = ":".join(filter(None, (f"{step.tree}/{PROGRAMS}", environment.get("PATH"))))
    if step.aliases:
        directory = f"{step.tree}/.pkgconfig"
        lines.append(f"mkdir -p {_q(directory)}")
        for alias, module in step.aliases.items():
            text = f"Name: {alias}\\nDescription: {module} under its old name\\nVersion: %s\\nRequires: {module}\\n"
            version = f'"$(pkg-config --modversion {module})"'
            lines.append(f"printf {_q(text)} {version} > {_q(f'{directory}/{alias}.pc')}")
        environment["PKG_CONFIG_PATH"] = ":".join(filter(None, (directory, environment.get("PKG_CONFIG_PATH"))))
    if step.workers or step.remote_cache:
        lines.append("# --workers and --remote-cache take mxbuild's launcher; make alone compiles all of it here")
    width = max(len(f"{v.name}={_q(v.value)}") for v in step.variables)
    lines += [_remark(f"{f'{v.name}={_q(v.value)}':<{min(width, 40)}}  {v.why}", 2) for v in step.variables]
    settings = " ".join(f"{k}={_q(v)}" for k, v in environment.items())
    compilers = [("CC", step.compiler.cc), ("CXX", step.compiler.cxx)]
    if step.source_flags:
        compilers[1] = ("CXX", f"{step.tree}/.cxx")
        lines += _wrapper(step)
    if step.nvcc:
        compilers.append(("NVCC", step.nvcc))
    variables = [*compilers, *((v.name, v.value) for v in step.variables)]
    command = [f"env -i {settings} {_q(step.make)} -C {_q(step.tree)} -j{jobs} {step.target}"]
    return [*lines, " \\\n    ".join(command + [f"{k}={_q(v)}" for k, v in variables])]


def _operators(step: Make) -> list[str]:
    """The user's own sources, copied to where make finds them, and held against what the plan was made for."""
    if step.operators is None:
        return []
    lines = []
    for name, digest in step.operators.files.items():
        target = f"{step.tree}/{step.operators.place}/{name}"
        lines += [
            f"mkdir -p {_q(os.path.dirname(target))}",
            f"cp {_q(f'{step.operators.directory}/{name}')} {_q(target)}",
            f"echo {digest}  {_q(target)} | sha256sum -c -",
        ]
    return lines


def _offline(step: Make) -> list[str]:
    """The directory that is first on make's PATH: downloaders that refuse to, and the step's programs."""
    directory = _q(f"{step.tree}/{PROGRAMS}")
    refusal = " ".join(map(_q, offline.REFUSAL))
    downloaders = " ".join(f"{directory}/{name}" for name in offline.DOWNLOADERS)
    return [
        f"mkdir -p {directory}",
        f"printf '%s\\n' {refusal} | tee {downloaders} > /dev/null",
        f"chmod 755 {downloaders}",
        *(f"ln -sf {_q(path)} {directory}/{name}" for name, path in step.programs.items()),
    ]


def _wrapper(step: Make) -> list[str]:
    """A compiler in front of the compiler, for sources that take flags of their own."""
    compiler = f'exec {_q(step.compiler.cxx)} "$@"'
    cases = [f'*" -c {source} "*) {compiler} {shlex.join(flags)} ;;' for source, flags in step.source_flags.items()]
    text = map(_q, ("#!/bin/sh", 'case " $* " in', *cases, "esac", compiler))
    wrapper = _q(f"{step.tree}/.cxx")
    return [" \\\n    ".join(["printf '%s\\n'", *text, f"> {wrapper}"]), f"chmod 755 {wrapper}"]


def _install(step: Verify, plan: Plan) -> list[str]:
    python = _q(f"{step.environment}/bin/python")
    where = f"$({python} -c 'import sysconfig; print(sysconfig.get_path(\"platlib\"))')"
    proof = _proof(step, python, f'"{where}/{step.package}"/*.so')
    packed = next((p.step for p in plan.steps if isinstance(p.step, PackWheel)), None)
    if packed is None:  # it came out of a store
        return [f"{python} -m pip install --no-deps --no-index {_q(step.wheel)}", *proof]
    libraries = " ".join(_q(f"{packed.tree}/{path}") for path in (packed.library, *packed.beside))
    return [
        f'cp -R {_q(f"{packed.tree}/{packed.package}")} "{where}/"',
        f'cp {libraries} "{where}/{step.package}/"',
        *_python_side(packed, f"{where}/{step.package}"),
        *proof,
    ]


def _proof(step: Verify, python: str, libraries: str) -> list[str]:
    """It is imported; where it needs a driver that is not here, with a stand-in for that."""
    tried = f"{python} -c 'import {step.package}; print({step.package}.__version__, {step.package}.__file__)'"
    if step.device is None or step.device.driver:
        return [f"cd / && {tried}"]
    return [
        "# NVIDIA's driver is not here, and nothing is run on a GPU: a stand-in for its library is loaded.",
        "driver=$(mktemp -d)",
        stand_in(libraries, '"$driver/libcuda.so.1"', "cc"),
        f'cd / && LD_LIBRARY_PATH="$driver" {tried}',
        'rm -r "$driver"',
    ]


def stand_in(libraries: str, file: str, cc: str) -> str:
    """What makes a libcuda.so.1 that finds no device, with all that libraries take of the driver's.

    As `execute.device` makes it.

    Args:
        libraries: words of the shell.
        file: one.
    """
    code = """awk '$2 ~ /^cu[A-Z]/ { print "int " $2 "(void) { return 100; }" }'"""
    link = f"{cc} -w -shared -fPIC -nostdlib -Wl,-soname,libcuda.so.1 -o {file} -x c -"
    return f"nm -D --undefined-only {libraries} | {code} | {link}"


def _remark(text: str, indent: int = 0) -> str:
    """One line of comment, whatever the text: a line break in a path of this machine would begin a command."""
    return f"# {' ' * indent}{inert(BREAK.sub(' ', text))}"


def _q(text: str) -> str:
    return shlex.quote(text)
