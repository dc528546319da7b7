"""Compilers behind a gate that run until the test lets them end, with the real launcher before them."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mxbuild.compile import install
from mxbuild.compile.gate import VARIABLE, Gate
from mxbuild.compile.ledger import Ledger, read
from tests.project import compiler, script

MIB = 1 << 20
NAME = "for w; do case $w in *.cc) n=${w%.cc};; *.cu) n=${w%.cu};; esac; done\n"
UNTIL = "i=0; while [ ! -e $n.end ] && [ $((i += 1)) -lt 1500 ]; do sleep 0.02; done\n"


def launcher(directory: Path, fake: str, distcc: str = "") -> str:
    """Path of the launcher; its ledger lies beside. To compile it is dear: for all tests of a module.

    Args:
        fake: what the compiler does in the directory that it is called in.
        distcc: the same of distcc; "" for none.
    """
    made = install.install(
        str(directory / "bin"),
        compiler=compiler(script(directory / "fake", fake)),
        ledger=str(directory / "ledger"),
        environment=os.environ,
        distcc=distcc and script(directory / "distcc", distcc),
    )
    return made.cxx


@dataclass
class Gated:
    """Compilers that run in `root`."""

    root: Path
    cxx: str
    gate: Gate
    started: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, *sources: str) -> None:
        """Start them one after the other; the gate has heard of each. Those without an ending are .cc files."""
        for source in sources:
            name = source.partition(".")[0]
            self.started[name] = subprocess.Popen(
                [self.cxx, "-c", source if "." in source else f"{source}.cc", "-o", f"{name}.o"],
                cwd=self.root,
                env={**os.environ, VARIABLE: self.gate.name},
            )
            # Connected is not yet heard of: the next one could ask before it does.
            wait_for(lambda: f"{self.root}/{name}.o" in [c.object for c in list(self.gate._compiles.values())])  # noqa: B023

    def end(self, *names: str) -> None:
        """Let them end, and wait for it."""
        for name in names:
            (self.root / f"{name}.end").touch()
            assert self.started.pop(name).wait(20) == 0
            (self.root / f"{name}.here").unlink(missing_ok=True)

    def clear(self) -> None:
        """End all; the next test has a ledger of its own."""
        for name in self.started:
            (self.root / f"{name}.end").touch()
        for child in self.started.values():
            child.wait(20)
        self.book.unlink(missing_ok=True)

    @property
    def places(self) -> dict[str, str]:
        """Where those that run do so."""
        found = {path.stem: "here" for path in self.root.glob("*.here")}
        return found | {path.stem: "away" for path in self.root.glob("*.away")}

    def settles(self, *names: str, **places: str) -> None:
        """These run (there; where only named: here), and no others, also after a while."""
        wanted = dict.fromkeys(names, "here") | places
        wait_for(lambda: self.places == wanted)
        time.sleep(0.3)
        assert self.places == wanted

    @property
    def book(self) -> Path:
        return Path(self.cxx).parents[1] / "ledger"

    @property
    def ledger(self) -> Ledger:
        return read(str(self.book))


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
