"""A state machine over what can happen to an installation: installs, kills, full disks, too little memory, upstream's
tag moved, damage, repairs, rollbacks, removals, in any order. `current` is absent, or verifies.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mxbuild.environments import installed
from mxbuild.execute import contents
from mxbuild.execute.embedded import materialize
from tests.execute import gitworld
from tests.faults import memory
from tests.faults.corner import RECIPES, Corner, digest_of
from tests.faults.injection import Fault

BUILDS = (0, 1)
DONE, GONE, SOURCE, BUILD, WRONG = 0, 2, 5, 7, 8
TAG = "0.1.0"
EMBEDDED = 'embedded = "tiny"\n'


class OverError(BaseException):
    """The time is over; nothing catches it on the way."""


class World:
    """A corner with an upstream of its own and a store, and what is known of what they hold."""

    def __init__(self, root: Path, python: str) -> None:
        self.corner = Corner(root, python)
        self.libraries: dict[int, str] = {}
        """Build -> SHA-256 of its library."""

    @property
    def upstream(self) -> Path:
        return self.corner.root / "shop/mirror/mxbuild/tiny.git"

    def prepare(self) -> None:
        """Nothing is installed in the end; the store has both builds."""
        corner, shop = self.corner, self.corner.root / "shop"
        text = (RECIPES / "tiny.toml").read_text()
        assert EMBEDDED in text
        (shop / "recipes").mkdir()
        (shop / "recipes/tiny.toml").write_text(text.replace(EMBEDDED, "").replace("embedded:", "https://git.invalid/"))
        shutil.copytree(materialize(RECIPES / "tiny", corner.root / "tmp/made"), shop / "mirror")
        shutil.rmtree(corner.root / "tmp/made")
        gitworld.git(self.upstream, "tag", TAG, "main")
        for loud in BUILDS:
            for words in (self.install(loud, store=False), ("push", "--store", str(shop / "store"))):
                ended = corner.run(*words)
                assert ended.code == 0, ended.said
            self.libraries[loud] = digest_of(corner)[self.now]
        for name in ("prefix", "cache", "state"):
            shutil.rmtree(corner.root / name)
        corner.save()

    def install(self, loud: int, *, store: bool) -> tuple[str, ...]:
        shop = self.corner.root / "shop"
        words = [*self.corner.install(loud), "--recipe-dir", str(shop / "recipes"), "--mirror", str(shop / "mirror")]
        return (*words, *(["--store", str(shop / "store")] if store else []))

    @property
    def now(self) -> str:
        """Name of the current environment; "" where none is."""
        return next((one.name for one in installed(str(self.corner.prefix)) if one.current), "")


class Life(RuleBasedStateMachine):
    """One corner from its beginning; what mxbuild says of it is held against what is known of it."""

    world: ClassVar[World]
    until: ClassVar[float] = float("inf")
    """time.monotonic() at which the last life ends."""
    lives: ClassVar[int] = 0
    steps: ClassVar["Counter[str]"] = Counter()
    seconds: ClassVar["Counter[str]"] = Counter()

    def __init__(self) -> None:
        super().__init__()
        if time.monotonic() > self.until:
            raise OverError
        self.corner = self.world.corner
        self.corner.restore()
        self.damaged: set[str] = set()
        """Names of environments that were damaged and not put right since."""
        self.moved = self.lost = False
        """Upstream's tag is another commit's; and its repository does not have the pinned one any more."""
        self.seen: object = None
        """The state that was last found whole."""
        type(self).lives += 1

    @property
    def there(self) -> list[str]:
        return [one.name for one in installed(str(self.corner.prefix))]

    @property
    def now(self) -> str:
        return self.world.now

    def run(self, *words: str, fault: Fault | None = None, megabytes: int = 0) -> tuple[int, str]:
        began = time.monotonic()
        if megabytes:
            with memory.limited(megabytes << 20) as enter:
                ended = self.corner.run(*words, within=lambda once: (enter(), once())[1])
                self.corner.settled(ended)
        else:
            ended = self.corner.run(*words, fault=fault)
            self.corner.settled(ended)
        kind = words[0] + (f" {fault.kind}" if fault else " starved" if megabytes else "")
        self.steps[kind] += 1
        self.seconds[kind] += time.monotonic() - began  # type: ignore[assignment]
        return ended.code, ended.said

    @rule(loud=st.sampled_from(BUILDS), store=st.booleans())
    def installs(self, loud: int, store: bool) -> None:
        code, said = self.run(*self.world.install(loud, store=store))
        if code == SOURCE and self.lost and not store:
            assert "cannot be had from" in said, said
            return
        assert code == DONE, said
        self.damaged.discard(self.now)

    @rule(
        loud=st.sampled_from(BUILDS), store=st.booleans(), kind=st.sampled_from(["kill", "ENOSPC", "EIO", "EACCES"]),
        number=st.integers(1, 200),
    )  # fmt: skip
    def installs_and_fails(self, loud: int, store: bool, kind: str, number: int) -> None:
        self.run(*self.world.install(loud, store=store), fault=Fault(kind, number))  # type: ignore[arg-type]
        self.damaged &= set(self.there)

    @precondition(lambda self: not memory.unable())
    @rule(loud=st.sampled_from(BUILDS), store=st.booleans(), megabytes=st.integers(4, 96))
    def installs_with_too_little_memory(self, loud: int, store: bool, megabytes: int) -> None:
        code, said = self.run(*self.world.install(loud, store=store), megabytes=megabytes)
        assert code in (DONE, SOURCE, BUILD, WRONG, -signal.SIGKILL), said
        self.damaged &= set(self.there)

    @precondition(lambda self: not self.moved)
    @rule(lost=st.booleans())
    def upstream_moves_its_tag(self, lost: bool) -> None:
        """Another commit has the tag and the branch's name; lost: and nobody has the pinned one any more."""
        git, upstream = gitworld.git, self.world.upstream
        gitworld.commit(upstream, {"Makefile": "all:\n\techo another; exit 1\n"})
        git(upstream, "tag", "-f", TAG, "main")
        if lost:
            git(upstream, "-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now")
        self.moved, self.lost = True, lost
        self.steps["move the tag"] += 1

    @precondition(lambda self: self.there)
    @rule(seed=st.integers(0, 99))
    def damages(self, seed: int) -> None:
        """A file of some package loses its end, as a bad disk has it."""
        name = random.Random(seed).choice(self.there)
        (place,) = contents.places(f"{self.corner.prefix}/envs/{name}")
        victim = Path(place, random.Random(seed).choice(["mxnet/libmxnet.so", "alpha/__init__.py"]))
        if victim.exists():
            content = victim.read_bytes()
            victim.unlink()  # what was saved shares its files
            victim.write_bytes(content[:-1])
            self.damaged.add(name)
            self.steps["damage"] += 1

    @precondition(lambda self: self.now)
    @rule()
    def verifies(self) -> None:
        code, said = self.run("verify")
        assert code == (WRONG if self.now in self.damaged else DONE), said

    @precondition(lambda self: self.now in self.damaged and (self.corner.prefix / "wheels").exists())
    @rule()
    def repairs(self) -> None:
        code, said = self.run("verify", "--repair")
        assert code == DONE, said
        self.damaged.discard(self.now)

    @precondition(lambda self: self.there)
    @rule()
    def goes_back(self) -> None:
        before = self.now
        code, said = self.run("rollback")
        assert code in (DONE, GONE, WRONG), said
        assert (self.now != before) == (code == DONE)
        assert code != DONE or self.now not in self.damaged

    @precondition(lambda self: self.there)
    @rule(seed=st.integers(0, 9), killed=st.booleans(), number=st.integers(1, 40))
    def uninstalls(self, seed: int, killed: bool, number: int) -> None:
        name = random.Random(seed).choice(self.there)
        code, said = self.run("uninstall", name, "--yes", fault=Fault("kill", number) if killed else None)
        assert code in (DONE, -signal.SIGKILL), said
        self.damaged &= set(self.there)

    @rule(everything=st.booleans(), killed=st.booleans(), number=st.integers(1, 60))
    def collects(self, everything: bool, killed: bool, number: int) -> None:
        before = (self.there, self.now)
        words = ("gc", "--yes", *(["--all"] if everything else []))
        code, said = self.run(*words, fault=Fault("kill", number) if killed else None)
        assert code in (DONE, -signal.SIGKILL), said
        assert (self.there, self.now) == before

    @invariant()
    def current_is_absent_or_verifies(self) -> None:
        """And every environment has the library of its pinned commit, whatever upstream's tag says."""
        state = _state(self.corner.prefix)
        if state == self.seen:
            return
        if self.now not in self.damaged:  # by no fault of mxbuild's: `verifies` sees to it that it says so
            self.corner.current()
        assert set(digest_of(self.corner).values()) <= set(self.world.libraries.values())
        self.seen = state


def _state(prefix: Path) -> object:
    """Tells two states of the installs apart, without reading them."""
    found = []
    for top, _, files in os.walk(prefix / "envs"):
        for name in files:
            with suppress(OSError):
                stat = os.lstat(f"{top}/{name}")
                found.append((top, name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    link = prefix / "current"
    return os.readlink(link) if link.is_symlink() else "", sorted(found)
