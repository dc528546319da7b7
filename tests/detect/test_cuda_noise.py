"""No bytes from any source of the GPU's detection raise anything: they give a note, or less than there is."""

import json
import re
import zlib
from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.detect import cuda_libraries, gpus, toolkits
from mxbuild.model import CudaLibrary, Driver, Gpu, Note, Toolkit
from mxbuild.system import Answer, System
from tests.detect.machine import asking
from tests.hosts.make_hosts import HERE
from tests.machines import GPU_MACHINES

GPU = {"name": "Tesla V100", "capability": [7, 0], "memory": 1, "bus": "00000000:3B:00.0"}
FRAGMENTS = (
    json.dumps({"driver": "550.54", "cuda": 12040, "gpus": [GPU]}), '{"error": "x"}', '{"gpus": [{}]}',
    "[" * 9000, '{"gpus": [{"capability": [1e999, -3]}]}', '{"cuda": 99999999999999999999}', '{"driver": 5}',
    "{", "}", '"', "\n", "NVIDIA A100, 8.0, 40960, 00000000:3B:00.0, 535.1\n", "A, [N/A], , , \n", ",,,,,,",
    "compute_cap", "RM version mismatch", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed\n",
    "Kernel Module  9" * 50, "Model: GeForce X\n", "0x10de\n", "0x1002\n", "0x030200\n", "0x030000", "0x1db1",
    "0xfffffffffffffff", "0x", "Bus Location: 0000:3b:00.0\n", "nvidia,tegra234\0", "nvidia,tegra\0",
    "# R35 (release), REVISION: 4.1", "NVIDIA Jetson AGX Orin\0", "release 11.8, V11.8.89\n",
    "release 11.8, V", "#$ TOP=/a/bin/..\n", "#$ TOP=/\0", "CUDA Version 9.0.176",
    '{"cuda": {"version": "11.4.1"}}', '{"cuda_nvcc": {"version": []}}', '{"cuda": 5}',
    "#define CUDA_VERSION 9010\n", "#if __GNUC__ > 11\n", "#define CUDNN_MAJOR 8\n",
    "#define CUDNN_MAJOR 8\n#define CUDNN_MINOR 9\n", "#define CUDNN_PATCHLEVEL 2\n",
    "#define NCCL_MAJOR 2\n#define NCCL_MINOR 1\n", "#define NCCL_PATCH (5)\n",
    "9" * 5000, "-1", "٣", "\\udcff", "\0",
)  # fmt: skip
NAMES = (
    *("nvcc", "cuda-12.4", "cuda-", "cu13", "0000:3b:00.0", "x:y", "cudnn_v8.h", "cudnn_v.h", "libcudnn.so.8.9.2"),
    *("python3.12", "..", "", "\udcff", "a\0b"),
)
texts = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=5).map("".join)
environments = st.dictionaries(
    st.sampled_from(["HOME", "PATH", *toolkits.VARIABLES, "CUDNN_ROOT", "NCCL_ROOT", "CONDA_PREFIX", "VIRTUAL_ENV"]),
    st.one_of(st.text(max_size=12), st.sampled_from(["/", "/a", "/a/bin:/usr/bin", "/usr", "relative", "/\udcff\0"])),
)
paths = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["/a", "/usr", "/a/bin/nvcc", "/\0", "//"]))


