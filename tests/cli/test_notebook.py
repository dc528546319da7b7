"""`mxbuild notebook`, up to where something would be installed or started."""

import socket
from pathlib import Path

from tests.cli.conftest import Run


def test_what_cannot_work_is_refused_before_anything_is_installed(mxbuild: Run, prefix: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = mxbuild("notebook", "--port", str(port))
    assert done.returncode == 2
    assert f"--port {port}: nothing can listen on 127.0.0.1: Address already in use" in done.stderr
    done = mxbuild("notebook", "--ip", "192.0.2.1")
    assert done.returncode == 2
    assert "--ip 192.0.2.1: nothing can listen on 192.0.2.1" in done.stderr
    done = mxbuild("notebook", "no-such")
    assert done.returncode == 2
    assert "there is no environment no-such" in done.stderr
    assert not (prefix / "notebook").exists()
