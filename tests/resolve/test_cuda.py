import msgspec
import pytest

from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Decision, Fact, Host, Request
from mxbuild.resolve import resolve
from mxbuild.resolve.explain import explain
from tests.machines import bookworm, compiler, may, recipe
from tests.resolve.gpus import DIRECTORY, cudnn, driver, gpu, machine, toolkit

GPU = {"device": "gpu"}


def build(host: Host, **asked: object) -> Build:
    return resolve(recipe(), host, Request(**{**GPU, **asked}), toolkits=DIRECTORY)  # type: ignore[arg-type]


def refused(host: Host, **asked: object) -> HostError:
    with pytest.raises(HostError) as caught:
        build(host, **asked)
    return caught.value


def variables(built: Build) -> dict[str, str]:
    return {v.name: v.value for v in built.variables}


def decision(built: Build, subject: str) -> Decision:
    return next(d for d in built.decisions if d.subject == subject)


V100 = machine("18.04", gpus=(gpu("7.0"),), driver=driver("450.80.02", "11.0"), toolkits=(toolkit("9.0.176"),))
RTX3090 = machine(
    "20.04", gpus=(gpu("8.6"),), driver=driver("470.82.01", "11.4"), toolkits=(toolkit("11.4.48", gcc="10"),)
)
H100 = machine(
    "22.04", gpus=(gpu("9.0"),), driver=driver("550.54.14", "12.4"), toolkits=(toolkit("12.4.131", gcc="13"),)
)
FRESH = machine("22.04", gpus=(gpu("9.0"),), driver=driver("580.65.06", "13.0"))


def test_a_v100_with_cuda_9_gets_an_older_compiler_and_explicit_architectures() -> None:
    built = build(V100)
    assert built.device == "gpu"
    assert built.install == ("g++-6", "ccache")
    assert built.compiler.cxx == "/usr/bin/g++-6"
    assert variables(built)["CUDA_ARCH"] == (
        "-gencode arch=compute_70,code=sm_70 -gencode arch=compute_70,code=compute_70"
    )
    assert variables(built)["USE_CUDA_PATH"] == "/usr/local/cuda-9.0"
    assert variables(built)["NVCCFLAGS"] == "-std=c++11 -O3 -Xcompiler=-D_FORCE_INLINES -ccbin $(CXX)"
    assert variables(built)["ADD_LDFLAGS"] == "-L/usr/local/cuda-9.0/lib64/stubs"
    assert built.environment["LD_RUN_PATH"] == "/usr/local/cuda-9.0/lib64"
    assert built.empty == ()
    assert built.cuda
    assert built.cuda.gpu


def test_an_rtx_3090_with_cuda_11_leaves_cub_empty() -> None:
    built = build(RTX3090)
    assert built.cuda
    assert (built.cuda.sass, built.cuda.ptx) == (("8.6",), "8.6")
    assert built.empty == ("cub",)
    assert "-DTHRUST_IGNORE_DEPRECATED_CPP_DIALECT" in variables(built)["ADD_CFLAGS"]
    assert built.compiler.version == "9.4.0"


def test_cuda_12_takes_its_rules_and_says_which() -> None:
    built = build(H100)
    assert {r.id for r in built.rules} >= {"cub-of-the-toolkit", "cuda12-dialect", "cuda12-namespace"}
    assert variables(built)["NVCCFLAGS"].startswith("-std=c++17 ")
    assert built.substitutions[0].new == "mshadow::cuda::Reduce1D"
    assert built.source_flags["src/ndarray/ndarray.cc"] == ("-std=c++17",)


def test_cuda_11_5_does_not_get_the_g_of_ubuntu_22_04() -> None:
    host = machine(
        "22.04", gpus=(gpu("8.6"),), driver=driver("535.1", "12.2"), toolkits=(toolkit("11.5.119", gcc="11"),)
    )
    built = build(host)
    assert built.install == ("g++-10", "ccache")
    assert built.compiler.cxx == "/usr/bin/g++-10"
    rejected = {r.choice: r.why for r in decision(built, "compiler").rejected}
    assert "std_function.h" in rejected["/usr/bin/g++ 11.4.0"]


