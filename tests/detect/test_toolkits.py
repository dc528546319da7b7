"""Toolkits: all of them in the documented order, each root once, with what they hold."""

import pytest

from mxbuild.detect import toolkits
from mxbuild.model import Note, Toolkit
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking

TRIPLET = "x86_64-linux-gnu"


def look(system: System, given: str | None = None) -> tuple[tuple[Toolkit, ...], list[str]]:
    notes: list[Note] = []
    found = toolkits.look(system, TRIPLET, asking(system), notes, given)
    return found, [note.text for note in notes]


def says(version: str) -> str:
    short = ".".join(version.split(".")[:2])
    return f"nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release {short}, V{version}\n"


class World:
    """Toolkits that are put into one machine."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.programs: list[str] = []
        self.links: dict[str, str] = {}
        self.answers: dict[str, str | Answer] = {}
        self.environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/home/user"}

    def add(self, root: str, version: str, gcc: str = "#if __GNUC__ > 11") -> "World":
        self.programs.append(f"{root}/bin/nvcc")
        self.answers[f"{root}/bin/nvcc --version"] = says(version)
        self.files |= {
            f"{root}/include/cuda.h": "",
            f"{root}/include/crt/host_config.h": f"{gcc}\n",
            f"{root}/lib64/libcudart.so": "",
            f"{root}/lib64/libcublas.so": "",
            f"{root}/lib64/libcufft.so.10": "",
            f"{root}/lib64/stubs/libcuda.so": "",
        }
        return self

    def debian(self, version: str) -> "World":
        self.programs += ["/usr/bin/nvcc", "/usr/lib/nvidia-cuda-toolkit/bin/nvcc"]
        self.answers["/usr/bin/nvcc --version"] = says(version)
        self.files |= {
            "/usr/include/cuda.h": "",
            "/usr/include/crt/host_config.h": "#if __GNUC__ > 11\n",
            f"/usr/lib/{TRIPLET}/libcudart.so": "",
            f"/usr/lib/{TRIPLET}/stubs/libcuda.so": "",
        }
        return self

    def system(self, build: Build) -> System:
        return build(self.files, programs=self.programs, links=self.links, answers=self.answers, environ=self.environ)


def test_nvidias_layout(build: Build) -> None:
    world = World().add("/usr/local/cuda-11.8", "11.8.89")
    world.links["/usr/local/cuda"] = "cuda-11.8"
    root = "/usr/local/cuda-11.8"
    assert look(world.system(build)) == (
        (
            Toolkit(
                version="11.8.89",
                root=root,
                nvcc=f"{root}/bin/nvcc",
                layout="nvidia",
                include=f"{root}/include",
                libraries=f"{root}/lib64",
                stubs=f"{root}/lib64/stubs",
                parts=("cudart", "cublas"),
                gcc="11",
                found="/usr/local/cuda",
                source=f"{root}/bin/nvcc --version",
            ),
        ),
        [],
    )


def test_debians_layout(build: Build) -> None:
    found, notes = look(World().debian("11.8.89").system(build))
    lib = f"/usr/lib/{TRIPLET}"
    assert found == (
        Toolkit(
            version="11.8.89",
            root="",
            nvcc="/usr/bin/nvcc",
            layout="debian",
            include="/usr/include",
            libraries=lib,
            stubs=f"{lib}/stubs",
            parts=("cudart",),
            gcc="11",
            found="PATH",
            source="/usr/bin/nvcc --version",
        ),
    )
    assert notes == []


@pytest.mark.parametrize("path", ["/usr", "/usr/", "/usr/lib/cuda", "/usr/lib/nvidia-cuda-toolkit", "/usr/bin/nvcc"])
def test_debians_layout_under_all_its_names(build: Build, path: str) -> None:
    world = World().debian("11.8.89")
    world.files["/usr/lib/cuda/version.txt"] = ""
    found, _ = look(world.system(build), path)
    assert [(t.root, t.layout, t.found) for t in found] == [("", "debian", "--cuda")]


def test_a_link_in_usr_bin_beside_debians_package(build: Build) -> None:
    world = World().add("/usr/local/cuda-12.4", "12.4.131").debian("11.8.89")
    world.programs.remove("/usr/bin/nvcc")
    world.links["/usr/bin/nvcc"] = "/usr/local/cuda-12.4/bin/nvcc"
    found, _ = look(world.system(build))
    assert found[0].root == "/usr/local/cuda-12.4"


def test_the_documented_order(build: Build) -> None:
    world = World().debian("11.5.119")
    for name in ("given", "home", "path", "root", "shell", "opt/cuda", "conda"):
        world.add(f"/{name}", "12.1.105")
    for version in ("9.2", "12.4", "12.10", "11.8"):
        world.add(f"/usr/local/cuda-{version}", f"{version}.1")
    wheels = "/venv/lib/python3.12/site-packages/nvidia/cu13"
    world.add(wheels, "13.0.88")
    world.files["/conda/conda-meta/history"] = ""
    world.links["/usr/local/cuda"] = "cuda-11.8"
    world.environ |= {
        "CUDA_HOME": "/home",
        "CUDA_PATH": "/path/",
        "CUDA_ROOT": "/root",
        "CONDA_PREFIX": "/conda",
        "VIRTUAL_ENV": "/venv",
        "PATH": "/shell/bin:/usr/bin",
    }
    found, _ = look(world.system(build), "/given")
    local = "/usr/local/cuda"
    assert [(t.found, t.root, t.layout) for t in found] == [
        ("--cuda", "/given", "nvidia"),
        ("CUDA_HOME", "/home", "nvidia"),
        ("CUDA_PATH", "/path", "nvidia"),
        ("CUDA_ROOT", "/root", "nvidia"),
        ("PATH", "/shell", "nvidia"),
        ("PATH", "", "debian"),
        (local, f"{local}-11.8", "nvidia"),
        (f"{local}-12.10", f"{local}-12.10", "nvidia"),
        (f"{local}-12.4", f"{local}-12.4", "nvidia"),
        (f"{local}-9.2", f"{local}-9.2", "nvidia"),
        ("/opt/cuda", "/opt/cuda", "nvidia"),
        ("CONDA_PREFIX", "/conda", "conda"),
        (wheels, wheels, "wheels"),
    ]


def test_variables_that_disagree_with_path(build: Build) -> None:
    world = World().add("/usr/local/cuda-11.8", "11.8.89").add("/usr/local/cuda-12.4", "12.4.131")
    world.environ |= {"CUDA_HOME": "/usr/local/cuda-11.8", "PATH": "/usr/local/cuda-12.4/bin"}
    found, notes = look(world.system(build))
    assert [t.version for t in found] == ["11.8.89", "12.4.131"]
    (note,) = notes
    assert note.startswith("CUDA_HOME names /usr/local/cuda-11.8, but nvcc on PATH is /usr/local/cuda-12.4/bin/nvcc: ")


def test_variables_that_agree_by_a_link(build: Build) -> None:
    world = World().add("/usr/local/cuda-11.8", "11.8.89")
    world.links["/usr/local/cuda"] = "/usr/local/cuda-11.8"
    world.environ |= {"CUDA_HOME": "/usr/local/cuda", "CUDA_PATH": "/usr/local/cuda-11.8/"}
    found, notes = look(world.system(build))
    assert ([t.found for t in found], notes) == (["CUDA_HOME"], [])


def test_a_variable_that_names_nothing(build: Build) -> None:
    world = World().add("/usr/local/cuda-11.8", "11.8.89")
    world.environ["CUDA_HOME"] = "/usr/local/cuda-9.0"
    found, notes = look(world.system(build))
    assert [t.found for t in found] == ["/usr/local/cuda-11.8"]
    assert notes == ["CUDA_HOME names /usr/local/cuda-9.0, which is not a toolkit"]


def test_a_directory_without_nvcc_is_no_toolkit(build: Build) -> None:
    world = World()
    world.files["/usr/local/cuda-12.4/include/cuda.h"] = ""
    world.links["/usr/local/cuda"] = "cuda-12.4"
    found, notes = look(world.system(build))
    assert (found, notes) == ((), ["/usr/local/cuda, which is no toolkit: nvcc is missing"])


def test_a_script_that_calls_nvcc(build: Build) -> None:
    world = World().add("/opt/nvidia/12.4", "12.4.131")
    world.programs.append("/usr/local/bin/nvcc")
    world.answers["/usr/local/bin/nvcc -v __dummy"] = Answer(
        1, "", "#$ _HERE_=/x\n#$ TOP=/opt/nvidia/12.4/bin/..\nnvcc fatal\n"
    )
    found, notes = look(world.system(build))
    assert ([(t.root, t.found) for t in found], notes) == ([("/opt/nvidia/12.4", "PATH")], [])


def test_a_script_that_does_not_say(build: Build) -> None:
    world = World()
    world.programs.append("/usr/local/bin/nvcc")
    found, notes = look(world.system(build))
    assert found == ()
    assert notes == ["nvcc on PATH is /usr/local/bin/nvcc, which does not say to which toolkit it belongs"]


def test_ccache_under_nvccs_name(build: Build) -> None:
    world = World()
    world.programs.append("/usr/bin/ccache")
    world.links["/usr/bin/nvcc"] = "ccache"
    assert look(world.system(build)) == ((), [])


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("version.json", '{"cuda": {"version": "11.4.20210728"}, "cuda_nvcc": {"version": "11.4.100"}}', "11.4.100"),
        ("version.json", '{"cuda": {"version": "13.0.1"}, "cuda_nvcc": {}}', ""),
        ("version.txt", "CUDA Version 9.0.176\n", "9.0.176"),
        ("include/cuda.h", "#define CUDA_VERSION 9010\n", "9.1"),
        ("include/cuda.h", "#define CUDA_VERSION x\n", ""),
        ("version.json", "[" * 100_000, ""),
    ],
)
def test_the_version_where_nvcc_does_not_answer(build: Build, name: str, text: str, version: str) -> None:
    root = "/usr/local/cuda-1"
    world = World().add(root, "1")
    world.answers = {}
    world.files[f"{root}/{name}"] = text
    found, notes = look(world.system(build))
    assert [t.version for t in found] == [version] * bool(version)
    end = f"its version is taken from {root}/{name}" if version else "and no file says its version; left out"
    assert notes == [f"{root}: nvcc does not answer, {end}"]


@pytest.mark.parametrize(
    ("line", "gcc"),
    [
        ("#if __GNUC__ > 13", "13"),
        ("#if __GNUC__ > 6\n#error -- unsupported GNU version! gcc versions later than 6 are not supported!", "6"),
        ("#if __GNUC__ > 4 || (__GNUC__ == 4 && __GNUC_MINOR__ > 9)", "4"),
        ("#if defined(__GNUC__)", ""),
        ("", ""),
    ],
)
def test_the_newest_gcc_by_its_own_header(build: Build, line: str, gcc: str) -> None:
    found, _ = look(World().add("/opt/cuda", "9.0.176", line).system(build))
    assert [t.gcc for t in found] == [gcc]


def test_the_wheels_have_versioned_libraries_only(build: Build) -> None:
    root = "/home/user/.local/lib/python3.12/site-packages/nvidia/cu13"
    world = World()
    world.programs.append(f"{root}/bin/nvcc")
    world.answers[f"{root}/bin/nvcc --version"] = says("13.0.88")
    world.files |= {f"{root}/include/cuda.h": "", f"{root}/lib/libcudart.so.13": "", f"{root}/lib/libcufft.so.12": ""}
    (found,), notes = look(world.system(build))
    assert (found.layout, found.parts, found.stubs, found.libraries) == (
        "wheels",
        ("cudart", "cufft"),
        "",
        f"{root}/lib",
    )
    assert notes == []


def test_run_time_wheels_without_nvcc_are_no_news(build: Build) -> None:
    world = World()
    world.files["/usr/local/lib/python3.12/dist-packages/nvidia/cu13/lib/libcudart.so.13"] = ""
    assert look(world.system(build)) == ((), [])


def test_condas_headers_lie_below_targets(build: Build) -> None:
    world = World()
    world.programs.append("/conda/bin/nvcc")
    target = "/conda/targets/x86_64-linux"
    world.files |= {"/conda/conda-meta/history": "", f"{target}/include/cuda.h": "", f"{target}/lib/libcudart.so": ""}
    world.answers["/conda/bin/nvcc --version"] = says("12.4.131")
    world.environ["CONDA_PREFIX"] = "/conda"
    (found,), _ = look(world.system(build))
    assert (found.include, found.libraries, found.layout) == (f"{target}/include", f"{target}/lib", "conda")