class Noise(System):
    """A machine that gives any answer to any question, the same one to the same question."""

    def __init__(self, environ: dict[str, str], pool: Sequence[str]) -> None:
        super().__init__("/nowhere/at/all", environ, {})
        self.pool, self.seed = pool, zlib.crc32(f"{len(pool)}{pool[0]}".encode())

    def draw(self, question: str) -> int:
        return zlib.crc32(question.encode("utf-8", "surrogatepass"), self.seed)

    def read(self, path: str) -> str | None:
        return self.pool[self.draw(path) % len(self.pool)] if self.draw(path) % 5 else None

    def exists(self, path: str) -> bool:
        return bool(self.draw(path) % 3)

    is_dir = executable = exists

    def listdir(self, path: str) -> tuple[str, ...]:
        return tuple(name for name in NAMES if self.draw(path + name) % 2)

    def glob(self, pattern: str) -> tuple[str, ...]:
        return tuple(f"{pattern.rpartition('/')[0]}/{name}" for name in self.listdir(pattern))

    def readlink(self, path: str) -> str | None:
        return (None, "nouveau", "../x/nvidia", "\udcff")[self.draw(path) % 4]

    def realpath(self, path: str) -> str:
        return (path, "/usr", f"/a/{NAMES[self.draw(path) % len(NAMES)]}", "/a/bin/nvcc")[self.draw(path) % 4]

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        drawn = self.draw(" ".join(argv))
        pick = self.pool[drawn % len(self.pool)]
        return Answer(drawn % 3, pick, self.pool[drawn % 7 % len(self.pool)]) if drawn % 7 else None


class Damaged(System):
    """A captured machine whose files and answers are cut or spoilt."""

    def __init__(self, machine: str, cut: int, spoil: str) -> None:
        known = CAPTURED[machine]
        super().__init__(known.root, known.environ, known.answers)
        self.cut, self.spoil = cut, spoil

    def damage(self, question: str, text: str) -> str:
        drawn = zlib.crc32(f"{self.cut}{question}".encode())
        place = drawn % (len(text) + 1)
        return (text[:place] + self.spoil + (text[place + 1 :] if drawn % 2 else "")) if drawn % 3 else text

    def read(self, path: str) -> str | None:
        text = super().read(path)
        return None if text is None else self.damage(path, text)

    def run(self, argv: Sequence[str], timeout: float = 10.0) -> Answer | None:
        answer = super().run(argv, timeout)
        return answer and Answer(answer.code, self.damage(argv[0], answer.stdout), self.damage(argv[0], answer.stderr))


CAPTURED = {machine: System.captured(HERE / machine) for machine in GPU_MACHINES}


class Found(msgspec.Struct, frozen=True):
    gpus: tuple[Gpu, ...]
    driver: Driver | None
    toolkits: tuple[Toolkit, ...]
    libraries: tuple[CudaLibrary, ...]


def look(system: System, cuda: str | None = None, cudnn: str | None = None) -> None:
    """Detect, and see that the answer can be reckoned with."""
    notes: list[Note] = []
    ask = asking(system)
    found, driver = gpus.look(system, ask, notes)
    roots = toolkits.look(system, "x86_64-linux-gnu", ask, notes, cuda)
    libraries = cuda_libraries.look(system, "x86_64-linux-gnu", roots, notes, cudnn)
    assert all(re.fullmatch(r"([0-9]+\.[0-9])?", gpu.capability, re.ASCII) for gpu in found)
    assert all(0 <= gpu.memory < 1 << 63 and gpu.name for gpu in found)
    numbers = [driver.version, driver.cuda] if driver else []
    numbers += [each for toolkit in roots for each in (toolkit.version, toolkit.gcc)]
    numbers += [each for library in libraries for each in (library.version, library.library_version)]
    assert all(re.fullmatch(r"([0-9]+(\.[0-9]+)*)?", number, re.ASCII) for number in numbers)
    assert len({toolkit.root for toolkit in roots}) == len(roots)
    assert all(toolkit.version and toolkit.include and toolkit.nvcc for toolkit in roots)
    assert all(note.topic and note.text for note in notes)
    whole = Found(found, driver, roots, libraries)
    escaped = str(whole).encode("utf-8", "backslashreplace")  # detect() itself escapes what is not UTF-8
    assert escaped


@settings(max_examples=60, deadline=None)
@given(environments, st.lists(texts, min_size=1, max_size=20), paths, paths)
def test_any_answers_at_all(environ: dict[str, str], pool: list[str], cuda: str | None, cudnn: str | None) -> None:
    look(Noise(environ, pool), cuda, cudnn)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(GPU_MACHINES), st.integers(0, 1 << 30), texts)
def test_damaged_machines(machine: str, cut: int, spoil: str) -> None:
    look(Damaged(machine, cut, spoil))