def test_the_newest_toolkit_that_all_of_it_goes_together_with_is_taken() -> None:
    host = machine(
        "20.04", gpus=(gpu("7.0"),), driver=driver("470.82.01", "11.4"),
        toolkits=(toolkit("12.4.1"), toolkit("10.2.89"), toolkit("11.4.48"), toolkit("14.0.1")),
    )  # fmt: skip
    built = build(host)
    assert decision(built, "toolkit").choice.startswith("CUDA 11.4.48")
    rejected = {r.choice: r.why for r in decision(built, "toolkit").rejected}
    assert "525.60.13" in rejected["CUDA 12.4.1 (/usr/local/cuda-12.4)"]
    assert "takes CUDA >=8,<14" in rejected["CUDA 14.0.1 (/usr/local/cuda-14.0)"]


def test_an_old_driver_is_refused_with_both_versions_and_what_fits() -> None:
    host = msgspec.structs.replace(H100, driver=driver("470.82.01", "11.4"), gpus=(gpu("8.0"),))
    error = refused(host, cuda_from="system")
    assert "CUDA 12.4.131 needs driver 525.60.13 or newer; this machine has 470.82.01" in error.complaints[0].text
    assert "install CUDA " in error.complaints[0].remedy
    assert "11.8" in error.complaints[0].remedy
    assert "mxbuild install mxnet-0.12.1 --gpu" in error.nearest
    assert error.nearest.splitlines()[-1] == "mxbuild install mxnet-0.12.1 --cpu"


def test_a_k80_is_not_for_cuda_12_and_the_toolkits_that_have_it_are_named() -> None:
    host = machine("22.04", gpus=(gpu("3.7"),), driver=driver("470.82.01", "11.4"), toolkits=(toolkit("12.4.131"),))
    error = refused(host, cuda_from="system")
    assert "does not compile for Tesla K80 (3.7), only for 5.0 - 9.0" in error.complaints[0].text
    assert "11.8" in error.complaints[0].remedy


def test_a_fresh_box_takes_the_wheels_where_the_own_package_has_no_code_for_its_gpu() -> None:
    built = build(FRESH)
    assert built.cuda
    assert built.cuda.origin == "wheels"
    assert built.cuda.run_path == ("$ORIGIN/../nvidia/cu13/lib",)
    assert built.environment["LD_RUN_PATH"] == "$ORIGIN/../nvidia/cu13/lib"
    assert f"-I{built.cuda.toolkit.root}/include/cccl" in variables(built)["ADD_CFLAGS"]
    assert "GB from PyPI" in decision(built, "toolkit").why


def test_a_fresh_box_takes_its_distributions_own_package_where_that_fits() -> None:
    host = msgspec.structs.replace(FRESH, gpus=(gpu("8.6"),), driver=driver("470.82.01", "11.4"))
    built = build(host)
    assert built.cuda
    assert built.cuda.origin == "apt"
    assert built.install == ("nvidia-cuda-toolkit", "g++-10", "ccache")
    assert "CUDA 11.5.1, expected of nvidia-cuda-toolkit in ubuntu 22.04" in built.expected
    assert variables(built)["USE_CUDA_PATH"] == "NONE"
    assert variables(built)["ADD_LDFLAGS"] == "-L/usr/lib/x86_64-linux-gnu/stubs"
    assert "LD_RUN_PATH" not in built.environment


def test_system_never_installs() -> None:
    error = refused(FRESH, cuda_from="system")
    assert "found here: none" in error.complaints[0].text
    assert "mxbuild install mxnet-0.12.1 --gpu" in error.nearest.splitlines()


def test_debian_has_to_be_asked_for_non_free() -> None:
    host = bookworm(gpus=(gpu("7.0"),), driver=driver("535.1", "12.2"))
    built = build(host)
    assert built.install == ("nvidia-cuda-toolkit", "g++-11", "ccache")
    assert "has to be in apt's sources" in decision(built, "toolkit").why


