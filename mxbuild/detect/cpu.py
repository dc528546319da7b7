"""The processor: model, microarchitecture, and how many of them this process may use."""

import math

from mxbuild.detect import cgroup, parse
from mxbuild.model import Cpu, Fact, Note
from mxbuild.system import System

INFO = "/proc/cpuinfo"
ONLINE = "/sys/devices/system/cpu/online"
STATUS = "/proc/self/status"
FEATURES = {"x86_64": "flags", "aarch64": "Features"}
"""What the kernel calls them."""


def look(system: System, arch: str, notes: list[Note]) -> Cpu:
    """What the kernel says.

    Args:
        arch: the machine as `uname -m` names it; /proc/cpuinfo does not.
    """
    text = system.read(INFO) or ""
    first = parse.fields(text.strip().split("\n\n")[0])
    if not first:
        notes.append(Note("cpu", f"{INFO} is missing or empty"))
    online = _online(system, text, notes)
    return Cpu(
        model=Fact(_model(first, arch), INFO),
        microarchitecture=Fact(microarchitecture(arch, first), f"archspec, from {INFO}"),
        features=Fact(first.get(FEATURES.get(arch, ""), ""), INFO),
        online=online,
        affinity=_affinity(system, online, notes),
        quota=_quota(system),
    )


def microarchitecture(arch: str, info: "dict[str, str]") -> str:
    """archspec's name of the newest microarchitecture whose features the processor has.

    archspec's own `host()` looks at the running machine; this chooses in the same way from any cpuinfo.

    Args:
        info: the first processor's fields in /proc/cpuinfo.
    """
    from archspec.cpu import TARGETS
    from archspec.cpu.detect import COMPATIBILITY_CHECKS, partial_uarch
    from archspec.cpu.schema import TARGETS_JSON

    if arch == "x86_64":
        vendor, features = info.get("vendor_id", "generic"), set(info.get(FEATURES[arch], "").split())
    elif arch == "aarch64":
        code = info.get("CPU implementer", "generic")
        vendor = TARGETS_JSON["conversions"]["arm_vendors"].get(code, code)
        features = set(info.get(FEATURES[arch], "").split())
    else:
        return arch
    part = info.get("CPU part", "") if arch == "aarch64" else ""
    seen = partial_uarch(vendor=vendor, features=features, cpu_part=part)
    fits = [target for target in TARGETS.values() if COMPATIBILITY_CHECKS[arch](seen, target)]
    generic = max((t for t in fits if t.vendor == "generic"), key=_depth, default=TARGETS[arch])
    same_part = [t for t in fits if part and t.cpu_part == part]
    # Descendants of the best generic level only: one feature masked by a hypervisor does not lead to an ancient name.
    return str(max((t for t in same_part or fits if t > generic), key=_depth, default=generic).name)


def _depth(target: object) -> tuple[int, int]:
    return len(target.ancestors), len(target.features)  # type: ignore[attr-defined]


def _model(info: dict[str, str], arch: str) -> str:
    named = info.get("model name") or info.get("Model") or info.get("cpu model") or info.get("cpu")
    if named:
        return named
    if "CPU part" in info:  # ARM says numbers only
        return f"{arch} implementer {info.get('CPU implementer', '?')} part {info['CPU part']}"
    return arch or "unknown"


def _online(system: System, text: str, notes: list[Note]) -> Fact[int]:
    found = parse.count(system.read(ONLINE))
    if found:
        return Fact(found, ONLINE)
    listed = sum(line.startswith("processor") for line in text.splitlines())
    if not listed:
        notes.append(Note("cpu", f"neither {ONLINE} nor {INFO} says how many CPUs there are; 1 is assumed"))
        return Fact(1, "assumed")
    return Fact(listed, INFO)


def _affinity(system: System, online: Fact[int], notes: list[Note]) -> Fact[int]:
    allowed = parse.count(parse.fields(system.read(STATUS)).get("Cpus_allowed_list"))
    if not allowed:
        notes.append(Note("cpu", f"{STATUS} has no readable Cpus_allowed_list; all CPUs that are online are assumed"))
        return online
    return Fact(allowed, f"{STATUS}: Cpus_allowed_list")


def _quota(system: System) -> Fact[float] | None:
    """The least that any group grants; cgroup version 2 and version 1 can both be in force."""
    limits: list[tuple[float, str]] = []
    for directory in cgroup.unified(system):
        words = (system.read(f"{directory}/cpu.max") or "").split()  # "200000 100000", "max 100000"
        if len(words) == 2:
            limits += _share(words[0], words[1], f"{directory}/cpu.max")
    for directory in cgroup.controller(system, "cpu"):
        file = f"{directory}/cpu.cfs_quota_us"  # -1: no limit
        limits += _share(system.read(file), system.read(f"{directory}/cpu.cfs_period_us"), file)
    value, source = min(limits, default=(math.inf, ""))
    return Fact(value, source) if source else None


def _share(quota: str | None, period: str | None, source: str) -> list[tuple[float, str]]:
    granted, each = parse.number(quota), parse.number(period)
    return [(granted / each, source)] if granted and each else []
