"""For which processors: what archspec's data say of this compiler and this processor."""

import functools
import re
import shutil
import subprocess

import msgspec
import pytest

from mxbuild import toml
from mxbuild.detect import cpu, detect, parse
from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Compiler, Fact, Host, PackWheel, Request
from mxbuild.plan import digest, environment_name, paths, steps, wheel_identity
from mxbuild.resolve import resolve, target
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.explain import explain
from mxbuild.system import System
from tests.hosts.make_hosts import HERE
from tests.machines import bookworm, compiler, recipe
from tests.resolve import gpus

CPUS: dict[str, str] = toml.loads((HERE / "machines.toml").read_text())["cpu"]


def complete(name: str) -> dict[str, str]:
    """cpuinfo of a processor of which no capture is here, with all that it should have."""
    each = target._all()[name]
    return {"vendor_id": each.vendor, "flags": " ".join(target.needed(each))}


def machine(name: str = "zen3", gcc: str = "12.2.0", arch: str = "x86_64", without: str = "") -> Host:
    """bookworm with another processor and compiler."""
    plain = bookworm(compilers=(compiler(gcc),))
    info = parse.fields(CPUS[name]) if name in CPUS else complete(name)
    flags = cpu.FEATURES[arch]
    info[flags] = " ".join(f for f in info[flags].split() if f not in without.split())
    seen = msgspec.structs.replace(
        plain.cpu,
        microarchitecture=Fact(cpu.microarchitecture(arch, info), "archspec"),
        features=Fact(info[flags], cpu.INFO),
    )
    system = msgspec.structs.replace(plain.os, arch=Fact(arch, "uname -m"))
    return msgspec.structs.replace(plain, cpu=seen, os=system)


def made(host: Host, wanted: str | None, name: str = "mxnet-0.12.1") -> Build:
    return resolve(recipe(name), host, Request(recipe=name, target=wanted))


def said(build: Build) -> str:
    (decision,) = (d for d in build.decisions if d.subject == "target")
    return decision.why


def cflags(build: Build) -> str:
    return next(v.value for v in build.variables if v.name == "ADD_CFLAGS")


def test_the_default_is_generic_and_names_what_is_here() -> None:
    build = made(machine(), None)
    assert (build.target.name, build.target.flags, build.target.features) == ("generic", (), ())
    assert not [flag for flag in cflags(build).split() if flag.startswith("-m")]
    assert "--target native compiles for zen3" in said(build)


@pytest.mark.parametrize("same", ["generic", "x86-64", "x86_64"])
def test_generic_changes_no_name(same: str) -> None:
    plain, build = made(machine(), None), made(machine(), same)
    assert (build.fingerprint, wheel_identity(build)) == (plain.fingerprint, wheel_identity(plain))
    assert environment_name(build) == environment_name(plain)


def test_a_wheel_for_any_processor_is_the_step_that_it_was() -> None:
    """Else every wheel that was packed before would be packed again."""
    build = made(machine(), None)
    (pack,) = (s for s in steps(build, paths(build, "/p", "/c", "/s")) if s.id == "wheel")
    facts = msgspec.to_builtins(pack)
    assert facts.pop("processor") is None
    before = msgspec.defstruct(
        "Before", [(n, object) for n in facts if n != "type"], frozen=True, tag="wheel", kw_only=True
    )
    assert digest(pack) == digest(before(**{n: v for n, v in facts.items() if n != "type"}))  # type: ignore[arg-type]


def test_native_is_said_by_name() -> None:
    build = made(machine(), "native")
    assert build.target.flags == ("-march=znver3", "-mtune=znver3")
    assert cflags(build).endswith("-march=znver3 -mtune=znver3")
    assert {"avx2", "fma", "pni"} <= set(build.target.features)
    assert "sse3" not in build.target.features  # the kernel calls it pni
    assert said(build) == "AMD EPYC is zen3: -march=znver3 -mtune=znver3"