def test_without_a_card_the_architectures_have_to_be_named() -> None:
    host = bookworm(toolkits=(toolkit("11.8.89"),))
    error = refused(host)
    assert error.complaints[0].remedy.startswith("--cuda-arch 7.0,8.6")
    assert "mxbuild install mxnet-0.12.1 --gpu --cuda-arch all-supported" in error.nearest.splitlines()
    built = build(host, cuda_arch="sm_90,70")
    assert built.cuda
    assert (built.cuda.sass, built.cuda.ptx, built.cuda.gpu, built.cuda.driver) == (("7.0", "9.0"), "9.0", False, False)


def test_an_architecture_asked_for_is_never_dropped() -> None:
    host = bookworm(toolkits=(toolkit("11.4.1"),))
    assert "does not compile for 9.0" in refused(host, cuda_arch="9.0", cuda_from="system").complaints[0].text


@pytest.mark.parametrize("text", ["", "7.0;8.6", "3.3", "sm_", "90a", "native,7.0", "70 86"])
def test_no_architecture_is_a_usage_error(text: str) -> None:
    if text == "":
        return
    with pytest.raises(UsageError):
        build(bookworm(), cuda_arch=text)


def test_all_supported_is_all_that_nvcc_knows() -> None:
    built = build(bookworm(toolkits=(toolkit("11.8.89"),)), cuda_arch="all-supported", cuda_from="system")
    assert built.cuda
    assert built.cuda.sass == ("3.5", "3.7", "5.0", "5.2", "6.0", "6.1", "7.0", "7.5", "8.0", "8.6", "8.9", "9.0")


@pytest.mark.parametrize(
    ("capability", "version", "sass", "ptx"),
    [
        ("10.0", "11.8.89", (), "9.0"),
        ("8.9", "11.4.48", ("8.6",), "8.6"),
        ("8.6", "11.0.1", ("8.0",), "8.0"),
        ("9.0", "11.4.48", (), "8.6"),
    ],
)
def test_a_gpu_newer_than_the_toolkit_is_served_and_it_is_said(
    capability: str, version: str, sass: tuple[str, ...], ptx: str
) -> None:
    host = machine("20.04", gpus=(gpu(capability),), driver=driver("580.1", "13.0"), toolkits=(toolkit(version),))
    built = build(host)
    assert built.cuda
    assert (built.cuda.sass, built.cuda.ptx) == (sass, ptx)
    assert capability in decision(built, "architectures").why
    assert "PTX" in decision(built, "architectures").why or "machine code" in decision(built, "architectures").why


def test_two_unlike_gpus_both_get_machine_code() -> None:
    built = build(msgspec.structs.replace(RTX3090, gpus=(gpu("8.6", 1), gpu("7.0", 2))))
    assert variables(built)["CUDA_ARCH"].split()[1::2] == [
        "arch=compute_70,code=sm_70", "arch=compute_86,code=sm_86", "arch=compute_86,code=compute_86",
    ]  # fmt: skip


def test_two_gpus_that_no_toolkit_has_both_get_commands_for_each() -> None:
    host = machine(
        "22.04", gpus=(gpu("3.7", 1), gpu("9.0", 2)), driver=driver("580.1", "13.0"), toolkits=(toolkit("12.4.131"),)
    )
    lines = refused(host, cuda_from="system").nearest.splitlines()
    assert "mxbuild install mxnet-0.12.1 --gpu" in lines  # the distribution's 11.5 has both
    only = refused(may(host, "none"), cuda_from="system").nearest.splitlines()
    assert "mxbuild install mxnet-0.12.1 --gpu --cuda-arch 9.0" in only


def test_wheels_as_pip_leaves_them_are_no_toolkit() -> None:
    left = toolkit("13.0.48", "/venv/lib/python3.10/site-packages/nvidia/cu13", layout="wheels")
    error = refused(msgspec.structs.replace(FRESH, toolkits=(left,)), cuda_from="system")
    assert "no libX.so" in error.complaints[0].text


def test_cudnn_9_is_off_with_its_reason_and_refused_where_asked_for() -> None:
    host = msgspec.structs.replace(H100, cuda_libraries=(cudnn("9.1.0"),))
    built = build(host)
    assert next((f.on, f.why) for f in built.features if f.name == "cudnn") == (False, "cuDNN 9.1.0 is outside >=5,<9")
    assert variables(built)["USE_CUDNN"] == "0"
    error = refused(host, wanted={"cudnn": True})
    assert error.complaints[0].text == "--with cudnn: cuDNN 9.1.0 is outside >=5,<9"
    assert error.nearest.splitlines()[0] == "mxbuild install mxnet-0.12.1 --gpu --without cudnn"


