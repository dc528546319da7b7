"""How the server is started: what is safe is the default, and nothing of the caller's leads it elsewhere."""

import os
from pathlib import Path

import pytest

from mxbuild.execute.notebook import pins, starter
from mxbuild.execute.notebook.launch import Asked, command, environment, loopback
from mxbuild.execute.notebook.part import Part
from mxbuild.execute.notebook.pins import Wanted
from mxbuild.execute.notebook.places import Record
from mxbuild.execute.notebook.provide import Ready
from mxbuild.locations import Locations
from mxbuild.model import Installed
from mxbuild.recipe.load import load
from mxbuild.recipe.match import version_matches
from mxbuild.ui.console import UNICODE, text
from mxbuild.ui.notebook import prepared, starting
from tests.ui import values

ROOT = Path(__file__).parents[3]
ONE = Installed(name="toy", path="/p/envs/toy", current=True, receipt=values.RECEIPT)
RECORD = Record(
    mxbuild="0", kind="kernel", python="", packages={}, hashed=True, release="1.2", gluon=True, finished=0.0
)
READY = Ready(
    Part("server", "/p/notebook/server", "", "3.11.2", Wanted((), ())),
    Part("kernel", "/p/notebook/kernel", "", "3.11.2", Wanted((), ()), ONE),
    RECORD,
    (),
)
WHERE = Locations("/p", "/c", "/s")


def test_it_listens_on_this_machine_alone_with_jupyters_own_token() -> None:
    words = command(READY, Asked("/work"))
    assert words[:4] == ["/p/notebook/server/bin/python", "-I", "-m", "jupyterlab"]
    assert "--ServerApp.ip=127.0.0.1" in words
    assert "--ServerApp.root_dir=/work" in words
    assert not [word for word in words if "token" in word or "password" in word or "root" in word.split("=")[0][2:6]]
    assert "--ServerApp.port_retries=0" not in words
    assert "--no-browser" not in words


def test_what_is_asked_for_is_passed_on() -> None:
    words = command(
        READY, Asked("/w", notebook="a b.ipynb", ip="::1", port=9000, browser=False, root=True, verbose=True)
    )
    assert {"--ServerApp.port=9000", "--ServerApp.port_retries=0", "--ServerApp.ip=::1"} <= set(words)
    assert {"--allow-root", "--no-browser", "--LabApp.default_url=/lab/tree/a%20b.ipynb"} <= set(words)
    assert "--ServerApp.log_level=WARN" not in words


def test_of_the_callers_environment_nothing_leads_elsewhere() -> None:
    astray = ("PYTHONPATH", "PYTHONSTARTUP", "JUPYTER_TOKEN", "JUPYTER_CONFIG_PATH", "IPYTHONDIR", "VIRTUAL_ENV")
    found = environment(
        READY, WHERE, {**dict.fromkeys(astray, "x"), "MXNET_ENGINE_TYPE": "NaiveEngine", "PATH": "/usr/bin"}
    )
    assert found == {
        "MXNET_ENGINE_TYPE": "NaiveEngine",
        "PATH": "/p/notebook/kernel/bin:/p/envs/toy/bin:/usr/bin",
        "JUPYTER_PATH": "/p/notebook/kernel/share/mxbuild",
        "JUPYTER_CONFIG_DIR": "/s/notebook/config",
        "JUPYTER_DATA_DIR": "/s/notebook/data",
        "JUPYTER_RUNTIME_DIR": "/s/notebook/runtime",
    }


@pytest.mark.parametrize(
    ("ip", "own"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("*", False), ("example.org", False)],
)  # fmt: skip
def test_which_addresses_others_reach(ip: str, own: bool) -> None:
    assert loopback(ip) is own


def said(asked: Asked, environ: dict[str, str], *, laid: bool = True, trouble: str = "") -> str:
    shown = starting(READY, asked, environ, UNICODE, laid=laid, trouble=trouble)
    return " ".join(text(*shown, width=200).split())


def test_what_is_not_safe_is_said() -> None:
    plain = said(Asked("/work", notebook=starter.NAME), {"PATH": os.environ["PATH"]})
    assert "--" not in plain
    assert "mxnet-starter.ipynb, to start with: yours now" in plain
    wide = said(
        Asked("/work", ip="0.0.0.0", root=True), {"PATH": "/nowhere"}, trouble="/work takes no starter notebook: full"
    )
    assert "--ip 0.0.0.0: whoever reaches this machine can try the token, and nothing is encrypted" in wide
    assert "who has the token is root on this machine" in wide
    assert "networks are not drawn: apt-get install graphviz" in wide
    assert "takes no starter notebook: full" in wide
    away = said(Asked("/work", browser=False), {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "PATH": os.environ["PATH"]})
    assert "ssh -L 8888:127.0.0.1:8888 THIS-MACHINE" in away
    assert "export JUPYTER_PATH=/p/notebook/kernel/share/mxbuild" in text(*prepared(READY, UNICODE), width=200)


def test_the_starter_is_laid_where_no_notebook_is_and_never_over_one(tmp_path: Path) -> None:
    assert starter.lay(str(tmp_path))
    path = tmp_path / starter.NAME
    path.write_text("mine")
    assert not starter.lay(str(tmp_path))
    assert path.read_text() == "mine"
    path.unlink()
    (tmp_path / "other.ipynb").touch()
    assert not starter.lay(str(tmp_path))
    assert not starter.there(str(tmp_path))


KERNELS = {
    f"3.{n}": row for n in range(30) for row in pins.pins().kernel if version_matches("", f"3.{n}", row.python).ok
}


def test_every_interpreter_has_all_wheels_locked_for_both_machines() -> None:
    assert set(KERNELS) == {f"3.{n}" for n in range(6, 14)}, "those that the recipes take"
    for rows, versions in ((pins.pins().kernel, set(KERNELS)), (pins.pins().server, {f"3.{n}" for n in range(10, 15)})):
        for version in versions:
            found = pins.wanted(rows, version)
            assert found.hashed, version
            for pin in (line.split()[0] for line in found.hashed):
                assert rows is pins.pins().server or not pin.startswith(("numpy==", "mxnet")), "the environment's own"
                names = pins.lock().wheels[pin]
                lacks = [m for m in ("x86_64", "aarch64") if not any(m in n or n.endswith("-any.whl") for n in names)]
                assert lacks == (["aarch64"] if pin == "matplotlib==3.3.4" else []), (version, pin)


def test_the_kernels_go_together_with_the_numpy_of_every_recipe() -> None:
    for path in (ROOT / "recipes").glob("*.toml"):
        for row in load(path).python.requirements:
            (numpy,) = [pin for pin in row.packages if pin.startswith("numpy==")]
            for version, kernel in KERNELS.items():
                if version_matches("", version, row.python).ok:
                    assert numpy in kernel.provided, (path.name, version)
