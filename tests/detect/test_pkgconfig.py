from mxbuild.detect import pkgconfig
from tests.detect.machine import Build

T = "x86_64-linux-gnu"


def test_variables_directories_and_version(build: Build) -> None:
    system = build(
        {
            "/p/opencv.pc": "# c\nprefix=/usr\nexec_prefix=${prefix}\n"
            "libdir=${exec_prefix}/lib/\nincludedir_new=${prefix}/include\n"
            "Name: OpenCV\nVersion: 2.4.9.1\nLibs: -L${libdir} \\\n -L/opt/x -lopencv_core\n"
            "Cflags: -I${includedir_new}/opencv -I${includedir_new}\n"
        }
    )
    assert pkgconfig.find(system, "opencv", ("/nowhere", "/p")) == pkgconfig.Module(
        "/p/opencv.pc", "2.4.9.1", ("/usr/lib", "/opt/x"), ("/usr/include/opencv", "/usr/include")
    )


def test_the_place_of_the_file_itself(build: Build) -> None:
    module = pkgconfig.find(build({"/p/a.pc": "libdir=${pcfiledir}/../lib\nVersion: 1\n"}), "a", ("/p",))
    assert module is not None
    assert module.library_directories == ("/p/../lib",)


def test_variables_that_grow_or_refer_to_themselves_end(build: Build) -> None:
    lines = [
        "a=xx",
        *(f"{b}=${{{a}}}${{{a}}}" for a, b in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)),
    ]
    module = pkgconfig.find(build({"/p/a.pc": "\n".join([*lines, "z=${z}", "Version: ${u}${z}"])}), "a", ("/p",))
    assert module is not None
    assert len(module.version) <= 4096


def test_nonsense_is_an_empty_module(build: Build) -> None:
    assert pkgconfig.find(build({"/p/a.pc": b"\0\xff=:\n::\n=\n${\n"}), "a", ("/p",)) == pkgconfig.Module(
        "/p/a.pc", "", (), ()
    )


def test_search_path(build: Build) -> None:
    system = build()
    system.environ["PKG_CONFIG_PATH"] = "/opt/cv/pkgconfig::relative"
    assert pkgconfig.directories(system, T)[:3] == (
        "/opt/cv/pkgconfig",
        f"/usr/local/lib/{T}/pkgconfig",
        "/usr/local/lib64/pkgconfig",
    )
    assert f"/usr/lib/{T}/pkgconfig" in pkgconfig.directories(system, T)
    system.environ["PKG_CONFIG_LIBDIR"] = "/only"
    assert pkgconfig.directories(system, T) == ("/opt/cv/pkgconfig", "/only")
