import pytest

from mxbuild import toml
from mxbuild.detect import cpu, parse
from mxbuild.model import Cpu, Note
from mxbuild.system import System
from tests.detect.machine import Build
from tests.hosts.make_hosts import HERE

CPUS: dict[str, str] = toml.loads((HERE / "machines.toml").read_text())["cpu"]
TWO = {cpu.INFO: "processor: 0\nmodel name: X\n\nprocessor: 1\nmodel name: X\n", cpu.ONLINE: "0-1\n"}
V2 = {"/proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "/proc/self/cgroup": "0::/a/b\n"}
V1 = {
    "/proc/self/mounts": "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n",
    "/proc/self/cgroup": "4:cpu,cpuacct:/docker/1f\n3:cpuset:/docker/1f\n",
}


def look(system: System, arch: str = "x86_64") -> tuple[Cpu, list[str]]:
    notes: list[Note] = []
    return cpu.look(system, arch, notes), [n.text for n in notes]


@pytest.mark.parametrize(
    ("name", "arch"), [(n, "aarch64" if n.startswith(("cortex", "neoverse")) else "x86_64") for n in CPUS]
)
def test_microarchitecture_from_a_captured_cpuinfo(name: str, arch: str) -> None:
    known = {"cortex-a78ae": "neoverse_n1"}.get(name, name.replace("-", "_"))  # the nearest that archspec has
    assert cpu.microarchitecture(arch, parse.fields(CPUS[name])) == known


def test_microarchitecture_of_this_machine_is_archspecs_own_answer() -> None:
    from archspec.cpu import host

    info = parse.fields((System().read(cpu.INFO) or "").split("\n\n")[0])
    assert cpu.microarchitecture(host().family.name, info) == host().name


def test_a_generic_level_where_the_vendor_is_unknown() -> None:
    info = parse.fields(CPUS["zen3"]) | {"vendor_id": "Nobody"}
    assert cpu.microarchitecture("x86_64", info) == "x86_64_v3"
    assert cpu.microarchitecture("x86_64", {}) == "x86_64"
    assert cpu.microarchitecture("sparc64", {}) == "sparc64"


def test_one_masked_feature_does_not_lead_to_an_ancient_name() -> None:
    flags = parse.fields(CPUS["cascadelake"])["flags"].replace(" clwb", "")
    info = {"vendor_id": "GenuineIntel", "flags": flags.replace(" pclmulqdq", "")}
    assert cpu.microarchitecture("x86_64", info) == "x86_64_v4"


def test_an_arm_part_number_counts_more_than_its_features() -> None:
    from archspec.cpu import TARGETS

    newer = {"CPU implementer": "0x41", "Features": " ".join(TARGETS["neoverse_v1"].features)}
    assert cpu.microarchitecture("aarch64", newer) == "neoverse_v1"
    assert cpu.microarchitecture("aarch64", newer | {"CPU part": "0xd0c"}) == "neoverse_n1"


def test_affinity_is_less_than_what_is_online(build: Build) -> None:
    found, notes = look(build(TWO | {cpu.ONLINE: "0-63", cpu.STATUS: "Cpus_allowed:\tf\nCpus_allowed_list:\t0-3,8\n"}))
    assert (found.online.value, found.affinity.value, found.quota) == (64, 5, None)
    assert found.model.value == "X"
    assert notes == []


def test_processors_are_counted_where_the_kernel_has_no_list(build: Build) -> None:
    found, notes = look(build({cpu.INFO: TWO[cpu.INFO]}))
    assert (found.online.value, found.online.source, found.affinity) == (2, cpu.INFO, found.online)
    assert "Cpus_allowed_list" in notes[0]


def test_one_processor_is_assumed_where_nothing_can_be_read(build: Build) -> None:
    found, notes = look(build({cpu.ONLINE: "rubbish", cpu.STATUS: "Cpus_allowed_list: 3-1"}), "")
    assert (found.online.value, found.affinity.value, found.model.value) == (1, 1, "unknown")
    assert len(notes) == 3


@pytest.mark.parametrize(
    ("files", "quota", "source"),
    [
        ({"/a/b/cpu.max": "200000 100000"}, 2.0, "/a/b"),
        ({"/a/b/cpu.max": "max 100000", "/a/cpu.max": "150000 100000"}, 1.5, "/a"),
        ({"/a/b/cpu.max": "400000 100000", "/a/cpu.max": "50000 100000", "/cpu.max": "300000 100000"}, 0.5, "/a"),
        ({"/cpu.max": "300000 100000"}, 3.0, ""),  # a container that sees its own group as the top
    ],
)
def test_quota_of_version_2_is_the_least_of_all_ancestors(
    build: Build, files: dict[str, str], quota: float, source: str
) -> None:
    found, _ = look(build(TWO | V2 | {f"/sys/fs/cgroup{path}": text for path, text in files.items()}))
    assert found.quota is not None
    assert (found.quota.value, found.quota.source) == (quota, f"/sys/fs/cgroup{source}/cpu.max")


def test_quota_of_version_1(build: Build) -> None:
    top = "/sys/fs/cgroup/cpu,cpuacct"
    found, _ = look(build(TWO | V1 | {f"{top}/cpu.cfs_quota_us": "250000\n", f"{top}/cpu.cfs_period_us": "100000\n"}))
    assert found.quota is not None
    assert (found.quota.value, found.quota.source) == (2.5, f"{top}/cpu.cfs_quota_us")


@pytest.mark.parametrize("text", ["max 100000", "100000", "0 100000", "100000 0", "-1 5", "", "\0"])
def test_what_is_no_quota_is_none(build: Build, text: str) -> None:
    assert look(build(TWO | V2 | {"/sys/fs/cgroup/a/b/cpu.max": text}))[0].quota is None


def test_no_limit_in_version_1(build: Build) -> None:
    top = "/sys/fs/cgroup/cpu,cpuacct"
    files = TWO | V1 | {f"{top}/cpu.cfs_quota_us": "-1\n", f"{top}/cpu.cfs_period_us": "100000\n"}
    assert look(build(files))[0].quota is None


def test_arm_says_numbers_only(build: Build) -> None:
    found, _ = look(build({cpu.INFO: "processor: 0\n" + CPUS["neoverse-n1"]}), "aarch64")
    assert found.model.value == "aarch64 implementer 0x41 part 0xd0c"
