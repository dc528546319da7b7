import pytest

from mxbuild.detect import surroundings
from mxbuild.detect.operating_system import KERNEL
from mxbuild.model import Fact, Surroundings
from mxbuild.system import Answer, System
from tests.detect.machine import Build, asking


def look(system: System) -> Surroundings:
    return surroundings.look(system, asking(system))


@pytest.mark.parametrize(
    ("files", "name", "source"),
    [
        ({"/.dockerenv": ""}, "docker", "/.dockerenv"),
        ({"/run/.containerenv": "", "/.dockerenv": ""}, "podman", "/run/.containerenv"),
        ({"/proc/1/environ": "SECRET=x\0container=lxc\0"}, "lxc", "/proc/1/environ"),
        ({"/run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn", "/run/systemd/container"),
        ({"/etc/debian_chroot": "sid\n"}, "chroot", "/etc/debian_chroot"),
    ],
)
def test_containers(build: Build, files: dict[str, str], name: str, source: str) -> None:
    assert look(build(files)).container == Fact(name, source)


@pytest.mark.parametrize(("code", "found"), [(0, Fact("chroot", "ischroot")), (1, None), (2, None)])
def test_a_plain_chroot(build: Build, code: int, found: Fact[str] | None) -> None:
    assert look(build(answers={"ischroot": Answer(code, "")})).container == found


def test_a_pod(build: Build) -> None:
    found = look(build(environ={"KUBERNETES_SERVICE_HOST": "10.0.0.1"})).container
    assert found == Fact("kubernetes", "KUBERNETES_SERVICE_HOST")


@pytest.mark.parametrize(
    ("kernel", "version"),
    [("5.15.153.1-microsoft-standard-WSL2", 2), ("4.4.0-19041-Microsoft", 1), ("6.1.0-25-amd64", None), ("", None)],
)
def test_wsl(build: Build, kernel: str, version: int | None) -> None:
    found = look(build({KERNEL: kernel})).wsl
    assert (found.value if found else None) == version


@pytest.mark.parametrize(
    ("environ", "service"),
    [
        ({"CI": "true", "GITHUB_ACTIONS": "true"}, "github"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"CI": "1"}, "yes"),
        ({"CI": "false"}, None),
        ({"CI": ""}, None),
        ({"HOME": "/"}, None),
        ({"JENKINS_URL": "http://ci/"}, "jenkins"),
    ],
)
def test_ci(build: Build, environ: dict[str, str], service: str | None) -> None:
    found = look(build(environ=environ)).ci
    assert (found.value if found else None) == service


def test_only_variables_that_bend_a_build(build: Build) -> None:
    system = build(environ={"CXX": "g++-9", "CFLAGS": "", "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/root"})
    assert surroundings.environment(system) == {"CXX": "g++-9"}