def test_alike_machines_share_what_is_made_for_native() -> None:
    one, other = made(machine("zen3"), "native"), made(machine("zen3", without="nopl constant_tsc"), "native")
    assert one.fingerprint == other.fingerprint == made(machine("zen3"), "zen3").fingerprint
    assert one.fingerprint != made(machine("haswell"), "native").fingerprint


@pytest.mark.parametrize("name", ["x86-64-v3", "x86_64_v3", "X86-64-V3"])
def test_a_level_of_the_psabi(name: str) -> None:
    build = made(machine(), name)
    assert (build.target.name, build.target.flags[0]) == ("x86_64_v3", "-march=x86-64-v3")
    assert build.fingerprint != made(machine(), "x86-64-v2").fingerprint != made(machine(), None).fingerprint


def test_the_wheel_carries_what_it_needs() -> None:
    build = made(machine(), "native")
    (pack,) = (s for s in steps(build, paths(build, "/p", "/c", "/s")) if isinstance(s, PackWheel))
    assert pack.processor == build.target
    # Another archspec may say that it needs more: that is another wheel of the same library.
    more = msgspec.structs.replace(build.target, features=(*build.target.features, "new"))
    other = msgspec.structs.replace(build, target=more)
    assert other.fingerprint == build.fingerprint
    assert wheel_identity(other) != wheel_identity(build)


def test_whatever_is_asked_for_this_processor_can_run_what_is_made_or_there_is_a_complaint() -> None:
    for name, arch in (
        ("zen3", "x86_64"),
        ("haswell", "x86_64"),
        ("cascadelake", "x86_64"),
        ("neoverse-v2", "aarch64"),
    ):
        for version in ("4.8.5", "7.5.0", "12.2.0", "14.2.0", "", "odd"):
            host = machine(name, version, arch)
            for wanted in (None, "generic", "native", *target._all()):
                complaints = Complaints()
                chosen, decision = target.choose(host, host.compilers[0], Request(target=wanted), complaints)
                runs = target.lacking(chosen.features, host.cpu) == ()
                assert runs or complaints._all, f"{wanted} on {name}"
                assert bool(chosen.flags) == bool(chosen.features) == (chosen.name != "generic")
                assert not any("native" in flag for flag in chosen.flags)
                assert decision.why
                # Native always ends in something.
                assert wanted not in ("native", None) or not complaints._all


def test_an_older_compiler_gets_the_levels_features_one_by_one() -> None:
    build = made(machine(gcc="10.2.1"), "x86-64-v3")
    assert build.target.flags[0] == "-march=x86-64"
    assert {"-mavx2", "-mfma"} <= set(build.target.flags)


def test_a_name_of_gcc_is_understood() -> None:
    assert made(machine(), "znver2").target.name == "zen2"
    assert made(machine("cascadelake"), "skylake-avx512").target.name == "skylake_avx512"


def test_what_the_compiler_does_not_know_becomes_the_nearest_before_it_and_that_is_said() -> None:
    build = made(machine(gcc="8.3.0"), "native")
    assert build.target.name == "zen"
    assert build.target.flags == ("-march=znver1", "-mtune=znver1")
    assert "zen3: /usr/bin/g++ 8.3.0 does not know it, the nearest before it is zen" in said(build)
    assert [r.choice for r in explain(build, "target").decisions[0].rejected] == ["zen3", "zen2"]


def test_a_patch_level_of_the_compiler_is_no_other_version() -> None:
    """archspec has zen4 for gcc 10.3:12.2, and takes 12.2.0 for something later."""
    assert made(machine("zen4"), "native").target.flags[:2] == ("-march=znver3", "-mtune=znver3")


def test_native_takes_nothing_that_the_processor_lacks() -> None:
    """gcc uses avx_vnni for sapphirerapids; archspec does not list it, and a hypervisor may hide it."""
    assert made(machine("sapphirerapids"), "native").target.name == "sapphirerapids"
    assert "avx_vnni" in made(machine("sapphirerapids"), "native").target.features
    build = made(machine("sapphirerapids", without="avx_vnni"), "native")
    assert build.target.name == "icelake"
    assert "the processor lacks avx_vnni" in said(build)


