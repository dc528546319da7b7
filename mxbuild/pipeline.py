"""The one path: detect -> load -> resolve -> plan -> execute. Every command is this path, stopped at some place.

The rooms that do something are imported where they are used: those who only look need not wait for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mxbuild import ownership, rights
from mxbuild.detect import detect
from mxbuild.errors import AptError, Complaint, HostError, Interrupted
from mxbuild.locations import Locations
from mxbuild.model import (
    Build,
    Compiler,
    Event,
    FetchSource,
    Host,
    InstallPackages,
    JournalEntry,
    Make,
    Message,
    Outcome,
    Paths,
    Plan,
    Receipt,
    Request,
    Step,
    Stored,
    Vendored,
    Worker,
)
from mxbuild.plan import paths, plan, steps, to_run, vendored
from mxbuild.recipe import lockfile
from mxbuild.recipe.find import find, search_path
from mxbuild.recipe.load import load
from mxbuild.recipe.model import Recipe
from mxbuild.resolve import asked, compiler, resolve, workers
from mxbuild.resolve.complaints import Complaints
from mxbuild.system import System

ROUNDS = 3
"""Plans at most: what apt brings may call for another look, but not for ever."""


@dataclass(frozen=True)
class View:
    """What is known before anything is planned."""

    host: Host
    recipe: Recipe
    build: Build
    embedded: str
    """Directory of the recipe's embedded source, "" where it has none."""


@dataclass(frozen=True)
class Installation:
    plan: Plan
    outcomes: tuple[Outcome, ...]
    receipt: Receipt
    unchanged: bool
    """All was done already; nothing was changed."""


def recipe_of(request: Request, environ: Mapping[str, str], recipe_dirs: Sequence[str] = ()) -> tuple[Recipe, Path]:
    """find and load.

    Raises:
        RecipeError: there is none of that name, or it has faults.
    """
    path = find(request.recipe, search_path(environ, recipe_dirs))
    return load(path), path


def as_it_is(host: Host, recipe: Recipe, request: Request) -> Host:  # noqa: ARG001
    """Supposes nothing."""
    return host


def look(
    system: System,
    request: Request,
    where: Locations,
    recipe_dirs: Sequence[str] = (),
    supposing: Callable[[Host, Recipe, Request], Host] = as_it_is,
) -> View:
    """detect, load, resolve: seconds at most, nothing is changed.

    Args:
        supposing: makes of this machine the one that is decided for.

    Raises:
        RecipeError, UsageError: what was asked for does not exist.
        HostError: this machine cannot build it; every complaint, and the nearest that works.
        SourceError: the vendored file is none, or is damaged.
    """
    opened = None
    if request.vendored:
        from mxbuild.execute import vendored as file

        opened = file.look(request.vendored)
        request = vendored.completed(request, opened.manifest)
    recipe, path = recipe_of(request, system.environ, recipe_dirs)
    root = request.cuda if request.cuda and "/" in request.cuda else None
    python = request.python if request.python and "/" in request.python else None
    host = detect(system, places=(where.cache,), cuda=root, cudnn=request.cudnn, python=python)
    if opened:
        vendored.check_machine(opened.manifest, host, path.stem, request)
    lock = lockfile.of(path, recipe.name)
    host = supposing(host, recipe, request)
    build = resolve(recipe, host, request, toolkits=f"{where.cache}/cuda", lock=lock)
    embedded = str(path.parent.resolve() / recipe.source.embedded) if recipe.source.embedded else ""
    if opened and request.vendored:
        one = Vendored(file=request.vendored, sha256=opened.sha256, size=opened.size)
        build = msgspec.structs.replace(build, vendored=one)
        vendored.check_contents(opened.manifest, build, steps(build, _paths(build, where), embedded))
    return View(host=host, recipe=recipe, build=build, embedded=embedded)


def survey(system: System, recipes: Sequence[Recipe], where: Locations) -> tuple[tuple[Complaint, ...], ...]:
    """What speaks against building each of the recipes here, as they would be by default; () where nothing does.

    The machine is looked at once.
    """
    host = detect(system, places=(where.cache,))
    return tuple(_complaints(recipe, host) for recipe in recipes)


def fleet(
    system: System, request: Request, where: Locations, recipe_dirs: Sequence[str] = ()
) -> tuple[tuple[Worker, ...], Compiler, str]:
    """The workers of a request, the compiler that they have to have as well, and distcc's path.

    Raises:
        RecipeError, UsageError: what was asked for does not exist.
        HostError: there is no compiler here that the recipe takes, or no distcc.
    """
    recipe, _ = recipe_of(request, system.environ, recipe_dirs)
    asked.check(recipe, request)
    host, complaints = detect(system, places=(where.cache,)), Complaints()
    chosen, _ = compiler.choose(recipe, host, complaints, None)
    found, distcc, _ = workers.decide(request, host, complaints)
    complaints.settle(recipe.id)
    assert chosen is not None
    return found, chosen, distcc


def _complaints(recipe: Recipe, host: Host) -> tuple[Complaint, ...]:
    try:
        resolve(recipe, host, Request(recipe=recipe.id))
    except HostError as error:
        return error.complaints
    return ()


