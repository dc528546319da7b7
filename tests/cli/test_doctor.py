import json

from mxbuild.errors import UNWELL
from tests.cli.conftest import NAMES, Run


def test_environments_without_a_library_are_ill(mxbuild: Run) -> None:
    done = mxbuild("doctor")
    assert done.returncode == UNWELL, done.stderr
    for name in NAMES:
        assert f"{name}: its libmxnet.so is gone" in done.stdout
        assert f"mxbuild verify --repair {name}" in done.stdout
    assert "never finished: half-done" in done.stdout


def test_json(mxbuild: Run) -> None:
    done = mxbuild("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == UNWELL
    assert told["ok"] is False
    assert {f["about"] for f in told["findings"] if f["level"] == "ill"} >= set(NAMES)
    assert [e["name"] for e in told["facts"]["environments"]] == sorted(NAMES)


def test_nothing_is_ill_where_nothing_is(mxbuild: Run, tmp_path: object) -> None:
    done = mxbuild("doctor", "--prefix", f"{tmp_path}/other")
    assert done.returncode == 0, done.stdout
    assert "nothing is ill" in done.stdout