def test_what_this_machine_could_not_run_is_refused_and_native_is_offered() -> None:
    with pytest.raises(HostError) as refused:
        made(machine(), "x86-64-v4")
    (complaint,) = refused.value.complaints
    assert "--target x86-64-v4: the processor here (zen3) lacks avx512bw, avx512cd" in complaint.text
    assert "cannot be verified here" in complaint.text
    assert complaint.remedy == "--target native"
    assert refused.value.nearest == "mxbuild install mxnet-0.12.1 --target native"
    assert made(machine("cascadelake"), "x86-64-v4").target.name == "x86_64_v4"


def test_a_processor_of_another_architecture_is_refused() -> None:
    with pytest.raises(HostError, match="cannot be built") as refused:
        made(machine(), "neoverse-v2")
    assert "neoverse_v2 is a kind of aarch64, this machine is x86_64" in refused.value.complaints[0].text


def test_where_nothing_is_near_all_names_are_told_and_where_to_read_on() -> None:
    with pytest.raises(UsageError) as caught:
        made(machine(), "qqq")
    assert caught.value.message == "--target qqq: no processor of that name is known"
    told = "\n".join(caught.value.details)
    for part in ("generic, native", "\nx86_64: ", " x86-64-v3 ", " zen3 ", "\naarch64: ", " neoverse-v2"):
        assert part in told
    assert caught.value.remedy == "mxbuild explain target mxnet-0.12.1"
    for name in (name for family in target.FAMILIES for name in target.names(family)):
        assert target.unknown(Request(target=name)) == []


@pytest.mark.parametrize(
    ("wrong", "meant"), [("x86-64-v5", "x86-64-v"), ("zen33", "zen3"), ("nativ", "native"), ("znver33", "znver3")]
)
def test_an_unknown_name_is_a_usage_error_with_what_was_meant(wrong: str, meant: str) -> None:
    with pytest.raises(UsageError, match=f"--target {wrong}: no processor of that name is known; did you mean {meant}"):
        made(machine(), wrong)


def test_arm() -> None:
    build = made(machine("neoverse-v2", arch="aarch64"), "native")
    assert build.target.flags == ("-march=armv9-a+i8mm+bf16", "-mtune=cortex-a710")
    assert "sve2" in build.target.features
    assert made(machine("neoverse-v2", gcc="14.2.0", arch="aarch64"), "native").target.flags == ("-mcpu=neoverse-v2",)


def test_what_nobody_can_check_is_not_taken() -> None:
    build = made(machine("neoverse-v2", arch="aarch64"), "armv8.2a")
    assert build.target.name == "generic"
    assert "armv8.2a: archspec lists no features" in said(build)


def test_of_an_unknown_processor_native_is_generic() -> None:
    plain = bookworm()
    unknown = msgspec.structs.replace(plain.cpu, microarchitecture=Fact("x86_64", ""), features=Fact("", ""))
    assert made(msgspec.structs.replace(plain, cpu=unknown), "native").target.name == "generic"


def test_nvcc_hands_it_to_the_host_compiler() -> None:
    """As upstream's Makefile has it: -Xcompiler "$(CFLAGS)", and CFLAGS has what is in ADD_CFLAGS."""
    host = gpus.machine("22.04", gpus=(gpus.gpu("9.0"),), driver=gpus.driver("550.54.14", "12.4"),
                        toolkits=(gpus.toolkit("12.4.131"),))  # fmt: skip
    build = resolve(recipe("mini"), host, Request(recipe="mini", device="gpu", target="x86-64-v2"))
    assert "-march=x86-64-v2" in cflags(build)
    assert "-march" not in next(v.value for v in build.variables if v.name == "NVCCFLAGS")


@functools.cache
def here() -> Host:
    return detect(System())


def compilers() -> list[Compiler]:
    return [c for c in here().compilers if c.family == "gcc"]


