"""The machine as it will be once packages are installed: facts that are expected, each marked as such."""

from collections.abc import Iterable

import msgspec

from mxbuild.model import Compiler, Host, Library, Python, Tool, Toolkit
from mxbuild.resolve.distribution import Release, distributions, release_of

CUDA_PACKAGE = "nvidia-cuda-toolkit"
"""Debian's and Ubuntu's own toolkit."""
CUDA_PARTS = ("cudart", "cublas", "cublasLt", "cufft", "curand", "cusolver", "cusparse", "nvrtc", "nvToolsExt")
"""Libraries that it brings (nvidia-cuda-dev): all that MXNet links."""


def present(host: Host, fact: str) -> bool:
    """Whether the machine has what a package would bring, from wherever."""
    if fact == "compiler":
        return any(c.family == "gcc" for c in host.compilers)
    if fact == "python":
        return any(p.system and p.venv for p in host.pythons)
    if fact == "cuda":
        return any(t.layout == "debian" for t in host.toolkits)
    return fact in host.tools or fact in host.libraries


def brings(package: str) -> tuple[str, ...]:
    """The facts that a package brings; () where only dpkg can judge it."""
    if package.startswith("g++-"):
        return (package,)
    return distributions().brings.get(package, ())


def after(host: Host, packages: Iterable[str]) -> tuple[Host, tuple[str, ...]]:
    """The machine with `packages` installed.

    Returns:
        The host with the expected facts added, and a sentence for each fact that is expected, not measured.
    """
    names = tuple(packages)
    release = release_of(host.os)
    if not names or release is None:
        return host, tuple(f"what {p} brings is not known before it is installed" for p in names if brings(p))
    said: list[str] = []
    for package in names:
        for fact in brings(package):
            if not present(host, fact):
                host, text = _add(host, fact, package, release)
                said.append(text)
    return host, tuple(said)


def toolkit_of(release: Release, triplet: str) -> Toolkit:
    """The distribution's own toolkit as it will be: its files lie all over /usr."""
    libraries = f"/usr/lib/{triplet}"
    return Toolkit(
        version=release.cuda,
        root="",
        nvcc="/usr/bin/nvcc",
        layout="debian",
        include="/usr/include",
        libraries=libraries,
        stubs=f"{libraries}/stubs",
        parts=CUDA_PARTS,
        gcc="",
        found=CUDA_PACKAGE,
        source=f"expected of {CUDA_PACKAGE} in {release.id} {release.version}",
    )


def _add(host: Host, fact: str, package: str, release: Release) -> tuple[Host, str]:
    source = f"expected of {package} in {release.id} {release.version}"
    directory = f"/usr/lib/{host.os.triplet}" if release.multiarch else "/usr/lib"
    if fact == "compiler" or fact.startswith("g++-"):
        suffix = fact[3:] if fact.startswith("g++-") else ""
        version = release.gcc if not suffix else suffix[1:]
        compiler = Compiler(
            cxx=f"/usr/bin/g++{suffix}",
            cc=f"/usr/bin/gcc{suffix}",
            family="gcc",
            version=version,
            target=host.os.triplet,
            source=source,
        )
        return msgspec.structs.replace(host, compilers=(*host.compilers, compiler)), f"g++ {version}, {source}"
    if fact == "python":
        minor = ".".join(release.python.split(".")[:2])
        python = Python(path=f"/usr/bin/python{minor}", version=release.python, venv=True, system=True, source=source)
        others = tuple(p for p in host.pythons if p.path != python.path)
        return msgspec.structs.replace(host, pythons=(*others, python)), f"Python {release.python}, {source}"
    if fact == "cuda":
        toolkit = toolkit_of(release, host.os.triplet)
        return msgspec.structs.replace(host, toolkits=(*host.toolkits, toolkit)), f"CUDA {toolkit.version}, {source}"
    if fact in ("blas", "lapack", "opencv", "protobuf", "zmq"):
        version, provider, file, pc = {
            "blas": (release.openblas, "openblas", "libopenblas.so", "openblas"),
            "lapack": (release.lapack, "reference", "liblapack.a", "lapack"),
            "opencv": (release.opencv, "opencv", "libopencv_core.so", release.opencv_name),
            "protobuf": (release.protobuf, "protobuf", "libprotobuf-lite.so", "protobuf-lite"),
            "zmq": (release.zeromq, "zmq", "libzmq.so", "libzmq"),
        }[fact]
        library = Library(
            name=fact,
            provider=provider,
            version=version,
            header="",
            library=f"{directory}/{file}",
            directory=directory,
            real=f"{directory}/{file}",
            pkg_config=pc,
            source=source,
        )
        return (
            msgspec.structs.replace(host, libraries={**host.libraries, fact: library}),
            f"{provider if fact == 'blas' else fact} {version}, {source}",
        )
    versions = {"make": release.make, "git": release.git, "cmake": release.cmake, "protoc": release.protobuf}
    version = versions.get(fact, "")
    tool = Tool(name=fact, path=f"/usr/bin/{fact}", version=version, source=source)
    return msgspec.structs.replace(host, tools={**host.tools, fact: tool}), f"{fact} {version}".strip() + f", {source}"
