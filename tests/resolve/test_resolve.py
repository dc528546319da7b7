import msgspec
import pytest

from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Fact, Host, Memory, PackageChoice, Request
from mxbuild.resolve import packages, resolve
from mxbuild.resolve.complaints import Complaints
from tests.machines import CLASSIC, GIB, bare, bookworm, compiler, library, may, python, recipe, tools


def build(host: Host | None = None, **asked: object) -> Build:
    return resolve(recipe(), host or bookworm(), Request(**asked))  # type: ignore[arg-type]


def released(name: str, host: Host | None = None) -> Build:
    return resolve(recipe(name), host or bookworm(), Request(recipe=name))


def refused(host: Host, **asked: object) -> HostError:
    with pytest.raises(HostError) as caught:
        build(host, **asked)
    return caught.value


def variables(built: Build) -> dict[str, str]:
    return {v.name: v.value for v in built.variables}


def choice(built: Build, subject: str) -> tuple[str, str]:
    return next((d.choice, d.why) for d in built.decisions if d.subject == subject)


def test_every_decision_has_a_reason_and_every_variable_too() -> None:
    built = build()
    assert all(d.why for d in built.decisions)
    assert all(v.why for v in built.variables)


def test_every_flag_of_the_recipe_is_passed_and_each_once() -> None:
    names = [v.name for v in build().variables]
    assert len(names) == len(set(names))
    flags = {name for name, flag in recipe().flags.items() if flag.only_with is None}
    assert set(names) == {*flags, "ADD_CFLAGS", "ADD_LDFLAGS"}


def test_lapack_gets_the_multiarch_directory() -> None:
    assert variables(build())["USE_LAPACK_PATH"] == "/usr/lib/x86_64-linux-gnu"
    assert variables(build(wanted={"lapack": False}))["USE_LAPACK_PATH"] == ""


def test_opencv_4_gets_its_alias_and_its_constants() -> None:
    built = build()
    assert built.aliases == {"opencv": "opencv4"}
    assert "-DCV_BGR2RGB=cv::COLOR_BGR2RGB" in variables(built)["ADD_CFLAGS"]


def test_opencv_2_gets_neither() -> None:
    host = bookworm()
    old = {**host.libraries, "opencv": library("opencv", "2.4.9", pkg_config="opencv")}
    built = build(msgspec.structs.replace(host, libraries=old))
    assert built.aliases == {}
    assert "CV_" not in variables(built)["ADD_CFLAGS"]


@pytest.mark.parametrize(("version", "cured"), [("11.4.0", False), ("12.0.0", True), ("12.2.0", True)])
def test_the_uninitialised_axis_is_cured_from_gcc_12_on(version: str, cured: bool) -> None:
    flags = variables(build(bookworm(compilers=(compiler(version),))))["ADD_CFLAGS"]
    assert ("-ftrivial-auto-var-init=pattern" in flags) is cured


def test_a_compiler_out_of_range_gives_way_to_one_in_range() -> None:
    built = build(bookworm(compilers=(compiler("16.1.0"), compiler("15.2.0", "-15"), compiler("12.4.0", "-12"))))
    assert built.compiler.cxx == "/usr/bin/g++-12"
    assert choice(built, "compiler")[1].endswith("the default, /usr/bin/g++ 16.1.0, does not")
    rejected = next(d.rejected for d in built.decisions if d.subject == "compiler")
    assert [r.choice for r in rejected] == ["/usr/bin/g++ 16.1.0", "/usr/bin/g++-15 15.2.0"]


def test_where_only_a_newer_compiler_is_there_the_older_package_is_installed() -> None:
    host = bookworm(
        os=msgspec.structs.replace(bookworm().os, id="ubuntu", version="26.04"), compilers=(compiler("15.2.0"),)
    )
    built = build(host)
    assert built.install == ("g++-14", "ccache")
    assert built.compiler.cxx == "/usr/bin/g++-14"
    assert any("g++-14" in text for text in built.expected)


def test_no_compiler_anywhere_is_a_complaint() -> None:
    unknown = bookworm(os=msgspec.structs.replace(bookworm().os, id="plan9", version="4"), compilers=())
    assert any("no g++" in c.text for c in refused(unknown).complaints)