EMITTED = {
    "SSE3": "pni", "SSSE3": "ssse3", "SSE4_1": "sse4_1", "SSE4_2": "sse4_2", "AVX": "avx", "AVX2": "avx2", "FMA": "fma",
    "F16C": "f16c", "BMI": "bmi1", "BMI2": "bmi2", "LZCNT": "abm", "MOVBE": "movbe", "FMA4": "fma4", "XOP": "xop",
    "TBM": "tbm", "AVX512F": "avx512f", "AVX512CD": "avx512cd", "AVX512BW": "avx512bw", "AVX512DQ": "avx512dq",
    "AVX512VL": "avx512vl", "AVX512IFMA": "avx512ifma", "AVX512VBMI": "avx512vbmi", "AVX512VBMI2": "avx512_vbmi2",
    "AVX512VNNI": "avx512_vnni", "AVX512BITALG": "avx512_bitalg", "AVX512VPOPCNTDQ": "avx512_vpopcntdq",
    "AVX512BF16": "avx512_bf16", "AVX512FP16": "avx512_fp16", "AVXVNNI": "avx_vnni", "GFNI": "gfni",
}  # fmt: skip
"""Macro of gcc -> feature that it uses by itself; it never does so with RDRND, ADX, SHA and the like."""


@pytest.mark.skipif(here().os.arch.value != "x86_64", reason="names of x86_64's features")
@pytest.mark.parametrize("which", compilers(), ids=lambda c: c.version)
def test_compilers_here_take_the_flags_and_use_nothing_that_is_not_needed(which: Compiler) -> None:
    tried = 0
    for name, each in target._all().items():
        if each.family.name != "x86_64" or not (flags := target._flags(each, which)) or name == "k10":
            continue  # k10's sse3 is there in all of them, though archspec does not say so
        done = subprocess.run(
            [which.cxx, *flags, "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        macros = set(re.findall(r"#define __(\w+)__ 1$", done.stdout, re.MULTILINE))
        assert {EMITTED[m] for m in macros & EMITTED.keys()} <= set(target.needed(each)), name
        tried += 1
    assert tried > 20


def test_the_name_here_is_one_that_gcc_itself_would_choose_or_an_older_one() -> None:
    """-march=native, which we never pass, as the judge: it has all that our flags switch on."""
    build = made(msgspec.structs.replace(bookworm(), cpu=here().cpu, os=here().os), "native")
    gcc = shutil.which("g++")
    assert gcc is not None
    which = next(c for c in compilers() if c.version == here().compilers[0].version)

    def macros(*flags: str) -> set[str]:
        done = subprocess.run(
            [which.cxx, *flags, "-dM", "-E", "-x", "c++", "/dev/null"], capture_output=True, text=True, check=True
        )
        return set(re.findall(r"#define __(\w+)__ 1$", done.stdout, re.MULTILINE))

    ours = target._flags(target._all()[build.target.name], which) if build.target.flags else ()
    usable = macros(*ours) & EMITTED.keys()
    assert usable <= macros("-march=native")


def test_a_make_flag_that_needs_something_of_the_processor_says_so_in_the_same_way() -> None:
    """Upstream's own default looks at the machine that builds; wheels of it ended with SIGILL elsewhere."""
    host = machine()
    plain = made(host, None, "mxnet-1.6.0")
    request = Request(recipe="mxnet-1.6.0", flags={"USE_F16C": "1"})
    build = resolve(recipe("mxnet-1.6.0"), host, request)
    assert plain.target.features == ()
    assert (build.target.name, build.target.features) == ("generic with USE_F16C", ("f16c",))
    assert wheel_identity(build) != build.fingerprint
    native = resolve(recipe("mxnet-1.6.0"), host, msgspec.structs.replace(request, target="native"))
    assert native.target == made(host, "native", "mxnet-1.6.0").target  # zen3 has it already
    with pytest.raises(HostError) as refused:
        resolve(recipe("mxnet-1.6.0"), machine(without="f16c"), request)
    (complaint,) = refused.value.complaints
    assert complaint.text.startswith("USE_F16C=1: the processor here lacks f16c")
    assert complaint.remedy == "--set USE_F16C=0"
