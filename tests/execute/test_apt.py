"""The real apt-get cannot fail on demand: a stand-in on PATH records what it was called with and does as it is told."""

import os
import stat
from pathlib import Path

import pytest

from mxbuild.errors import AptError
from mxbuild.execute import apt
from mxbuild.execute.context import Context
from mxbuild.model import Event, InstallPackages, Message, Paths, Progress

STEP = InstallPackages(packages=("libalpha-dev", "beta"), right="root", unconfigured=False)

STAND_IN = """#!/bin/sh
echo "$(basename "$0") $* | $DEBIAN_FRONTEND $NEEDRESTART_MODE" >> {calls}
if read -r _; then echo "stdin is open" >> {calls}; fi
case "$*" in
  *update*)
    n=$(cat {failures})
    [ "$n" -gt 0 ] || exit 0
    echo $((n - 1)) > {failures}
    echo "E: Could not get lock /var/lib/apt/lists/lock"
    exit 100 ;;
  *install*)
    if [ -e {broken} ]; then cat {broken}; exit 100; fi
    echo "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded."
    for p in libalpha-dev beta; do echo "Unpacking $p (1.0) ..."; done
    for p in libalpha-dev beta; do echo "Setting up $p (1.0) ..."; done
    printf 'ii \\tlibalpha-dev\\t1.0\\nii \\tbeta\\t2.0\\n' >> {status} ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(apt.time, "sleep", lambda seconds: None)
    (tmp_path / "bin").mkdir()
    (tmp_path / "failures").write_text("0")
    (tmp_path / "status").write_text("ii \told\t1\nrc \tremoved\t3\n")
    names = {n: tmp_path / n for n in ("calls", "failures", "broken", "status")}
    for name, text in {
        "apt-get": STAND_IN.format(**names),
        "dpkg": STAND_IN.format(**names),
        "dpkg-query": f"#!/bin/sh\ncat {names['status']}\n",
        "sudo": '#!/bin/sh\n[ "$1" = -n ] && shift; exec "$@"\n',
    }.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(stat.S_IRWXU)
    return tmp_path


def context(machine: Path, events: list[Event]) -> Context:
    paths = Paths(
        prefix="", cache="", state=str(machine / "state"), tree="", wheel="", environment="", current="", receipt="",
        records="",
    )  # fmt: skip
    return Context({"PATH": f"{machine}/bin:{os.environ['PATH']}"}, events.append, paths, {})


def calls(machine: Path) -> list[str]:
    return (machine / "calls").read_text().splitlines()


def test_installs_what_is_missing_and_records_it(machine: Path) -> None:
    events: list[Event] = []
    outcome = apt.run(STEP, context(machine, events))
    assert outcome.evidence["new"] == ["beta", "libalpha-dev"]
    assert outcome.evidence["versions"] == {"libalpha-dev": "1.0", "beta": "2.0"}
    assert outcome.detail == "2 packages installed"
    assert apt.newly_installed(str(machine / "state")) == ("beta", "libalpha-dev")
    progress = [e for e in events if isinstance(e, Progress)]
    assert [(p.done, p.total) for p in progress] == [(0, 2), (1, 2), (1, 2), (2, 2)]


def test_is_non_interactive_in_every_way(machine: Path) -> None:
    apt.run(STEP, context(machine, []))
    update, install = calls(machine)
    assert "stdin" not in "".join(calls(machine))
    for line in (update, install):
        assert "noninteractive a" in line
        assert "DPkg::Lock::Timeout=600" in line
        assert "--force-confold" in line
    assert install.split(" | ")[0].endswith("install --no-install-recommends libalpha-dev beta")


def test_update_waits_for_the_lists_lock(machine: Path) -> None:
    (machine / "failures").write_text("3")
    events: list[Event] = []
    apt.run(STEP, context(machine, events))
    assert [e.text for e in events if isinstance(e, Message)] == [
        f"the package lists are locked by another process; trying again in {n} s" for n in (2, 4, 8)
    ]


def test_update_gives_up_in_the_end(machine: Path) -> None:
    (machine / "failures").write_text("99")
    with pytest.raises(AptError, match="apt-get update") as caught:
        apt.run(STEP, context(machine, []))
    assert "E: Could not get lock /var/lib/apt/lists/lock" in caught.value.details
    assert caught.value.remedy is not None
    assert "wait for its end" in caught.value.remedy


def test_a_failed_install_names_the_complaint_and_the_log(machine: Path) -> None:
    (machine / "broken").write_text("Reading...\nE: Unable to locate package libalpha-dev\n")
    with pytest.raises(AptError) as caught:
        apt.run(STEP, context(machine, []))
    assert caught.value.details[0] == "E: Unable to locate package libalpha-dev"
    log = Path(caught.value.details[-1].removeprefix("log: "))
    assert "Unable to locate" in log.read_text()


def test_apt_that_installs_nothing_is_not_believed(machine: Path) -> None:
    (machine / "bin" / "apt-get").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(AptError, match="libalpha-dev, beta is not installed"):
        apt.run(STEP, context(machine, []))


def test_an_interrupted_dpkg_is_repaired_first_and_through_sudo(machine: Path) -> None:
    step = InstallPackages(packages=("beta",), right="sudo", unconfigured=True)
    apt.run(step, context(machine, []))
    assert calls(machine)[0].startswith("dpkg --configure -a")
    assert apt.commands(step)[0][:2] == ["sudo", "-n"]
