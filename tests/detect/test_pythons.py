import pytest

from mxbuild.detect import pythons
from mxbuild.model import Note, Python
from mxbuild.system import System
from tests.detect.machine import Build, asking

PYENV = "/home/user/.pyenv"
SHIMS = {"HOME": "/home/user", "PATH": f"{PYENV}/shims:/usr/bin"}


def look(system: System, packages: dict[str, str] | None = None) -> tuple[tuple[Python, ...], list[str]]:
    notes: list[Note] = []
    return pythons.look(system, packages or {}, asking(system), notes), [n.text for n in notes]


def installed(prefix: str, version: str) -> dict[str, str]:
    """Files of an interpreter built from source, but for bin/."""
    minor = version.rsplit(".", 1)[0]
    return {
        f"{prefix}/include/python{minor}/patchlevel.h": f'#define PY_VERSION      \t"{version}"\n',
        f"{prefix}/lib/python{minor}/ensurepip/__init__.py": "",
    }


def pyenv(*versions: str) -> dict[str, object]:
    """Files, programs and links of a pyenv with these versions."""
    files: dict[str, str] = {}
    for version in versions:
        files |= installed(f"{PYENV}/versions/{version}", version)
    minors = {v: v.rsplit(".", 1)[0] for v in versions}
    return {
        "files": files,
        "programs": [f"{PYENV}/shims/python3", *(f"{PYENV}/versions/{v}/bin/python{m}" for v, m in minors.items())],
        "links": {f"{PYENV}/versions/{v}/bin/python3": f"python{m}" for v, m in minors.items()},
    }


def test_the_distributions_own_by_its_package(build: Build) -> None:
    system = build(programs=["/usr/bin/python3.11"], links={"/usr/bin/python3": "python3.11", "/bin": "usr/bin"})
    found, notes = look(system, {"python3.11-minimal": "3.11.2-6+deb12u5"})
    assert found == (
        Python(
            path="/usr/bin/python3",
            version="3.11.2",
            venv=False,
            system=True,
            source="dpkg: python3.11-minimal 3.11.2-6+deb12u5",
        ),
    )
    assert notes == []


def test_venv_is_there_once_ensurepip_is(build: Build) -> None:
    files = {"/usr/lib/python3.11/ensurepip/__init__.py": ""}
    found, _ = look(build(files, programs=["/usr/bin/python3.11"]), {"python3.11-minimal": "3.11.2-6"})
    assert [p.venv for p in found] == [True]


@pytest.mark.parametrize(
    ("version_file", "variable", "first"),
    [
        ("3.8.18\n", None, "3.8.18"),
        ("3.8\n", None, "3.8.18"),
        ("3.8.18", "3.12.1", "3.12.1"),
        ("3.8.18", "9.9:3.12", "3.12.1"),
        ("system\n3.8.18\n", None, "3.11.2"),
        ("", None, "3.11.2"),
        ("\0../../x\n3.12.1", None, "3.12.1"),
        ("", "system", "3.11.2"),
    ],
)
def test_what_pyenvs_shim_would_start_without_starting_it(
    build: Build, version_file: str, variable: str | None, first: str
) -> None:
    parts = pyenv("3.8.18", "3.12.1", "3.9.18")
    files = {**parts.pop("files"), f"{PYENV}/version": version_file}  # type: ignore[dict-item]
    parts["programs"] = [*parts["programs"], "/usr/bin/python3.11"]  # type: ignore[misc]
    parts["links"] = {**parts["links"], "/usr/bin/python3": "python3.11"}  # type: ignore[dict-item]
    environ = SHIMS | ({"PYENV_VERSION": variable} if variable else {})
    found, notes = look(build(files, **parts, environ=environ), {"python3.11-minimal": "3.11.2-6"})
    assert found[0].version == first
    assert sorted(p.version for p in found) == ["3.11.2", "3.12.1", "3.8.18", "3.9.18"]
    assert not any("shims" in p.path or "shims" in p.source for p in found)
    assert notes == []


def test_pyenv_newest_first_after_path(build: Build) -> None:
    found, _ = look(build(**pyenv("3.9.18", "3.12.1", "3.10.13", "3.6.15")))
    assert [p.version for p in found] == ["3.12.1", "3.10.13", "3.9.18", "3.6.15"]
    assert not any(p.system for p in found)


