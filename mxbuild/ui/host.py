"""What the machine has, in groups, every fact with the file or command that says so."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from mxbuild.model import Apt, Cpu, CudaLibrary, Fact, Gpu, Host, Library, Memory, Os, Surroundings, Toolkit
from mxbuild.ui.console import HEAD, PIPED, text
from mxbuild.ui.layout import Cell, rows
from mxbuild.ui.quantities import memory, size

Row = tuple[str, str, str]
"""What, its value, where that comes from."""

TOOLS = ("make", "git", "pkg-config", "ccache", "cmake", "dot")
"""Shown even where they are missing, in this order; others follow."""
BROAD = 120
"""Columns from which on sources have a column of their own."""
LIBRARIES = ("blas", "lapack", "opencv", "jemalloc")


def render(host: Host, width: int = PIPED) -> str:
    """The screen as plain text."""
    return text(*screen(host, width), width=width)


def screen(host: Host, width: int) -> Iterator[RenderableType]:
    """The groups, and what was odd at the end. Where it is narrow, sources stand behind the values in parentheses."""
    groups: list[tuple[str, list[Row]]] = [
        ("System", [*_os(host.os), *_surroundings(host.surroundings)]),
        ("Processor", list(_cpu(host.cpu))),
        ("Memory", list(_memory(host.memory))),
        ("Disk", [("free", f"{size(d.free)} of {size(d.total)} for {d.path}", d.source) for d in host.disks]),
        (
            "Compilers",
            [(c.family, f"{c.version}  {c.cxx}{'' if c.cc else ', no C compiler'}", c.source) for c in host.compilers],
        ),
        ("Tools", list(_tools(host))),
        ("Libraries", list(_libraries(host))),
        ("GPU", list(_cuda(host))),
        (
            "Python",
            [
                ("python", f"{p.version}  {p.path}{'' if p.venv else ', makes no environments'}", p.source)
                for p in host.pythons
            ],
        ),
        ("Packages", list(_apt(host.apt, len(host.packages)))),
        ("Environment", [(name, value, "set by the caller") for name, value in sorted(host.environment.items())]),
    ]
    if host.notes:
        groups.append(("Noticed", [(note.topic, note.text, "") for note in host.notes]))
    yield Text(f"{host.os.pretty}, {host.os.arch.value}", style=HEAD)
    # One table for all groups, so that their columns line up.
    lines: list[tuple[Cell, ...]] = []
    for title, facts in groups:
        lines += [("",), (Text(title, style=HEAD),)]
        for name, value, source in facts or [("none", "", "")]:
            if width >= BROAD:
                lines.append((f"  {name}", value, source))
            else:
                lines.append((f"  {name}", f"{value} ({source})" if source else value))
    yield rows(lines, indent=0, most=(width - 24) * 3 // 5)


def _os(os: Os) -> Iterator[Row]:
    yield "distribution", " ".join(filter(None, (os.id, os.version, os.codename))), os.source
    yield "kernel", os.kernel.value, os.kernel.source
    yield "architecture", f"{os.arch.value} ({os.triplet})", os.arch.source
    yield _fact("C library", os.libc, "not known")


def _surroundings(around: Surroundings) -> Iterator[Row]:
    for name, fact in (("container", around.container), ("CI", around.ci)):
        if fact is not None:
            yield _fact(name, fact)
    if around.wsl is not None:
        yield "WSL", str(around.wsl.value), around.wsl.source


def _cpu(cpu: Cpu) -> Iterator[Row]:
    yield _fact("model", cpu.model)
    yield _fact("microarchitecture", cpu.microarchitecture)
    yield "online", f"{cpu.online.value} CPUs", cpu.online.source
    yield "affinity", f"{cpu.affinity.value} CPUs", cpu.affinity.source
    if cpu.quota is not None:
        yield "quota", f"{cpu.quota.value:g} CPUs", cpu.quota.source


def _memory(mem: Memory) -> Iterator[Row]:
    yield "total", memory(mem.total.value), mem.total.source
    yield "available", memory(mem.available.value), mem.available.source
    if mem.limit is not None:
        yield "left in cgroup", memory(mem.limit.value), mem.limit.source


def _tools(host: Host) -> Iterator[Row]:
    for name in dict.fromkeys((*TOOLS, *host.tools)):
        tool = host.tools.get(name)
        yield (name, f"{tool.version}  {tool.path}".lstrip(), tool.source) if tool else (name, "not found", "")


def _libraries(host: Host) -> Iterator[Row]:
    for name in dict.fromkeys((*LIBRARIES, *host.libraries)):
        library = host.libraries.get(name)
        yield (name, _library(library), library.source) if library else (name, "not found", "")


def _library(library: Library) -> str:
    name = " ".join(filter(None, (library.provider, library.version)))
    file = library.real or library.library
    shown = f"{library.directory}/{library.library}" if file in ("", library.library) else file
    known = f", pkg-config {library.pkg_config}" if library.pkg_config else ""
    return f"{name}, {shown}{known}"


def _cuda(host: Host) -> Iterator[Row]:
    """GPUs, driver, toolkits, cuDNN and NCCL, as far as they are there."""
    for gpu in host.gpus:
        yield "GPU", _gpu(gpu), gpu.source
    if not host.gpus:
        yield "GPU", "none", ""
    if (driver := host.driver) is not None:
        known = f"{driver.version or 'version not known'}" + (f", for CUDA up to {driver.cuda}" if driver.cuda else "")
        yield "driver", known + ("" if driver.usable else ", cannot be used from here"), driver.source
    for toolkit in host.toolkits:
        yield "CUDA", _toolkit(toolkit), toolkit.source
    for library in host.cuda_libraries:
        yield {"cudnn": "cuDNN", "nccl": "NCCL"}[library.name], _cuda_library(library), library.source


def _gpu(gpu: Gpu) -> str:
    known = (f"compute capability {gpu.capability}" if gpu.capability else "", memory(gpu.memory) if gpu.memory else "")
    return ", ".join(filter(None, (gpu.name, *known, gpu.bus)))


def _toolkit(toolkit: Toolkit) -> str:
    where = toolkit.root or "the distribution's, in /usr"
    gcc = f", takes gcc up to {toolkit.gcc}" if toolkit.gcc else ""
    return f"{toolkit.version}, {where}{gcc}, found by {toolkit.found}"


def _cuda_library(library: CudaLibrary) -> str:
    file = f", library {library.library_version}" if library.library_version not in ("", library.version) else ""
    return f"{library.version}, {library.header}{file}{'' if library.library else ', no library for -l' + library.name}"


def _apt(apt: Apt, count: int) -> Iterator[Row]:
    if not apt.path:
        yield "apt", "this machine has no apt-get", apt.source
        return
    how = {"root": "as root", "sudo": "through sudo", "none": "not permitted"}[apt.right]
    yield "apt", apt.path, apt.source
    yield "installing", how, apt.right_source
    yield "dpkg", f"{count:,} packages" + (", interrupted: run dpkg --configure -a" if apt.interrupted else ""), ""
    yield "lock", apt.lock_holder or "free", ""
    yield "lists", "downloaded" if apt.lists else "never downloaded", ""


def _fact(name: str, fact: Fact[str] | None, missing: str = "") -> Row:
    return (name, fact.value, fact.source) if fact else (name, missing, "")
