"""Features for which make calls more than a compiler: CMake, protoc; and submodules that only a feature needs."""

import msgspec
import pytest

from mxbuild import plan, script
from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, FetchSource, Host, Make, PackWheel, Request, Tool
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import resolve
from tests.machines import bookworm, library, recipe, tools
from tests.resolve.gpus import gpu, toolkit

NEWEST = "mxnet-1.9.1"
SHARED = "mxnet-1.6.0"


def having(*names: str, **versions: str) -> Host:
    """Debian 12 with these tools too, and all packages that a recipe can ask for."""
    found = tools("make", "git", "pkg-config", "dot", *names)
    found |= {n: msgspec.structs.replace(found[n], version=v) for n, v in versions.items()}
    packages = dict.fromkeys((*bookworm().packages, *names), "1")
    return bookworm(tools=found, packages=packages)


def build(name: str, host: Host, **asked: object) -> Build:
    return resolve(recipe(name), host, Request(**asked))  # type: ignore[arg-type]


def step(built: Build, kind: type) -> object:
    steps = plan.steps(built, plan.paths(built, "/p", "/c", "/s"))
    return next(one for one in steps if isinstance(one, kind))


def variables(built: Build) -> dict[str, str]:
    return {v.name: v.value for v in built.variables}


def chosen(built: Build, name: str) -> tuple[bool, str]:
    return next((f.on, f.why) for f in built.features if f.name == name)


def test_onednn_is_on_where_cmake_is() -> None:
    built = build(NEWEST, having("cmake"))
    assert chosen(built, "onednn") == (True, "CMake 3.25.1 matches >=3.5,<5")
    assert variables(built)["USE_MKLDNN"] == "1"
    made, source = step(built, Make), step(built, FetchSource)
    assert isinstance(made, Make)
    assert isinstance(source, FetchSource)
    assert made.programs == {"cmake": "/usr/bin/cmake"}
    assert made.cmake == ("3rdparty/mkldnn/build",)
    assert "3rdparty/mkldnn" in {r.path for r in source.repositories}


def test_without_cmake_it_is_off_and_its_source_is_not_fetched_but_compared() -> None:
    built = build(NEWEST, having(), apt=False)
    assert chosen(built, "onednn") == (False, "no cmake")
    assert variables(built)["USE_MKLDNN"] == "0"
    made, source = step(built, Make), step(built, FetchSource)
    assert isinstance(made, Make)
    assert isinstance(source, FetchSource)
    assert (made.programs, made.cmake) == ({}, ())
    assert "3rdparty/mkldnn" not in {r.path for r in source.repositories}
    assert source.empty["3rdparty/mkldnn"] == recipe(NEWEST).source.submodules["3rdparty/mkldnn"].commit


def test_with_and_without_it_are_two_builds_and_so_is_another_cmake() -> None:
    with_it, other = having("cmake"), having("cmake", cmake="3.31.6")
    names = [build(NEWEST, with_it), build(NEWEST, other), build(NEWEST, with_it, wanted={"onednn": False})]
    assert len({built.fingerprint for built in names}) == 3


def test_cmake_that_is_missing_is_installed() -> None:
    assert build(NEWEST, having()).install == ("cmake", "ccache")
    assert build(NEWEST, having(), wanted={"onednn": False}).install == ()


@pytest.mark.parametrize(("version", "told"), [("3.31.6", False), ("4.0.0", True), ("4.4.5", True)])
def test_cmake_4_is_told_to_read_old_projects(version: str, told: bool) -> None:
    built = build(NEWEST, having("cmake", cmake=version))
    assert (built.environment.get("CMAKE_POLICY_VERSION_MINIMUM") == "3.5") is told
    off = build(NEWEST, having("cmake", cmake=version), wanted={"onednn": False})
    assert "CMAKE_POLICY_VERSION_MINIMUM" not in off.environment


@pytest.mark.parametrize("version", ["3.4.3", "5.0.0"])
def test_a_cmake_out_of_range_is_no_cmake(version: str) -> None:
    host = having("cmake", cmake=version)
    assert chosen(build(NEWEST, host), "onednn") == (False, f"CMake {version} is outside >=3.5,<5")
    with pytest.raises(HostError, match="cannot be built") as caught:
        build(NEWEST, host, wanted={"onednn": True})
    assert caught.value.complaints[0].text == f"--with onednn: CMake {version} is outside >=3.5,<5"


def test_upstream_has_it_for_one_kind_of_machine() -> None:
    host = having("cmake")
    machine = msgspec.structs.replace(host.os, arch=msgspec.structs.replace(host.os.arch, value="aarch64"))
    on, why = chosen(build(NEWEST, msgspec.structs.replace(host, os=machine)), "onednn")
    assert (on, why) == (False, "the machine is aarch64; upstream has it for x86_64")


def test_a_feature_can_be_meant_by_its_flag() -> None:
    with pytest.raises(UsageError, match="did you mean onednn"):
        build(NEWEST, having("cmake"), wanted={"mkldnn": True})


