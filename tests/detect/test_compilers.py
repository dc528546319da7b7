from mxbuild.detect import compilers
from mxbuild.model import Compiler, Note
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking

HOW = "-dumpfullversion -dumpversion"


def look(system: System) -> tuple[tuple[Compiler, ...], list[str]]:
    notes: list[Note] = []
    return compilers.look(system, asking(system), notes), [n.text for n in notes]


def says(path: str, version: str, target: str = "x86_64-linux-gnu") -> dict[str, str]:
    return {f"{path} {HOW}": f"{version}\n", f"{path} -dumpmachine": f"{target}\n"}


def test_debians_links_give_one_compiler_under_its_plain_name(build: Build) -> None:
    system = build(
        programs=["/usr/bin/x86_64-linux-gnu-g++-12", "/usr/bin/x86_64-linux-gnu-gcc-12"],
        links={
            "/usr/bin/g++-12": "x86_64-linux-gnu-g++-12",
            "/usr/bin/g++": "g++-12",
            "/bin": "usr/bin",
            "/usr/bin/gcc-12": "x86_64-linux-gnu-gcc-12",
            "/usr/bin/gcc": "gcc-12",
        },
        answers=says("/usr/bin/g++", "12.2.0"),
    )
    found, notes = look(system)
    assert found == (
        Compiler(
            cxx="/usr/bin/g++",
            cc="/usr/bin/gcc",
            family="gcc",
            version="12.2.0",
            target="x86_64-linux-gnu",
            source=f"/usr/bin/g++ {HOW}",
        ),
    )
    assert notes == []


def test_the_default_first_then_newest_first_then_clang(build: Build) -> None:
    paths = [f"/usr/bin/{n}" for n in ("g++", "g++-9", "g++-10", "g++-4.8", "clang++", "clang++-16")]
    answers = says("/usr/bin/g++", "7.5.0") | says("/usr/bin/g++-9", "9.4.0") | says("/usr/bin/g++-10", "10.2.1")
    answers |= says("/usr/bin/g++-4.8", "4.8.5")
    answers |= {
        "/usr/bin/clang++ --version": "Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu",
        "/usr/bin/clang++-16 --version": "clang version 16.0.6 (++2023)",
    }
    found, _ = look(build(programs=paths, answers=answers))
    assert [(c.family, c.version) for c in found] == [
        ("gcc", "7.5.0"),
        ("gcc", "10.2.1"),
        ("gcc", "9.4.0"),
        ("gcc", "4.8.5"),
        ("clang", "16.0.6"),
        ("clang", "14.0.6"),
    ]


def test_stand_ins_for_compilers_are_not_compilers(build: Build) -> None:
    system = build(
        programs=["/usr/bin/ccache", "/usr/bin/distcc", "/usr/bin/g++-11"],
        links={
            "/usr/lib/ccache/g++": "../../bin/ccache",
            "/usr/lib/distcc/g++": "../../bin/distcc",
            "/usr/bin/g++": "g++-11",
        },
        answers=says("/usr/bin/g++", "11.4.0") | says("/usr/lib/ccache/g++", "11.4.0"),
        environ={"PATH": "/usr/lib/ccache:/usr/lib/distcc:/usr/bin"},
    )
    assert [c.cxx for c in look(system)[0]] == ["/usr/bin/g++"]


def test_the_first_on_path_is_the_default(build: Build) -> None:
    answers = says("/usr/local/bin/g++", "8.5.0") | says("/usr/bin/g++", "12.2.0")
    found, _ = look(build(programs=["/usr/local/bin/g++", "/usr/bin/g++"], answers=answers))
    assert [c.cxx for c in found] == ["/usr/local/bin/g++", "/usr/bin/g++"]


def test_a_compiler_that_does_not_answer_is_left_out_with_a_note(build: Build) -> None:
    system = build(
        programs=["/usr/bin/g++", "/usr/bin/g++-9", "/usr/bin/g++-8"],
        answers=says("/usr/bin/g++-9", "9.4.0")
        | {f"/usr/bin/g++ {HOW}": Answer(126, "12.2.0", "exec format error"), f"/usr/bin/g++-8 {HOW}": "\0 oops"},
    )
    found, notes = look(system)
    assert [c.version for c in found] == ["9.4.0"]
    assert sorted(notes) == [f"/usr/bin/{n} does not say its version; left out" for n in ("g++", "g++-8")]


def test_the_c_compiler_of_the_same_version_where_alternatives_disagree(build: Build) -> None:
    system = build(
        programs=["/usr/bin/g++-9", "/usr/bin/gcc-9", "/usr/bin/gcc-11"],
        links={"/usr/bin/g++": "g++-9", "/usr/bin/gcc": "gcc-11"},
        answers=says("/usr/bin/g++", "9.4.0"),
    )
    assert [c.cc for c in look(system)[0]] == ["/usr/bin/gcc-9"]


def test_no_c_compiler_is_said_as_such(build: Build) -> None:
    assert [c.cc for c in look(build(programs=["/usr/bin/g++"], answers=says("/usr/bin/g++", "12.2.0")))[0]] == [""]


def test_other_names_are_not_asked(build: Build) -> None:
    names = ("g++-mapper-server", "clang++-wrapper", "g++.real", "g++-")
    assert look(build(programs=[f"/usr/bin/{n}" for n in names])) == ((), [])
