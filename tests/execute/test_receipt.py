from pathlib import Path

import msgspec
import pytest

from mxbuild.execute.receipt import compose, read
from mxbuild.model import Request
from mxbuild.plan import paths, plan
from mxbuild.resolve import resolve
from tests.machines import recipe
from tests.resolve.gpus import driver, gpu, machine, toolkit
from tests.ui import values


def test_a_submodule_that_stays_empty_is_not_what_the_library_was_made_of(tmp_path: Path) -> None:
    host = machine("22.04", gpus=(gpu("8.0"),), driver=driver("520.61.05", "11.8"), toolkits=(toolkit("11.8.89"),))
    build = resolve(recipe(), host, Request(device="gpu"))
    where = paths(build, *(str(tmp_path / name) for name in ("prefix", "cache", "state")))
    receipt = compose(plan(build, where, {}), {}, {})
    assert build.empty == ("cub",)
    assert set(receipt.submodules) == set(recipe().source.submodules) - {"cub"}
    assert receipt.cuda == "CUDA 11.8.89 (system), sm_80, PTX 8.0"
    assert not receipt.ok


@pytest.mark.parametrize(
    "odd", [{"finished": 1e17}, {"finished": -1.0}, {"seconds": {"make": 1e12}}, {"seconds": {"make": -1.0}}]
)
def test_a_receipt_of_a_time_that_no_calendar_has_is_none(tmp_path: Path, odd: dict[str, object]) -> None:
    """Screens, the bill of materials and the provenance write its day; Python has none for it."""
    whole = msgspec.to_builtins(values.RECEIPT)
    place = tmp_path / "receipt.json"
    place.write_bytes(msgspec.json.encode(whole))
    assert read(str(place)) == values.RECEIPT
    place.write_bytes(msgspec.json.encode(whole | odd))
    assert read(str(place)) is None