def test_cudnn_of_a_prefix_is_passed_on_to_compiler_linker_and_run_path() -> None:
    host = msgspec.structs.replace(RTX3090, cuda_libraries=(cudnn("8.2.1"), cudnn("8.4.1", prefix="/opt/cudnn")))
    built = build(host, cudnn="/opt/cudnn")
    assert built.cuda
    assert built.cuda.cudnn
    assert built.cuda.cudnn.version == "8.4.1"
    assert "-I/opt/cudnn/include" in variables(built)["ADD_CFLAGS"]
    assert variables(built)["ADD_LDFLAGS"].startswith("-L/opt/cudnn/lib ")
    assert built.environment["LD_RUN_PATH"] == "/usr/local/cuda-11.4/lib64:/opt/cudnn/lib"
    off = build(host, wanted={"cudnn": False})
    assert off.cuda
    assert off.cuda.cudnn is None
    plain = build(msgspec.structs.replace(host, cuda_libraries=host.cuda_libraries[1:]), wanted={"cudnn": False})
    assert "cudnn" not in plain.environment["LD_RUN_PATH"] + variables(plain)["ADD_CFLAGS"]


@pytest.mark.parametrize(
    ("library", "words"),
    [
        (cudnn("8.2.1", "9.0.0"), "of cuDNN 8.2.1"),
        (cudnn("7.6.5"), "made for CUDA >=9,<11"),
        (msgspec.structs.replace(cudnn("8.2.1"), library=""), "no libcudnn.so"),
    ],
)
def test_cudnn_has_to_agree(library: object, words: str) -> None:
    built = build(msgspec.structs.replace(RTX3090, cuda_libraries=(library,)))
    assert words in next(f.why for f in built.features if f.name == "cudnn")


def test_auto_takes_the_gpu_where_it_goes_together_and_says_why_not_where_it_does_not() -> None:
    assert build(RTX3090, device="auto").device == "gpu"
    assert build(bookworm(), device="auto").device == "cpu"
    lacking = msgspec.structs.replace(RTX3090, driver=None)
    assert "no driver" in decision(build(lacking, device="auto"), "device").why
    old = msgspec.structs.replace(H100, gpus=(gpu("3.7"),), apt=may(H100, "none").apt)
    built = build(old, device="auto")
    assert built.device == "cpu"
    assert "K80 (3.7) is here, but: no CUDA toolkit goes together" in decision(built, "device").why


def test_a_word_about_cuda_asks_for_the_gpu_and_cpu_contradicts_it() -> None:
    assert build(bookworm(toolkits=(toolkit("11.8.89"),)), device="auto", cuda_arch="70").device == "gpu"
    assert build(RTX3090, device="auto", wanted={"cuda": True}).device == "gpu"
    assert build(RTX3090, device="auto", wanted={"cuda": False}).device == "cpu"
    for asked in ({"cuda_arch": "70"}, {"wanted": {"cuda": True}}, {"cuda_from": "wheels"}, {"cuda": "11.8"}):
        with pytest.raises(UsageError, match="contradict"):
            build(RTX3090, **{"device": "cpu", **asked})


def test_a_toolkit_can_be_forced_by_version_or_directory() -> None:
    host = msgspec.structs.replace(RTX3090, toolkits=(toolkit("11.4.48"), toolkit("11.1.74")))
    assert decision(build(host, cuda="11.1"), "toolkit").choice.startswith("CUDA 11.1.74")
    assert decision(build(host, cuda="/usr/local/cuda-11.1/"), "toolkit").choice.startswith("CUDA 11.1.74")
    assert "there is no such CUDA toolkit" in refused(host, cuda="/opt/none").complaints[0].text
    assert "found here: 11.4.48 in /usr/local/cuda-11.4, 11.1.74" in refused(host, cuda="8.0").complaints[0].text