def test_a_bare_machine_is_planned_with_what_apt_will_bring() -> None:
    built = build(bare())
    assert set(built.install) == {*CLASSIC, "ccache"}
    assert built.compiler.version == "12.2.0"
    assert [f.name for f in built.features if not f.on] == ["cuda", "cudnn", "dist-kvstore"]
    assert len(built.expected) == 10


def test_a_bare_machine_without_rights_is_told_the_whole_line_once() -> None:
    error = refused(may(bare(), "none"))
    assert len(error.complaints) == 1
    assert error.complaints[0].remedy.startswith("sudo apt-get install -y --no-install-recommends build-essential")
    assert "libopencv-dev" in error.complaints[0].remedy


def test_through_sudo_it_is_planned_too() -> None:
    assert "through sudo" in choice(build(may(bare(), "sudo")), "packages")[1]


def test_without_apt_all_that_is_missing_is_said_at_once() -> None:
    texts = [c.text for c in refused(bare(), apt=False).complaints]
    for word in ("no g++", "no Python", "no make", "no git", "no pkg-config", "blas: no BLAS"):
        assert any(word in text for text in texts), word


def test_without_apt_a_feature_left_open_is_off_with_its_reason() -> None:
    host = bookworm()
    without = {k: v for k, v in host.libraries.items() if k != "opencv"}
    packages = {k: v for k, v in host.packages.items() if k != "libopencv-dev"}
    lacking = msgspec.structs.replace(host, libraries=without, packages=packages)
    built = build(lacking, apt=False)
    assert choice(built, "opencv") == ("off", "no OpenCV to compile against")
    assert variables(built)["USE_OPENCV"] == "0"


def test_a_feature_asked_for_that_cannot_be_had_is_an_error_with_the_nearest_that_works() -> None:
    host = bookworm()
    without = {k: v for k, v in host.libraries.items() if k != "opencv"}
    packages = {k: v for k, v in host.packages.items() if k != "libopencv-dev"}
    error = refused(
        msgspec.structs.replace(host, libraries=without, packages=packages), apt=False, wanted={"opencv": True}
    )
    assert error.complaints[0].text == "--with opencv: no OpenCV to compile against"
    assert error.complaints[0].remedy == "apt-get install -y --no-install-recommends libopencv-dev"
    assert error.nearest == "mxbuild install mxnet-0.12.1 --no-apt --without opencv"


def test_a_feature_falls_with_what_it_requires() -> None:
    error = refused(bookworm(), wanted={"blas": False, "lapack": True})
    assert error.complaints[0].text == "--with lapack: it requires blas, which is off"


def test_a_gpu_that_is_not_here_is_asked_for_by_its_architecture() -> None:
    error = refused(bookworm(), device="gpu")
    assert "has to be told for which GPUs" in error.complaints[0].text
    assert error.nearest.splitlines() == [
        "mxbuild install mxnet-0.12.1 --gpu --cuda-arch all-supported",
        "mxbuild install mxnet-0.12.1 --cpu",
    ]


