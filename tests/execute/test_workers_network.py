"""Workers with a network between: each distccd in a network namespace of its own, and make in a third."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from mxbuild.execute import make
from mxbuild.model import Make
from mxbuild.resolve.workers import parse
from tests import project
from tests.project import TOTAL, write
from tests.servers import compiled

TOOLS = ("distcc", "distccd", "unshare", "nsenter", "ip")
# All of it lies in one namespace without a name, which is gone with its last process.
NETWORK = """
set -eu
ip link set lo up
for n in 1 2; do
  unshare -n sh -c 'echo $$ > pid'$n'.new; mv pid'$n'.new pid'$n'; ip link set lo up
    while ! ip address | grep -q 10.77.; do sleep 0.02; done
    TMPDIR=/tmp exec distccd --no-detach --daemon --allow 10.77.0.0/16 --listen 10.77.'$n'.2 --jobs 2 \
      --log-stderr --log-level info 2> distccd'$n'/distccd.log' &
  servers="${servers:-} $!"
  while [ ! -e pid$n ]; do sleep 0.02; done
  ip link add v$n type veth peer name w$n netns "$(cat pid$n)"
  ip address add 10.77.$n.1/24 dev v$n
  ip link set v$n up
  nsenter -t "$(cat pid$n)" -n sh -c "ip link set w$n up; ip address add 10.77.$n.2/24 dev w$n"
done
trap 'kill $servers' EXIT
"$@"
"""
RUNNER = """
import json, socket, sys, time
import msgspec
from mxbuild.execute import make
from mxbuild.model import Make, Message
from tests.project import context
for host in ("10.77.1.2", "10.77.2.2"):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((host, 3632), 1).close()
            break
        except OSError:
            assert time.monotonic() < deadline, host
            time.sleep(0.05)
events = []
outcome = make.run(msgspec.json.decode(open(sys.argv[1], "rb").read(), type=Make), context(events))
said = [e.text for e in events if isinstance(e, Message)]
print(json.dumps({"workers": outcome.evidence["workers"], "said": said}))
"""


def can_make_networks() -> str:
    """Why not; "" where it can."""
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"not installed: {' '.join(missing)}"
    if os.geteuid() != 0:
        return "only root's distccd can become another user in a namespace"
    try_it = ["unshare", "-n", "ip", "link", "add", "x", "type", "veth", "peer", "name", "y"]
    done = subprocess.run(try_it, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no namespace with a network can be made here: {done.stderr.strip()}"


def test_two_machines_behind_a_network_compile_and_make_the_same_objects(tmp_path: Path) -> None:
    if why := can_make_networks():
        pytest.skip(why)
    alone = project.step(write(tmp_path / "alone" / "tree"))
    make.run(alone, project.context([]))
    (tmp_path / "far" / "records").mkdir(parents=True)
    for name in ("distccd1", "distccd2"):
        (tmp_path / name).mkdir()
    far: Make = msgspec.structs.replace(
        project.step(write(tmp_path / "far" / "tree"), jobs=5),
        workers=parse("tcp://10.77.1.2/2,tcp://10.77.2.2/2"),
        distcc=shutil.which("distcc") or "",
        here=1,
    )
    (tmp_path / "step.json").write_bytes(msgspec.json.encode(far))
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", NETWORK, "sh", sys.executable, "-c", RUNNER, str(tmp_path / "step.json")],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["workers"]["back"] == 0
    assert set(seen["workers"]["away"]) == {"tcp://10.77.1.2:3632", "tcp://10.77.2.2:3632"}
    assert sum(seen["workers"]["away"].values()) == compiled(tmp_path / "distccd1") + compiled(tmp_path / "distccd2")
    objects = [path.relative_to(alone.tree) for path in Path(alone.tree).rglob("*.o")]
    assert len(objects) == TOTAL
    assert all((alone.tree / path).read_bytes() == (far.tree / path).read_bytes() for path in objects)
