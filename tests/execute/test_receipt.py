from pathlib import Path

from mxbuild.execute.receipt import compose
from mxbuild.model import Request
from mxbuild.plan import paths, plan
from mxbuild.resolve import resolve
from tests.machines import recipe
from tests.resolve.gpus import driver, gpu, machine, toolkit


def test_a_submodule_that_stays_empty_is_not_what_the_library_was_made_of(tmp_path: Path) -> None:
    host = machine("22.04", gpus=(gpu("8.0"),), driver=driver("520.61.05", "11.8"), toolkits=(toolkit("11.8.89"),))
    build = resolve(recipe(), host, Request(device="gpu"))
    where = paths(build, *(str(tmp_path / name) for name in ("prefix", "cache", "state")))
    receipt = compose(plan(build, where, {}), {}, {})
    assert build.empty == ("cub",)
    assert set(receipt.submodules) == set(recipe().source.submodules) - {"cub"}
    assert receipt.cuda == "CUDA 11.8.89 (system), sm_80, PTX 8.0"
    assert not receipt.ok