def test_what_is_installed_by_hand_needs_no_package() -> None:
    host = bookworm()
    packages = {k: v for k, v in host.packages.items() if k != "libopencv-dev"}
    assert build(msgspec.structs.replace(host, packages=packages)).install == ()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"USE_OPENVC": "1"}, "did you mean USE_OPENCV?"),
        ({"USE_CUDA": "1"}, "use --with cuda or --without cuda"),
        ({"USE_LAPACK": "1"}, "use --with lapack or --without lapack"),
    ],
)
def test_flags_that_the_recipe_does_not_take_are_refused(flags: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        build(flags=flags)
    assert words in " ".join([caught.value.message, *caught.value.details])


@pytest.mark.parametrize("value", ["$(shell touch X)", "a b", "-Bx", "`x`", "x;y", "", "a\nb", "../x"])
def test_a_value_that_make_would_expand_is_refused(value: str) -> None:
    if value == "":
        assert variables(build(flags={"USE_LIBJPEG_TURBO_PATH": ""}))["USE_LIBJPEG_TURBO_PATH"] == ""
        return
    with pytest.raises(UsageError):
        build(flags={"USE_LIBJPEG_TURBO_PATH": value})


def test_all_usage_faults_come_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        build(flags={"USE_X": "1"}, wanted={"opencb": True}, jobs=0)
    assert len(caught.value.details) == 3


def test_set_wins_and_says_so() -> None:
    built = build(flags={"USE_PROFILER": "1"})
    assert variables(built)["USE_PROFILER"] == "1"
    assert choice(built, "USE_PROFILER") == ("1", "--set")


def limited(**memory: int) -> Host:
    host = bookworm()
    return msgspec.structs.replace(
        host,
        memory=Memory(
            total=host.memory.total,
            available=Fact(memory.get("available", 15 * GIB), "/proc/meminfo"),
            limit=Fact(memory["limit"], "memory.max") if "limit" in memory else None,
        ),
    )


@pytest.mark.parametrize(
    ("host", "count", "winner"),
    [
        (bookworm(), 8, "8 CPUs by affinity"),
        (limited(available=4 * GIB), 8, "8 CPUs by affinity"),
        (limited(limit=2 * GIB), 4, "2.0 GiB of memory left in the cgroup"),
        (limited(available=GIB), 1, "1.0 GiB of memory available"),
    ],
)
def test_jobs_are_the_smallest_limit_and_the_winner_is_named(host: Host, count: int, winner: str) -> None:
    built = build(host)
    assert built.jobs.count == count
    assert built.jobs.limit.startswith(winner)


def test_a_header_put_in_front_of_one_source_is_a_flag_for_it_alone() -> None:
    def included(release: str) -> dict[str, tuple[str, ...]]:
        return {file: flags for file, flags in released(release).source_flags.items() if "-include" in flags}

    source = "src/operator/tensor/elemwise_binary_broadcast_op_basic.cc"
    assert included("mxnet-1.6.0") == {source: ("-include", "src/operator/tensor/elemwise_binary_op-inl.h")}
    assert "sparse-sum-definitions" in {rule.id for rule in released("mxnet-1.6.0").rules}
    for other in ("mxnet-1.2.1", "mxnet-1.9.1"):
        assert not included(other)


@pytest.mark.parametrize(("gcc", "cured"), [("10.2.0", False), ("11.4.0", True), ("12.2.0", True)])
def test_onednn_s_recurrent_layers_are_cured_for_the_compilers_that_hide_them(gcc: str, cured: bool) -> None:
    host = bookworm()
    compilers = tuple(msgspec.structs.replace(c, version=gcc) for c in host.compilers)
    built = released("mxnet-1.6.0", msgspec.structs.replace(host, compilers=compilers))
    assert ("onednn-internal-linkage" in {rule.id for rule in built.rules}) == cured
    assert any(s.new == "mkldnn_u8" for s in built.substitutions) == cured


@pytest.mark.parametrize(("release", "cured"), [("1.2.1", False), ("1.3.1", True), ("1.6.0", True), ("1.9.1", True)])
def test_size_array_reads_no_further_than_its_variable(release: str, cured: bool) -> None:
    assert any((s.old, s.new) == ("index_t", "int64_t") for s in released(f"mxnet-{release}").substitutions) == cured


def test_a_script_has_no_gate_so_the_largest_have_to_fit_together() -> None:
    assert build(limited(available=4 * GIB)).jobs.without_gate == 3
    assert build(bookworm()).jobs.without_gate == 8


def test_a_quota_limits_jobs() -> None:
    host = bookworm()
    cpu = msgspec.structs.replace(host.cpu, affinity=Fact(64, "status"), quota=Fact(2.0, "cpu.max"))
    assert build(msgspec.structs.replace(host, cpu=cpu)).jobs.limit == "2 CPUs by the cgroup's quota"


def test_jobs_asked_for_are_taken_and_the_limit_named() -> None:
    jobs = build(jobs=20).jobs
    assert (jobs.count, jobs.limit) == (20, "--jobs 20 (mxbuild would take 8: 8 CPUs by affinity)")


@pytest.mark.parametrize(
    ("version", "pin"), [("3.6.15", "numpy==1.19.5"), ("3.11.2", "numpy==1.23.5"), ("3.13.0", "numpy==2.2.6")]
)
def test_each_interpreter_has_its_own_pins(version: str, pin: str) -> None:
    assert pin in build(bookworm(pythons=(python(version),))).requirements


def test_an_interpreter_out_of_range_is_passed_over_or_refused() -> None:
    host = bookworm(pythons=(python("3.14.0"), python("3.10.1")))
    assert build(host).python.version == "3.10.1"
    assert "3.14.0" in refused(host, python="/usr/bin/python3.14").complaints[0].text
    assert "no interpreter there" in refused(host, python="/nowhere").complaints[0].text


def test_a_directory_that_make_cannot_have_is_said_before_anything_is_fetched() -> None:
    host = bookworm()
    disks = (msgspec.structs.replace(host.disks[0], path="/home/user/my cache"),)
    (complaint,) = refused(msgspec.structs.replace(host, disks=disks)).complaints
    assert complaint.text == "make cannot work in /home/user/my cache: it cannot have ' ' in a path"
    assert "MXBUILD_CACHE_DIR" in complaint.remedy


def test_a_small_disk_is_said_before_anything_is_fetched() -> None:
    host = bookworm()
    disks = (msgspec.structs.replace(host.disks[0], free=GIB),)
    assert "1024 MiB free" in refused(msgspec.structs.replace(host, disks=disks)).complaints[0].text


def test_ccache_is_used_where_it_is_and_may_be_refused() -> None:
    host = bookworm(tools=tools("make", "git", "pkg-config", "dot", "ccache"))
    assert build(host).ccache is not None
    assert build(host, ccache=False).ccache is None
    assert choice(build(), "ccache") == ("off", "ccache is not installed")


def test_the_fingerprint_names_what_shapes_the_library_and_nothing_else() -> None:
    base = build().fingerprint
    assert build(jobs=3).fingerprint == base
    assert build(bookworm(pythons=(python("3.9.1"),))).fingerprint == base
    others = [
        build(flags={"DEBUG": "1"}),
        build(wanted={"opencv": False}),
        build(bookworm(compilers=(compiler("12.3.0"),))),
        build(bookworm(libraries={**bookworm().libraries, "blas": library("blas", "0.3.22", "openblas")})),
    ]
    assert len({base, *(o.fingerprint for o in others)}) == 5


def test_resolving_is_deterministic() -> None:
    host = bookworm()
    turned = msgspec.structs.replace(
        host, libraries=dict(reversed(host.libraries.items())), packages=dict(reversed(host.packages.items()))
    )
    assert msgspec.json.encode(build(host)) == msgspec.json.encode(build(turned))


def test_ccache_comes_with_the_other_packages_and_never_alone() -> None:
    def asked(host: Host, **more: object) -> tuple[str, ...]:
        return tuple(p.name for p in build(host, **more).packages if p.name == "ccache" and not p.installed)

    fresh = bare()
    assert asked(fresh) == ("ccache",)
    assert choice(build(fresh), "ccache") == ("on", "/usr/bin/ccache is installed")
    assert asked(fresh, ccache=False) == ()
    full = bookworm()
    assert "ccache" not in full.tools
    assert asked(full) == ()
    assert choice(build(full), "ccache")[0] == "off"
    # Where nothing may be installed, it is not one of the missing.
    error = refused(may(bare(), "none"))
    assert not any("ccache" in c.remedy for c in error.complaints)


@pytest.mark.parametrize(
    ("names", "said"), [(("make",), "make is missing and "), (("make", "git"), "2 packages are missing and ")]
)
def test_one_package_that_is_missing_is_named(names: tuple[str, ...], said: str) -> None:
    complaints = Complaints()
    absent = [PackageChoice(name=name, capability=name, why="", installed="") for name in names]
    packages.decide(may(bookworm(), "none"), Request(recipe="toy"), absent, complaints)
    with pytest.raises(HostError) as caught:
        complaints.settle("toy")
    assert (
        caught.value.complaints[0].text
        == f"{said}mxbuild may not install packages here: not root, and sudo -n true says no"
    )
