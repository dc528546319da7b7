"""Wheels for another machine: by their hashes, kept from run to run."""

import os
from pathlib import Path

import pytest

from mxbuild.execute.wheel import sha256
from mxbuild.model import Python
from mxbuild.vendor import wheels
from tests.execute import pythons


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    place.mkdir()
    pythons.packed(place, "alpha", "1.5", requires=["beta"])
    pythons.packed(place, "beta", "2.0")
    return place


def test_what_is_locked_is_downloaded_once_and_the_rest_with_what_it_needs(
    tmp_path: Path, shop: Path, copying: str
) -> None:
    python = Python(path=copying, version="3.11.7", venv=True, system=False, source="here")
    environ = {**os.environ, "PIP_FIND_LINKS": str(shop), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    context, work = pythons.context(environ=environ), str(tmp_path / "work")
    beta = f"beta==2.0 --hash=sha256:{sha256(str(shop / 'beta-2.0-py3-none-any.whl'))}"
    found = wheels.gather(python, [beta, "alpha==1.5"], work, context)
    names = {file.name: file for file in found}
    assert set(names) == {"alpha-1.5-py3-none-any.whl", "beta-2.0-py3-none-any.whl"}
    (locked,) = Path(work, wheels.STEP).glob("*.whl")

    shop.rename(tmp_path / "closed")
    assert wheels.gather(python, [beta], work, context) == [locked], "it is here already"
    (tmp_path / "closed").rename(shop)
    locked.write_bytes(b"damaged")
    assert wheels.gather(python, [beta], work, context) == [locked]
    assert locked.read_bytes() == (shop / locked.name).read_bytes(), "and once more, as it is what its hash says"


def test_a_name_that_is_too_long_for_a_tar_keeps_the_platform_that_the_oldest_pip_knows() -> None:
    start, many = (
        "charset_normalizer-3.4.4-cp311-cp311",
        "manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64",
    )
    assert wheels.named(f"{start}-{many}.whl") == f"{start}-manylinux2014_x86_64.whl"
    assert wheels.named(f"numpy-1-cp311-cp311-{many}.whl") == f"numpy-1-cp311-cp311-{many}.whl"