def test_old_pythons_keep_their_headers_elsewhere(build: Build) -> None:
    header = {"/opt/python/cp37/include/python3.7m/patchlevel.h": '#define PY_VERSION "3.7.16"'}
    system = build(
        header, programs=["/opt/python/cp37/bin/python3.7"], links={"/opt/python/cp37/bin/python3": "python3.7"}
    )
    assert [(p.version, p.path) for p in look(system)[0]] == [("3.7.16", "/opt/python/cp37/bin/python3")]


def test_conda_is_found_by_its_variable(build: Build) -> None:
    system = build(
        installed("/opt/conda/envs/a", "3.10.4"),
        programs=["/opt/conda/envs/a/bin/python3.10"],
        links={"/opt/conda/envs/a/bin/python3": "python3.10"},
        environ={"CONDA_PREFIX": "/opt/conda/envs/a"},
    )
    assert [(p.version, p.venv) for p in look(system)[0]] == [("3.10.4", True)]


def test_an_environment_gives_way_to_what_it_was_made_with(build: Build) -> None:
    system = build(
        {
            "/srv/env/pyvenv.cfg": "home = /opt/python/a/bin\nversion = 3.11.7\n",
            **installed("/opt/python/a", "3.11.7"),
        },
        programs=["/opt/python/a/bin/python3.11"],
        links={"/opt/python/a/bin/python3": "python3.11", "/srv/env/bin/python3": "/opt/python/a/bin/python3"},
        environ={"PATH": "/srv/env/bin:/usr/bin"},
    )
    assert [p.path for p in look(system)[0]] == ["/opt/python/a/bin/python3"]


def test_a_stranger_is_asked(build: Build) -> None:
    line = f"/usr/local/bin/python3 -I -S -c {pythons.QUESTION}"
    found, _ = look(build(programs=["/usr/local/bin/python3"], answers={line: "cpython 3.9.1\n"}))
    assert [(p.version, p.system) for p in found] == [("3.9.1", False)]


@pytest.mark.parametrize(("said", "reason"), [("pypy 3.9.19\n", "is pypy, not CPython"), ("", "does not run")])
def test_other_implementations_are_left_out(build: Build, said: str, reason: str) -> None:
    line = f"/usr/local/bin/python3 -I -S -c {pythons.QUESTION}"
    found, notes = look(build(programs=["/usr/local/bin/python3"], answers={line: said}))
    assert found == ()
    assert notes == [f"/usr/local/bin/python3 {reason}; left out"]


def test_what_the_question_says_of_a_real_interpreter() -> None:
    import sys

    answer = System().run([sys.executable, "-I", "-S", "-c", pythons.QUESTION])
    assert answer is not None
    assert answer.stdout == f"cpython {'.'.join(map(str, sys.version_info[:3]))}\n"


def test_a_header_of_another_version_is_not_believed(build: Build) -> None:
    files = {"/usr/local/include/python3.9/patchlevel.h": '#define PY_VERSION "3.8.1"'}
    found, notes = look(build(files, programs=["/usr/local/bin/python3.9"]))
    assert found == ()
    assert len(notes) == 1


@pytest.mark.parametrize("asked", ["/srv/python/bin/python", "/srv/env/bin/python"])
def test_the_one_that_is_named_comes_first_wherever_it_lies(build: Build, asked: str) -> None:
    system = build(
        {"/srv/env/pyvenv.cfg": "home = /srv/python/bin\n", **installed("/srv/python", "3.10.13")},
        programs=["/srv/python/bin/python3.10", "/usr/bin/python3.11"],
        links={
            "/usr/bin/python3": "python3.11",
            "/srv/python/bin/python": "python3.10",
            "/srv/python/bin/python3": "python3.10",
            "/srv/env/bin/python": "/srv/python/bin/python",
        },
    )
    found = pythons.look(system, {"python3.11-minimal": "3.11.2-6"}, asking(system), [], asked)
    assert [(p.version, p.named) for p in found] == [("3.10.13", True), ("3.11.2", False)]
    gone = pythons.look(system, {"python3.11-minimal": "3.11.2-6"}, asking(system), [], "/srv/nothing")
    assert [(p.version, p.named) for p in gone] == [("3.11.2", False)]
