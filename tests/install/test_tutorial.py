"""The tutorial's own commands run, in their order, on the miniature; those on real releases are read only."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.conftest import ROOT, Place

pytestmark = pytest.mark.xdist_group("install")

BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/tutorial.md").read_text(), re.MULTILINE | re.DOTALL)


def test_the_tutorial_runs(installed: Place, tmp_path: Path) -> None:
    """With a miniature that is installed already: what is done is not done again, and no package is touched.

    `verify` runs in tests of its own.
    """
    mxbuild = tmp_path / "mxbuild"
    lines = (
        "#!/bin/sh",
        '[ "$1" != verify ] || exit 0',
        '[ "$1" != install ] || set -- "$@" --no-apt',
        f'exec "{sys.executable}" -m mxbuild "$@"',
    )
    mxbuild.write_text("\n".join(lines))
    mxbuild.chmod(0o755)
    before = installed.receipt()
    done = subprocess.run(
        ["sh", "-eux"], input="\n".join(BLOCKS), cwd=tmp_path, capture_output=True, text=True, check=False,
        env=installed.environ | {"PATH": f"{tmp_path}:{installed.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(BLOCKS) > 6
    said = done.stdout
    assert "can be built" in said, said  # check
    assert "[[3. 3.]\n [3. 3.]]" in said  # run
    assert f"\n{before['release']}\n" in said  # env
    assert installed.receipt() == before
