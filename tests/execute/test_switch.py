import json
import os
from pathlib import Path

import msgspec
import pytest

from mxbuild import environments
from mxbuild.errors import UsageError
from mxbuild.execute import receipt, switch
from tests.ui import values


def made(prefix: Path, *names: str) -> str:
    """Environments that were finished in this order; returns the place of `current`."""
    for number, name in enumerate(names):
        proof = msgspec.structs.replace(values.RECEIPT, finished=float(number))
        receipt.write(proof, f"{prefix}/envs/{name}/receipt.json")
    return f"{prefix}/current"


def to(current: str, name: str) -> None:
    switch.to(current, f"{os.path.dirname(current)}/envs/{name}")


def back(current: str) -> str:
    prefix = os.path.dirname(current)
    one = environments.earlier(prefix)
    switch.back(current, one.path)
    return switch.name(current)


def test_each_rollback_goes_one_further(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b", "c")
    for name in ("a", "b", "c"):
        to(current, name)
    assert [back(current), back(current)] == ["b", "a"]
    with pytest.raises(UsageError, match="no environment to go back to") as caught:
        back(current)
    assert caught.value.remedy == "mxbuild rollback b"
    assert switch.name(current) == "a"


def test_after_a_rollback_the_next_install_leads_back_to_where_it_began(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b", "c", "d")
    for name in ("a", "b", "c"):
        to(current, name)
    back(current)
    to(current, "d")
    assert [back(current), back(current)] == ["b", "a"]


def test_to_and_fro_leaves_each_once(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b")
    for name in ("a", "b", "a", "b", "b"):
        to(current, name)
    assert json.loads((tmp_path / switch.TRAIL).read_text()) == ["a"]


def test_what_was_removed_since_is_passed_over(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b", "c")
    for name in ("a", "b", "c"):
        to(current, name)
    (tmp_path / "envs/b/receipt.json").unlink()
    assert back(current) == "a"


def test_where_the_current_one_is_gone_the_one_before_is_the_last_of_the_trail(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b")
    to(current, "a")
    to(current, "b")
    environments.uninstall(str(tmp_path), environments.select(str(tmp_path), "b"))
    assert back(current) == "a"


def test_without_a_trail_it_is_the_order_of_the_receipts(tmp_path: Path) -> None:
    current = made(tmp_path, "a", "b", "c")
    (tmp_path / "current").symlink_to("envs/b")
    assert switch.trail(current) == ["a"]
    to(current, "c")
    assert [back(current), back(current)] == ["b", "a"]


@pytest.mark.parametrize("moment", ["trail", "link"])
def test_killed_between_trail_and_link_nothing_is_lost(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = made(tmp_path, "a")
    to(current, "a")
    made(tmp_path, "a", "b")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mxbuild.durable.write" if moment == "trail" else "mxbuild.durable.link", killed)
        with pytest.raises(KeyboardInterrupt):
            to(current, "b")
    assert switch.name(current) == "a"
    assert switch.trail(current) == []
    to(current, "b")
    with monkeypatch.context() as patch:
        patch.setattr("mxbuild.durable.write" if moment == "trail" else "mxbuild.durable.link", killed)
        with pytest.raises(KeyboardInterrupt):
            back(current)
    assert (switch.name(current), switch.trail(current)) == (("a", []) if moment == "trail" else ("b", ["a"]))
