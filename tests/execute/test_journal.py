import os
from pathlib import Path

from mxbuild.execute import journal
from mxbuild.model import Activate, Outcome
from mxbuild.plan import digest

STEP = Activate(environment="/p/envs/e", current="/p/current", receipt="/p/envs/e/receipt.json", wheel="/p/w.whl")


def outcome(detail: str) -> Outcome:
    return Outcome(id="activate", status="done", seconds=1.5, detail=detail, evidence={"n": 3})


def test_a_finished_step_is_read_back(tmp_path: Path) -> None:
    journal.append(str(tmp_path), STEP, outcome("first"))
    journal.append(str(tmp_path), STEP, outcome("second"))
    entry = journal.read(str(tmp_path))["activate", digest(STEP)]
    assert (entry.detail, entry.evidence, entry.seconds) == ("second", {"n": 3}, 1.5)


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    journal.append(str(tmp_path), STEP, outcome("first"))
    whole = (tmp_path / journal.NAME).read_bytes()
    for cut in range(1, len(whole)):
        (tmp_path / journal.NAME).write_bytes(whole + whole[:-cut])
        journal.append(str(tmp_path), STEP, outcome("later"))
        assert [e.detail for e in journal.read(str(tmp_path)).values()] == ["later"], cut


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert journal.read(str(tmp_path / "none")) == {}


def test_damage_is_looked_at_each_time_and_changes_nothing(tmp_path: Path) -> None:
    journal.append(str(tmp_path), STEP, outcome("done"))
    before = os.stat(tmp_path / journal.NAME)
    found = journal.assess((STEP,), str(tmp_path), lambda step, entry: f"{step.id} is gone")
    assert found["activate"].damage == "activate is gone"
    assert os.stat(tmp_path / journal.NAME) == before


def test_another_digest_is_another_step(tmp_path: Path) -> None:
    other = Activate(environment="/p/envs/other", current="/p/current", receipt="/p/r", wheel="/p/w.whl")
    journal.append(str(tmp_path), STEP, outcome("done"))
    assert journal.assess((other,), str(tmp_path), lambda *_: "") == {}
