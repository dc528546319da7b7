"""Random machines with GPUs x requests: our errors only, nothing asked for is dropped, the same answer each time."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild import plan as plans
from mxbuild.errors import MxbuildError
from mxbuild.model import Fact, Host, Request
from mxbuild.resolve import resolve
from mxbuild.resolve.architectures import parse
from mxbuild.resolve.cuda_releases import architectures, table
from tests.machines import compiler, may, recipe
from tests.resolve.gpus import DIRECTORY, PARTS, cudnn, driver, gpu, machine, toolkit

RECIPE = recipe()
ARCHITECTURES = tuple(table().architectures)
versions = st.sampled_from(["", "x", "7.5.18", "8.0.61", "9.0.176", "10.2.89", "11.4.48", "11.5.1", "11.8.89", "12.0.1",
                            "12.4.131", "12.7.1", "13.0.88", "13.4.1", "14.0.1"])  # fmt: skip
toolkits = st.builds(
    lambda version, root, parts, stubs, gcc, layout: toolkit(
        version, root, parts=PARTS[parts:], gcc=gcc, layout=layout, **({} if stubs else {"stubs": ""})
    ),
    versions, st.sampled_from(["", "", "", "/opt/cuda", "/opt/a b", "/opt/$x"]), st.sampled_from([0, 0, 0, 1, 2]),
    st.booleans(),
    st.sampled_from(["", "6", "11", "99", "?"]), st.sampled_from(["nvidia", "debian", "conda", "wheels"]),
)  # fmt: skip
drivers = st.none() | st.builds(
    lambda version, cuda, usable: driver(version, cuda, usable=usable),
    st.sampled_from(["", "390.46", "450.80.02", "525.60.13", "550.54.14", "580.65.06", "odd"]),
    st.sampled_from(["", "9.1", "11.4", "12.4", "13.0"]),
    st.booleans(),
)
gpus = st.lists(st.sampled_from([*ARCHITECTURES, "", "2.1", "15.0"]), max_size=3)
libraries = st.lists(
    st.builds(
        cudnn, st.sampled_from(["", "5.1.10", "7.6.5", "8.2.1", "8.9.7", "9.1.0"]),
        st.sampled_from([None, "", "8.2.1"]),
        st.sampled_from(["", "/opt/cudnn", "/opt/c d"]),
    ), max_size=2,
)  # fmt: skip


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    host = machine(
        draw(st.sampled_from(["16.04", "18.04", "20.04", "22.04", "24.04"])),
        gpus=tuple(gpu(c, i) for i, c in enumerate(draw(gpus))),
        driver=draw(drivers),
        toolkits=tuple(draw(st.lists(toolkits, max_size=3))),
        cuda_libraries=tuple(draw(libraries)),
        compilers=tuple(
            compiler(v, f"-{v}") for v in draw(st.lists(st.sampled_from(["5", "9", "11", "14"]), max_size=3))
        ),
    )
    arch = draw(st.sampled_from(["x86_64", "x86_64", "x86_64", "aarch64"]))
    os = msgspec.structs.replace(host.os, arch=Fact(arch, "uname -m"))
    return may(msgspec.structs.replace(host, os=os), draw(st.sampled_from(["root", "root", "sudo", "none"])))


requests = st.builds(
    Request,
    device=st.sampled_from(["cpu", "gpu", "gpu", "auto"]),
    wanted=st.dictionaries(st.sampled_from(["cuda", "cudnn", "opencv"]), st.booleans(), max_size=1),
    apt=st.sampled_from([True, True, False]),
    cuda=st.sampled_from([*[None] * 8, "11", "13.0", "/opt/cuda", "x"]),
    cuda_from=st.sampled_from([*["auto"] * 5, "system", "apt", "wheels"]),
    cuda_arch=st.sampled_from([*[None] * 5, "native", "all-supported", "7.0", "90,7.5", "12.0", "odd"]),
    cudnn=st.sampled_from([*[None] * 6, "/opt/cudnn"]),
)


@settings(max_examples=100, deadline=None)
@given(hosts(), requests)
def test_nothing_asked_for_is_dropped(host: Host, request: Request) -> None:
    try:
        built = resolve(RECIPE, host, request, toolkits=DIRECTORY)
    except MxbuildError:
        return
    on = {f.name: f.on for f in built.features}
    assert all(on[name] is wish for name, wish in request.wanted.items())
    assert on["cuda"] is (built.cuda is not None) is (built.device == "gpu")
    assert on["cudnn"] is (built.cuda is not None and built.cuda.cudnn is not None)
    if request.device != "auto":
        assert built.device == request.device
    variables = {v.name: v.value for v in built.variables}
    assert variables["USE_CUDA"] == str(int(on["cuda"]))
    if built.cuda is None:
        assert request.cuda is request.cuda_arch is request.cudnn is None
        assert request.cuda_from == "auto"
        assert "CUDA_ARCH" not in variables
        return
    known = architectures(built.cuda.toolkit.version)
    assert {*built.cuda.sass, built.cuda.ptx} <= {*known, ""}
    assert set(parse(request.cuda_arch or "native")) <= {*built.cuda.sass}
    assert variables["CUDA_ARCH"]
    assert built.cuda.stubs not in built.cuda.run_path
    if request.cudnn:
        assert built.cuda.cudnn
        assert built.cuda.cudnn.header.startswith(request.cudnn)
    if request.cuda_from != "auto":
        assert built.cuda.origin == request.cuda_from
    assert all("$" not in v for n, v in variables.items() if n != "NVCCFLAGS")
    assert plans.steps(built, plans.paths(built, "/p", "/c", "/s"))
    assert msgspec.json.encode(built) == msgspec.json.encode(resolve(RECIPE, host, request, toolkits=DIRECTORY))


@given(st.text(max_size=20))
def test_an_architecture_is_known_or_refused_in_words(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert set(found) <= {*ARCHITECTURES}


def test_the_table_is_in_order_and_each_row_has_a_source() -> None:
    rows = table()
    for release in rows.toolkit:
        assert release.source
        assert architectures(release.version)
    assert all(a.source for a in rows.architectures.values())
    assert [tuple(map(int, a.split("."))) for a in rows.architectures] == sorted(
        tuple(map(int, a.split("."))) for a in rows.architectures
    )


def test_a_toolkit_newer_than_the_table_is_taken_like_the_last_and_that_is_said() -> None:
    from mxbuild.resolve.cuda_releases import row

    known, remark = row("13.4.1")
    assert known is not None
    assert known.version == "13.0"
    assert "13.4.1" in remark
    assert row("14.0")[0] is None
