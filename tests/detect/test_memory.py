import pytest

from mxbuild.detect import memory
from mxbuild.model import Memory, Note
from mxbuild.system import System
from tests.detect.machine import Build

INFO = {memory.INFO: "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:   700 kB\nBuffers: 20 kB\nCached: 300 kB\n"}
V2 = {"/proc/self/mounts": "cgroup2 /cg cgroup2 rw 0 0\n", "/proc/self/cgroup": "0::/a/b\n"}
V1 = {"/proc/self/mounts": "cgroup /cg/memory cgroup rw,memory 0 0\n", "/proc/self/cgroup": "9:memory:/a\n"}


def look(system: System) -> tuple[Memory, list[Note]]:
    notes: list[Note] = []
    return memory.look(system, notes), notes


def test_without_a_limit(build: Build) -> None:
    found, notes = look(build(INFO | V2 | {"/cg/a/memory.max": "max\n"}))
    assert (found.total.value, found.available.value, found.limit) == (1024000, 716800, None)
    assert notes == []


def test_kernels_without_memavailable(build: Build) -> None:
    found, _ = look(build({memory.INFO: INFO[memory.INFO].replace("MemAvailable", "Other")}))
    assert (found.available.value, found.available.source) == (430080, "/proc/meminfo: MemFree + Buffers + Cached")


def test_what_the_tightest_ancestor_still_grants(build: Build) -> None:
    groups = {
        "/cg/a/b/memory.max": "9000",
        "/cg/a/b/memory.current": "1000",
        "/cg/a/memory.max": "8000",
        "/cg/a/memory.current": "5000",
    }
    found, _ = look(build(INFO | V2 | groups))
    assert found.limit is not None
    assert (found.limit.value, found.limit.source) == (3000, "/cg/a/memory.max less memory.current")


def test_file_pages_that_nobody_uses_are_not_gone(build: Build) -> None:
    groups = {
        "/cg/memory.max": "8000",
        "/cg/memory.current": "7900",
        "/cg/memory.stat": "anon 900\ninactive_file 7000\n",
    }
    found, _ = look(build(INFO | V2 | groups))
    assert found.limit is not None
    assert found.limit.value == 7100


def test_version_1(build: Build) -> None:
    groups = {
        "/cg/memory/a/memory.limit_in_bytes": "9223372036854771712",
        "/cg/memory/memory.limit_in_bytes": "5000",
        "/cg/memory/memory.usage_in_bytes": "6000",
        "/cg/memory/memory.stat": "total_inactive_file 500",
    }
    found, _ = look(build(INFO | V1 | groups))
    assert found.limit is not None
    assert (found.limit.value, found.limit.source) == (0, "/cg/memory/memory.limit_in_bytes less memory.usage_in_bytes")


@pytest.mark.parametrize(
    "text", ["", "MemTotal: many kB", "MemTotal: -5 kB", "MemTotal: " + "9" * 40 + " kB", "\0\xff"]
)
def test_a_machine_that_does_not_say(build: Build, text: str) -> None:
    found, notes = look(build({memory.INFO: text}))
    assert (found.total.value, found.available.value, found.limit) == (0, 0, None)
    assert [n.topic for n in notes] == ["memory"]
