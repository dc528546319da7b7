from mxbuild.detect import tools
from mxbuild.model import Note, Tool
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking


def look(system: System) -> tuple[dict[str, Tool], list[str]]:
    notes: list[Note] = []
    return tools.look(system, asking(system), notes), [n.text for n in notes]


def test_each_program_with_its_version(build: Build) -> None:
    said = {
        "make --version": "GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n",
        "git --version": "git version 2.39.5 (Apple Git-1)\n",
        "ccache --version": "ccache version 4.7.5\n",
        "pkg-config --version": "1.8.1\n",
        "dot -V": Answer(0, "", "dot - graphviz version 2.43.0 (0)\n"),
        "cmake --version": "cmake version 3.25.1\n",
        "protoc --version": "libprotoc 3.21.12\n",
    }
    names = [line.split()[0] for line in said]
    answers = {f"/usr/bin/{line}": answer for line, answer in said.items()}
    found, notes = look(build(programs=[f"/usr/bin/{n}" for n in names], answers=answers))
    assert {n: t.version for n, t in found.items()} == {
        "make": "4.3",
        "git": "2.39.5",
        "ccache": "4.7.5",
        "pkg-config": "1.8.1",
        "dot": "2.43.0",
        "cmake": "3.25.1",
        "protoc": "3.21.12",
    }
    assert found["dot"].source == "/usr/bin/dot -V"
    assert notes == []


def test_another_make_is_not_gnu_make(build: Build) -> None:
    found, notes = look(build(programs=["/usr/bin/make"], answers={"/usr/bin/make --version": "bmake 20200710"}))
    assert found == {}
    assert notes == ["`/usr/bin/make --version` does not say a version; make left out"]


def test_other_names_for_the_same(build: Build) -> None:
    answers = {"/usr/bin/pkgconf --version": "2.1.0\n", "/usr/bin/gmake --version": "GNU Make 4.4\n"}
    found, _ = look(build(programs=["/usr/bin/pkgconf", "/usr/bin/gmake"], answers=answers))
    assert {n: t.path for n, t in found.items()} == {"make": "/usr/bin/gmake", "pkg-config": "/usr/bin/pkgconf"}


def test_a_version_managers_shim_is_passed_over(build: Build) -> None:
    system = build(
        programs=["/home/user/.pyenv/shims/cmake", "/usr/bin/cmake"],
        answers={
            "/home/user/.pyenv/shims/cmake --version": "cmake version 9",
            "/usr/bin/cmake --version": "cmake version 3.25",
        },
        environ={"PATH": "/home/user/.pyenv/shims:/usr/bin"},
    )
    assert look(system)[0]["cmake"].path == "/usr/bin/cmake"
