"""Libraries that can be compiled against: the header and the file that the linker takes, both where they look."""

from collections.abc import Iterator

from mxbuild.detect import dpkg, parse, pkgconfig
from mxbuild.model import Library, Note
from mxbuild.system import System

PLAIN = (
    ("protobuf", "libprotobuf-lite.so", "google/protobuf/message.h", "protobuf-lite", "libprotobuf-dev"),
    ("zmq", "libzmq.so", "zmq.h", "libzmq", "libzmq3-dev"),
)
"""Capability, library, header, module of pkg-config, Debian package: of what has no peculiarities."""


class _Search:
    """Where this machine's compiler, linker and pkg-config look when nobody tells them more."""

    def __init__(self, system: System, triplet: str, packages: dict[str, str], notes: list[Note]) -> None:
        self.system, self.packages, self.notes = system, packages, notes
        self.libraries = (f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib64", "/usr/lib", "/usr/local/lib")
        self.headers = ("/usr/local/include", f"/usr/include/{triplet}", "/usr/include")
        self.modules = pkgconfig.directories(system, triplet)

    def first(self, places: tuple[str, ...], name: str) -> str:
        """The first place that has the file, "" for none."""
        return next((f"{place}/{name}" for place in places if self.system.exists(f"{place}/{name}")), "")

    def of_package(self, package: str, file: str) -> Iterator[tuple[str, str]]:
        """The upstream version that dpkg knows for a file under /usr."""
        if package in self.packages and not file.startswith("/usr/local/"):
            yield dpkg.upstream(self.packages[package]), f"dpkg: {package} {self.packages[package]}"

    def of_module(self, name: str, file: str) -> Iterator[tuple[str, str]]:
        """The version in the pkg-config file beside a library."""
        place = f"{file.rsplit('/', 1)[0]}/pkgconfig"
        module = pkgconfig.find(self.system, name, (place,))
        if module is not None:
            yield module.version, module.path


def look(system: System, triplet: str, packages: dict[str, str], notes: list[Note]) -> dict[str, Library]:
    """Capability -> library, for those that are there whole.

    Args:
        packages: installed Debian packages.
    """
    search = _Search(system, triplet, packages, notes)
    found = (_blas(search), _lapack(search), _opencv(search), _jemalloc(search), *(_plain(search, *p) for p in PLAIN))
    return {library.name: library for library in found if library is not None}


def _blas(search: _Search) -> Library | None:
    """OpenBLAS with cblas.h. Others (ATLAS, the reference BLAS) are no substitute for the recipes at hand."""
    library = search.first(search.libraries, "libopenblas.so")
    if not library:
        return None
    header = search.first(search.headers, "cblas.h")
    if not header:
        aside = search.first(tuple(f"{place}/openblas" for place in search.headers), "cblas.h")
        where = f"lies at {aside}, where compilers do not look" if aside else "is missing"
        search.notes.append(Note("blas", f"{library} is there, but cblas.h {where}"))
        return None
    version, source = _version(
        search.of_module("openblas", library),
        _defined(search, "openblas_config.h", "OPENBLAS_VERSION"),
        search.of_package("libopenblas-dev", library),
    )
    module = "openblas" if pkgconfig.find(search.system, "openblas", search.modules) else ""
    return _library(search, "blas", "openblas", version, header, library, module, source)


def _lapack(search: _Search) -> Library | None:
    """liblapack.a: the file that MXNet's Makefiles look for."""
    library = search.first(search.libraries, "liblapack.a")
    if not library:
        return None
    real = search.system.realpath(library)
    provider = next((name for name in ("openblas", "atlas") if name in real), "reference")
    package = {"openblas": "libopenblas-dev", "atlas": "libatlas-base-dev"}.get(provider, "liblapack-dev")
    version, source = _version(search.of_package(package, library), search.of_module("lapack", library))
    module = "lapack" if pkgconfig.find(search.system, "lapack", search.modules) else ""
    return _library(search, "lapack", provider, version, "", library, module, source)


def _opencv(search: _Search) -> Library | None:
    """By its pkg-config file: `opencv4` since 4.0, `opencv` before."""
    for name in ("opencv4", "opencv"):
        module = pkgconfig.find(search.system, name, search.modules)
        if module is None:
            continue
        library = search.first((*module.library_directories, *search.libraries), "libopencv_core.so")
        header = search.first((*module.include_directories, *search.headers), "opencv2/opencv.hpp")
        missing = [what for what, path in (("libopencv_core.so", library), ("opencv2/opencv.hpp", header)) if not path]
        version, source = _version(iter([(module.version, module.path)]))
        if missing or not version:
            search.notes.append(Note("opencv", f"{module.path} without {' and '.join(missing) or 'a version'}"))
            continue
        return _library(search, "opencv", "opencv", version, header, library, name, source)
    return None


def _jemalloc(search: _Search) -> Library | None:
    library = search.first(search.libraries, "libjemalloc.so")
    header = search.first(search.headers, "jemalloc/jemalloc.h")
    if not library or not header:
        return None
    version, source = _version(
        search.of_module("jemalloc", library),
        _defined(search, "jemalloc/jemalloc.h", "JEMALLOC_VERSION"),
        search.of_package("libjemalloc-dev", library),
    )
    module = "jemalloc" if pkgconfig.find(search.system, "jemalloc", search.modules) else ""
    return _library(search, "jemalloc", "jemalloc", version, header, library, module, source)


def _plain(search: _Search, name: str, file: str, include: str, module: str, package: str) -> Library | None:
    library = search.first(search.libraries, file)
    header = search.first(search.headers, include)
    if not library or not header:
        return None
    version, source = _version(search.of_module(module, library), search.of_package(package, library))
    known = module if pkgconfig.find(search.system, module, search.modules) else ""
    return _library(search, name, name, version, header, library, known, source)


def _defined(search: _Search, header: str, macro: str) -> Iterator[tuple[str, str]]:
    file = search.first(search.headers, header)
    if file:
        yield parse.version(search.system.read(file), rf'#define\s+{macro}\s+"[A-Za-z ]*'), file


def _version(*ways: Iterator[tuple[str, str]]) -> tuple[str, str]:
    """The first version that a way gives, in plain numbers ("5.3.0_0" -> "5.3.0"), and what says so."""
    for way in ways:
        for text, source in way:
            plain = parse.version(text, "^")
            if plain:
                return plain, source
    return "", ""


def _library(
    search: _Search, name: str, provider: str, version: str, header: str, library: str, module: str, source: str
) -> Library:
    return Library(
        name=name,
        provider=provider,
        version=version,
        header=header,
        library=library,
        directory=library.rsplit("/", 1)[0],
        real=search.system.realpath(library),
        pkg_config=module,
        source=source or library,
    )