def test_a_shared_library_goes_into_the_wheel() -> None:
    packed = step(build(SHARED, having("cmake")), PackWheel)
    assert isinstance(packed, PackWheel)
    assert packed.beside == ("lib/libmkldnn.so.1",)
    static = step(build(NEWEST, having("cmake")), PackWheel)
    assert isinstance(static, PackWheel)
    assert static.beside == ()


def test_where_upstream_gives_a_run_path_the_toolkits_directories_are_given_in_the_same_way() -> None:
    card = {"gpus": (gpu("7.5"),), "toolkits": (toolkit("11.1.105", root="/opt/cuda"),)}
    host = msgspec.structs.replace(having("cmake"), compilers=bookworm().compilers, **card)
    older = tuple(msgspec.structs.replace(c, version="9.4.0") for c in host.compilers)
    host = msgspec.structs.replace(host, compilers=older)
    shared = variables(build(SHARED, host, device="gpu"))["ADD_LDFLAGS"]
    assert "-Wl,-rpath,'/opt/cuda/lib64'" in shared
    assert "-rpath" not in variables(build(NEWEST, host, device="gpu"))["ADD_LDFLAGS"]


def distributed(**changes: str) -> Host:
    """A machine with all that ps-lite wants, in these versions."""
    host = having("protoc", protoc=changes.get("protobuf", "3.21.12"))
    names = {"protobuf": "3.21.12", "zmq": "4.3.4"} | changes
    return msgspec.structs.replace(
        host,
        libraries={**host.libraries, **{n: library(n, v) for n, v in names.items()}},
        packages={**host.packages, **dict.fromkeys(("libprotobuf-dev", "protobuf-compiler", "libzmq3-dev"), "1")},
    )


@pytest.mark.parametrize(("name", "directory"), [("mxnet-0.12.1", "ps-lite"), (NEWEST, "3rdparty/ps-lite")])
def test_the_distributed_store_takes_the_systems_libraries(name: str, directory: str) -> None:
    built = build(name, distributed(), wanted={"dist-kvstore": True})
    given = variables(built)
    assert (given["USE_DIST_KVSTORE"], given["DEPS_PATH"], given["PS_LDFLAGS_A"]) == ("1", "/usr", "")
    assert given["ADD_LDFLAGS"] == "-lprotobuf-lite -lzmq"
    made = step(built, Make)
    assert isinstance(made, Make)
    assert made.objects[directory] == "OBJS"
    assert made.programs["protoc"] == "/usr/bin/protoc"


def test_it_is_off_unless_asked_for_and_then_leaves_no_trace() -> None:
    built, without = build("mxnet-0.12.1", distributed()), build("mxnet-0.12.1", bookworm())
    assert chosen(built, "dist-kvstore") == (False, "off unless asked for")
    assert {"DEPS_PATH", "PS_LDFLAGS_A"}.isdisjoint(variables(built))
    assert built.fingerprint == without.fingerprint


def test_newer_protocol_buffers_are_refused_with_the_reason() -> None:
    with pytest.raises(HostError, match="cannot be built") as caught:
        build("mxnet-0.12.1", distributed(protobuf="22.3"), wanted={"dist-kvstore": True})
    assert "Protocol Buffers 22.3 is outside >=2.5,<4" in caught.value.complaints[0].text


def test_intgemm_is_the_submodule_and_make_has_nothing_to_clone() -> None:
    built = build(NEWEST, having("cmake"), wanted={"intgemm": True})
    assert variables(built)["INTGEMM_PATH"] == "3rdparty/intgemm"
    source = step(built, FetchSource)
    assert isinstance(source, FetchSource)
    assert "3rdparty/intgemm" in {r.path for r in source.repositories}


@pytest.mark.parametrize("systems", [{"mini": "kernels", SHARED: "onednn", "mxnet-1.5.1": "", "mxnet-0.12.1": ""}])
def test_the_build_systems_follow_from_the_features(systems: dict[str, str]) -> None:
    def said(one: Recipe) -> str:
        return " ".join(one.build_systems.get("cmake", ()))

    assert {name: said(recipe(name)) for name in systems} == systems


def test_tools_that_serve_the_finished_library_alone_are_not_makes() -> None:
    built = build("mxnet-0.12.1", having())
    assert chosen(built, "graphviz")[0]
    assert built.programs == ()
    assert all(isinstance(tool, Tool) for tool in build(NEWEST, having("cmake")).programs)


def test_the_script_calls_the_same_cmake_and_reaches_no_network() -> None:
    built = build(SHARED, having("cmake", cmake="4.0.0"))
    text = script.render(plan.plan(built, plan.paths(built, "/p", "/c", "/s"), {}))
    tree = plan.paths(built, "/p", "/c", "/s").tree
    assert f"ln -sf /usr/bin/cmake {tree}/.programs/cmake\n" in text
    assert f"env -i PATH={tree}/.programs:/usr/local/sbin" in text
    assert "CMAKE_POLICY_VERSION_MINIMUM=3.5 GIT_ALLOW_PROTOCOL=none http_proxy=http://127.0.0.1:9" in text
    assert f"cp {tree}/lib/libmxnet.so {tree}/lib/libmkldnn.so.1 " in text