def prepare(view: View, where: Locations) -> Plan:
    """plan: reads the journal and looks whether what was made is still whole; changes nothing.

    Where something is to be compiled and the request names a store, that is asked first.

    Raises:
        UsageError, SourceError: the store cannot be asked, or has what cannot be trusted.
    """
    from mxbuild.execute import store

    here = _prepared(view, where, None)
    if view.build.request.store and any(isinstance(p.step, Make) for p in to_run(here)):
        return _prepared(view, where, store.look(view.build, view.host.cpu))
    return here


def _paths(build: Build, where: Locations) -> Paths:
    return paths(build, where.prefix, where.cache, where.state)


def _prepared(
    view: View, where: Locations, stored: Stored | None, damage: Callable[[Step, JournalEntry], str] | None = None
) -> Plan:
    from mxbuild.execute import engine, journal

    places = _paths(view.build, where)
    recorded = journal.assess(steps(view.build, places, view.embedded, stored), places.records, damage or engine.damage)
    return plan(view.build, places, recorded, view.embedded, stored)


def _resumed(planned: Plan, view: View, where: Locations, environ: Mapping[str, str]) -> Plan:
    """The plan, or another where make would go on in a tree whose files are not the pinned commits' any more.

    Only here are contents read: a plan that is merely shown has no time for that.

    Raises:
        SourceError: a repository of the tree is damaged.
    """
    from mxbuild.execute import engine, source
    from mxbuild.execute.context import Context

    fetched = [p.step for p in planned.steps if p.action == "skip" and isinstance(p.step, FetchSource)]
    if not fetched or not any(isinstance(p.step, Make) for p in to_run(planned)):
        return planned
    context = Context(environ=environ, watch=lambda event: None, paths=planned.paths, outcomes={})
    names = source.altered(fetched[0], context)
    if not names:
        return planned
    more = f" and {len(names) - 1} more" * (len(names) > 1)

    def damage(step: Step, entry: JournalEntry) -> str:
        if isinstance(step, FetchSource):
            return f"{names[0]}{more} in {step.tree} was changed, and what was compiled of it is not to be trusted"
        return engine.damage(step, entry)

    return _prepared(view, where, None, damage)


def install(
    system: System,
    request: Request,
    where: Locations,
    watch: Callable[[Event], None],
    *,
    recipe_dirs: Sequence[str] = (),
    approve: Callable[[Plan], bool] = lambda plan: True,
    checkpoint: Callable[[str], None] = lambda place: None,
) -> Installation:
    """The whole path. After apt has run, detects and decides again: facts are measured then, not expected.

    Args:
        approve: asked once, with the first plan that changes something.
        checkpoint: called around every step; tests stop the process there.

    Raises:
        MxbuildError: whatever went wrong; what was finished is not done again next time.
        Interrupted: `approve` said no.
    """
    from mxbuild.execute import engine, lock

    approved = False
    for _ in range(ROUNDS):
        view = look(system, request, where, recipe_dirs)
        planned = prepare(view, where)
        if not to_run(planned):
            return Installation(planned, (), _receipt(planned), unchanged=True)
        if not approved and not approve(planned):
            raise Interrupted("nothing was changed")
        if not approved:
            ownership.check(where)
            ownership.private(where.state)
            if remark := rights.remark():
                watch(Message(id="", text=remark))
        approved = True

        def waiting(holder: str) -> None:
            watch(Message(id="", text=f"waiting for another mxbuild on the same build ({holder})"))

        def collected(holder: str) -> None:
            watch(Message(id="", text=f"waiting for a removal of what nothing needs ({holder})"))

        with (
            lock.held(f"{where.state}/{lock.WORKING}", collected, shared=True) as working,
            lock.held(f"{planned.paths.records}/lock", waiting) as descriptor,
        ):
            # Another mxbuild may have done some of it while this one waited.
            planned = _resumed(prepare(view, where), view, where, system.environ)
            kinds = [type(one.step) for one in planned.steps]
            if InstallPackages in kinds:
                only = msgspec.structs.replace(planned, steps=planned.steps[: kinds.index(InstallPackages) + 1])
                engine.execute(only, system.environ, watch, checkpoint=checkpoint)
                continue
            if absent := _absent(planned):
                watch(Message(id="make", text=f"{absent} has no wheel of this build: it is built here"))
            outcomes = engine.execute(
                planned, system.environ, watch, keep_open=(descriptor, working), checkpoint=checkpoint
            )
        return Installation(planned, outcomes, _receipt(planned), unchanged=False)
    raise AptError("apt-get ended well, but packages are still missing", remedy="mxbuild plan shows which")


def _absent(planned: Plan) -> str:
    """The store that was asked in vain; "" where none was."""
    store = planned.build.request.store or ""
    return store if any(isinstance(p.step, Make) for p in to_run(planned)) else ""


def _receipt(planned: Plan) -> Receipt:
    from mxbuild.execute import receipt

    found = receipt.read(planned.paths.receipt)
    if found is None:
        raise AssertionError(f"no receipt in {planned.paths.receipt} after the last step")
    return found