def test_wsl_never_gets_debians_driver() -> None:
    around = msgspec.structs.replace(FRESH.surroundings, wsl=Fact(2, "/proc/sys/kernel/osrelease"))
    host = msgspec.structs.replace(FRESH, gpus=(gpu("7.0"),), surroundings=around)
    assert "must not be installed in WSL" in refused(host).complaints[0].text


def test_a_root_that_make_would_expand_is_refused() -> None:
    host = msgspec.structs.replace(RTX3090, toolkits=(toolkit("11.4.48", "/opt/$(shell id)/cuda"),))
    assert "characters that make does not stand" in refused(host, cuda_from="system").complaints[0].text


def test_the_fingerprint_holds_what_shapes_device_code_and_not_the_caches_place() -> None:
    base = build(RTX3090)
    others = [
        build(RTX3090, cuda_arch="7.0,8.6"),
        build(msgspec.structs.replace(RTX3090, toolkits=(toolkit("11.4.100", "/usr/local/cuda-11.4", gcc="10"),))),
        build(msgspec.structs.replace(RTX3090, cuda_libraries=(cudnn("8.2.1"),))),
        build(RTX3090, device="cpu"),
    ]
    assert len({base.fingerprint, *(o.fingerprint for o in others)}) == 5
    here = build(FRESH, cuda_from="wheels")
    there = resolve(recipe(), FRESH, Request(device="gpu", cuda_from="wheels"), toolkits="/elsewhere/cuda")
    assert here.fingerprint == there.fingerprint
    assert here.variables != there.variables


def test_what_is_built_for_the_cpu_keeps_its_name() -> None:
    assert (
        build(bookworm(), device="cpu").fingerprint
        == build(
            bookworm(gpus=(gpu("8.6"),), driver=driver("470.1", "11.4"), toolkits=(toolkit("11.4.48"),)), device="cpu"
        ).fingerprint
    )


def test_explain_cuda_shows_what_it_rests_on() -> None:
    shown = {d.subject for d in explain(build(RTX3090), "cuda").decisions}
    assert shown >= {"cuda", "toolkit", "architectures", "driver", "compiler", "USE_CUDA_PATH", "cub-of-the-toolkit"}


def test_a_missing_host_compiler_is_named_with_its_command() -> None:
    host = msgspec.structs.replace(H100, toolkits=(toolkit("11.5.119"),), gpus=(gpu("8.6"),))
    error = refused(host, apt=False, cuda_from="system")
    assert error.complaints[0].remedy == "apt-get install -y --no-install-recommends g++-10"
    none = msgspec.structs.replace(H100, toolkits=(toolkit("9.0.176"),), gpus=(gpu("7.0"),), driver=None)
    assert "ubuntu 22.04 has g++-9, g++-10, g++-11, g++-12" in refused(none, cuda_from="system").complaints[0].text


def test_every_decision_has_a_reason() -> None:
    for host in (V100, RTX3090, H100, FRESH, bookworm(gpus=(gpu("7.0"),), compilers=(compiler("12.2.0"),))):
        built = build(host)
        assert all(d.why for d in built.decisions)
        assert all(v.why for v in built.variables)


def debian(*components: str) -> Host:
    whole = bookworm(gpus=(gpu("9.0"),), driver=driver("580.65.06", "13.0"))
    return may(msgspec.structs.replace(whole, apt=msgspec.structs.replace(whole.apt, components=components)), "root")


def test_a_component_that_apt_has_no_lists_of_is_said_before_apt_is_asked() -> None:
    said = str(refused(debian("main"), cuda_from="apt").complaints)
    assert "non-free is not in apt's sources; to have it: grep -rlE '^(Components:|deb .*debian.*) main' " in said
    assert "| sudo xargs sed -i -E " in said
    built = build(debian("main"))
    assert built.cuda is not None
    assert built.cuda.origin == "wheels"


def test_a_component_that_is_there_lets_the_distributions_own_come_first() -> None:
    built = build(debian("main", "non-free"))
    assert built.cuda is not None
    assert (built.cuda.origin, built.cuda.toolkit.version) == ("apt", "11.8.0")
    assert "has to be in apt's sources" not in decision(built, "toolkit").why
