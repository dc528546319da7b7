"""Server and kernel are installed beside the environment, whole or not at all, and not one file of it changes."""

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from mxbuild.environments import uninstall
from mxbuild.errors import BuildError, UsageError
from mxbuild.execute import lock
from mxbuild.execute.notebook import kernelspec, pins, places, provide
from mxbuild.execute.notebook.part import damage, kernel
from mxbuild.execute.notebook.provide import Ready
from mxbuild.garbage import collect, find
from mxbuild.model import Event, Message, StepFinished, StepStarted
from tests.execute.notebook.conftest import Corner, Made, files, rewrite
from tests.execute.pythons import context

pytestmark = pytest.mark.xdist_group("kernel")  # one worker: one environment and its kernel are made


def prepare(corner: Corner, stack: ExitStack, events: list[Event] | None = None) -> Ready:
    watch = (events if events is not None else []).append
    return provide.prepare(corner.one, corner.where, corner.environ, watch, stack)


def why(events: list[Event]) -> dict[str, str]:
    return {event.id: event.why for event in events if isinstance(event, StepStarted)}


def gone(corner: Corner) -> dict[str, str]:
    """What gc would take of notebooks: name -> why."""
    return {Path(i.path).name: i.why for i in find(corner.where).items if i.kind == "notebooks"}


def test_a_kernel_has_what_the_environment_has_and_the_environment_stays(corner: Corner, made: Made) -> None:
    with ExitStack() as stack:
        again: list[Event] = []
        ready = prepare(corner, stack, again)
        assert again == [], "nothing to do"
        assert files(corner.one.path) == made.before
        assert why(made.events) == {"server": "not there yet", "kernel": "not there yet"}
        finished = [event.detail for event in made.events if isinstance(event, StepFinished)]
        assert finished[1].startswith("ipykernel 1.0, matplotlib 1.0, ")
        assert (ready.record.release, ready.record.gluon, ready.record.hashed) == ("1.2", True, True)
        assert ready.record.environment == corner.one.path

        spec = json.loads(Path(ready.kernel.share, "kernels/python3/kernel.json").read_text())
        assert spec["argv"][:2] == [f"{ready.kernel.bin}/python", "-E"]
        asked = "import mxnet, ipykernel, os, sys; print(mxnet.__file__, ipykernel.__file__, sys.prefix)"
        told = {**corner.environ, **{k: v for k, v in spec["env"].items() if k != "PATH"}}
        words = [spec["argv"][0], "-E", "-c", asked]
        done = subprocess.run(words, env=told, capture_output=True, text=True, check=True)
        mxnet, ipykernel, prefix = done.stdout.split()
        assert mxnet.startswith(corner.one.path), "in spite of a PYTHONPATH with another one"
        assert ipykernel.startswith(ready.kernel.path)
        assert prefix == ready.kernel.path, "what pip installs lands here"

        assert gone(corner) == {}
        assert collect(find(corner.where), corner.where, everything=True, watch=lambda _: None) == ()


def test_the_locks_are_held_as_long_as_it_is_used_and_gc_takes_it_afterwards(corner: Corner) -> None:
    with ExitStack() as stack:
        ready = prepare(corner, stack)
        (Path(corner.one.path) / "receipt.json").unlink()  # as good as no environment
        assert all(lock.taken(places.lock_of(p.path)) for p in (ready.server, ready.kernel))
        assert gone(corner) == {}
        found = find(corner.where)
    items = find(corner.where).items
    assert gone(corner) == {
        Path(ready.kernel.path).name: "its environment is gone",
        Path(ready.server.path).name: "no environment has a kernel",
    }
    assert not {i.path for i in found.items} & {ready.kernel.path, ready.server.path}
    taken = collect(find(corner.where), corner.where, everything=False, watch=lambda _: None)
    assert {i.path for i in items} >= {i.path for i in taken} >= {ready.kernel.path, ready.server.path}
    assert os.listdir(places.root(corner.where.prefix)) == []


def test_what_is_used_between_a_look_and_the_removal_stays(corner: Corner) -> None:
    with ExitStack() as stack:
        ready = prepare(corner, stack)
    (Path(corner.one.path) / "receipt.json").unlink()
    found, said = find(corner.where), list[Event]()
    with lock.held(places.lock_of(ready.server.path), lambda _: None, shared=True):
        taken = collect(found, corner.where, everything=False, watch=said.append)
    assert ready.server.path not in {i.path for i in taken}
    assert os.path.isdir(ready.server.path)
    assert any("is being used: it stays" in e.text for e in said if isinstance(e, Message))


def test_half_of_it_is_made_anew_and_so_is_what_was_damaged(corner: Corner) -> None:
    with ExitStack() as stack:
        ready = prepare(corner, stack)
    (Path(ready.kernel.path) / places.RECORD).unlink()
    assert gone(corner)[Path(ready.kernel.path).name] == "was never finished"
    module = next(Path(ready.server.path).glob("lib/python*/site-packages/jupyterlab/__init__.py"))
    rewrite(module, "torn")
    events: list[Event] = []
    with ExitStack() as stack:
        prepare(corner, stack, events)
    assert why(events) == {"server": f"{module} was changed", "kernel": "it was never finished"}
    assert [damage(ready.server), damage(ready.kernel)] == ["", ""]


def lay(corner: Corner) -> kernelspec.Seen:
    part = kernel(corner.where.prefix, corner.one)
    log = f"{corner.where.state}/notebook/{Path(part.path).name}.log"
    shutil.rmtree(f"{part.path}/matplotlib")
    return kernelspec.lay(part, corner.one, log, context(environ=corner.environ))


def test_a_kernel_that_does_not_find_mxnet_is_none(corner: Corner) -> None:
    module = next(Path(corner.one.path).glob("lib/python*/site-packages/mxnet/__init__.py"))
    rewrite(module, "raise ImportError('libgfortran.so.3: cannot open shared object file')\n")
    with pytest.raises(BuildError, match="does not import MXNet") as caught:
        lay(corner)
    assert "libgfortran.so.3" in caught.value.details[0]
    rewrite(module, "__version__, __file__ = '1', '/elsewhere/mxnet/__init__.py'\n")
    with pytest.raises(BuildError, match="imports another MXNet: /elsewhere"):
        lay(corner)


def test_pip_in_a_notebook_is_held_to_what_the_environment_has(corner: Corner) -> None:
    site = next(Path(corner.one.path).glob("lib/python*/site-packages"))
    for name, version in (("numpy", "1.23.5"), ("mxnet", "1.2+mxbuild.f1")):
        (site / f"{name}-{version}.dist-info").mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (site / f"{name}-{version}.dist-info/METADATA").write_text(text)
    assert lay(corner) == kernelspec.Seen("1.2", gluon=True)
    told = kernelspec.variables(kernel(corner.where.prefix, corner.one), corner.one)
    assert Path(told["PIP_CONSTRAINT"]).read_text() == "numpy==1.23.5\n"


def test_with_the_environment_goes_its_kernel(corner: Corner) -> None:
    with ExitStack() as stack:
        ready = prepare(corner, stack)
    assert uninstall(corner.where.prefix, corner.one) > 0
    assert sorted(os.listdir(places.root(corner.where.prefix))) == [
        Path(ready.server.path).name, Path(places.lock_of(ready.server.path)).name,
    ]  # fmt: skip


def test_an_interpreter_that_no_row_is_for_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no notebook runs on Python 3\.5"):
        pins.wanted(pins.pins().kernel, "3.5.1")
    assert pins.wanted(pins.pins().server, "3.11.2").hashed
