"""Which interpreter the environment gets, and which pinned packages."""

from collections.abc import Sequence

from mxbuild.model import Decision, Host, Python, Rejected, Request
from mxbuild.recipe.lockfile import SUFFIX, Lockfile
from mxbuild.recipe.match import version_matches
from mxbuild.recipe.model import Recipe
from mxbuild.resolve.complaints import Complaints
from mxbuild.resolve.distribution import release_of
from mxbuild.resolve.packages import INSTALL


def candidate(recipe: Recipe, host: Host, request: Request) -> Python | None:
    """The interpreter asked for, or the first in range that can make an environment."""
    if request.python is not None:
        return next((p for p in host.pythons if _is(p, request.python)), None)
    return next((p for p in host.pythons if p.venv and _fits(recipe, p)), None)


def package(recipe: Recipe, host: Host, request: Request) -> str:
    """`python3-venv` where only the distribution's own interpreter will do and it cannot make environments yet."""
    if request.python is not None:
        named = candidate(recipe, host, request)
        return "python3-venv" if named is not None and named.system and not named.venv else ""
    if candidate(recipe, host, request) is not None:
        return ""
    own = next((p.version for p in host.pythons if p.system), None)
    release = release_of(host.os)
    version = own or (release.python if release else "")
    return "python3-venv" if version and version_matches("Python", version, recipe.python.versions).ok else ""


def choose(
    recipe: Recipe, host: Host, request: Request, complaints: Complaints
) -> tuple[Python | None, Decision | None]:
    """The interpreter with its reasons; complains where there is none."""
    chosen = candidate(recipe, host, request)
    wanted = recipe.python.versions
    remedy = f"install a Python in {wanted}, then give it with --python PATH"
    if chosen is None:
        if request.python is not None:
            complaints.add(f"--python {request.python}: no interpreter there", "give the path of a python3 that runs")
        else:
            seen = ", ".join(f"{p.path} {p.version}" + ("" if p.venv else " (no venv)") for p in host.pythons) or "none"
            if (name := package(recipe, host, request)) and host.apt.path:
                remedy = ("" if host.apt.right == "root" else "sudo ") + f"{INSTALL} {name}"
            complaints.add(f"no Python in the range {wanted} of {recipe.id} (found: {seen})", remedy)
        return None, None
    matched = version_matches("Python", chosen.version, wanted)
    if not matched.ok:
        complaints.add(f"--python {request.python}: {matched.why}", remedy)
        return None, None
    if not chosen.venv:
        minor = ".".join(chosen.version.split(".")[:2])
        complaints.add(
            f"{chosen.path} cannot make an environment: ensurepip is missing", f"apt-get install python{minor}-venv"
        )
        return None, None
    rejected = tuple(Rejected(f"{p.path} {p.version}", _why_not(recipe, p)) for p in host.pythons if p is not chosen)
    decision = Decision(
        subject="python",
        kind="python",
        choice=f"{chosen.path} {chosen.version}",
        why=matched.why,
        asked=request.python is not None,
        rejected=rejected,
        sources=(chosen.source,),
    )
    return chosen, decision


def requirements(recipe: Recipe, python: Python, request: Request, complaints: Complaints) -> tuple[str, ...]:
    """The pinned packages for this interpreter; of those asked for, the version that was asked for."""
    pins = _row(recipe, python)
    if not pins:
        text = f"{recipe.id} pins no packages for Python {python.version}"
        complaints.add(text, "choose another one with --python PATH")
    names = (pin.partition("==")[0] for pin in pins)
    return tuple(
        f"{name}=={request.pins[name]}" if name in request.pins else pin for name, pin in zip(names, pins, strict=True)
    )


def locked(
    lock: Lockfile, recipe: Recipe, python: Python, request: Request, pins: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], Decision]:
    """What is installed by its hashes, as lines for pip; and what without, since no lock knows it.

    Args:
        pins: what `requirements` chose.
    """
    found = lock.found(pins, python.version)
    others: tuple[str, ...] = ()
    if found is None:  # what --pin leaves is what it was
        own = _row(recipe, python)
        found = lock.found(own, python.version) if own else None
        known = {*found.pins} if found else set()
        others = tuple(pin for pin in pins if pin not in known)
    name = f"{recipe.name}{SUFFIX}"
    lines = lock.lines(pin for pin in (*found.pins, *found.also) if pin in pins or pin in found.also) if found else ()
    count = f"{len(lines)} wheels, each by its SHA-256" if len(lines) != 1 else "1 wheel, by its SHA-256"
    if not others:
        return lines, (), Decision(subject="wheels", kind="python", choice=count, why=f"{name} has them all")
    asked = [pin for pin in others if pin.partition("==")[0] in request.pins]
    why = f"no {name} has {' '.join(others)} for Python {'.'.join(python.version.split('.')[:2])}"
    choice = f"{' '.join(others)} WITHOUT a hash" + (f"; {count}" if lines else "")
    return lines, others, Decision(subject="wheels", kind="python", choice=choice, why=why, asked=bool(asked))


def _row(recipe: Recipe, python: Python) -> tuple[str, ...]:
    rows = recipe.python.requirements
    return next((row.packages for row in rows if version_matches("Python", python.version, row.python).ok), ())


def _is(python: Python, asked: str) -> bool:
    name = python.path.rsplit("/", 1)[-1]
    return python.named or asked in (python.path, name, python.version) or python.version.startswith(asked + ".")


def _fits(recipe: Recipe, python: Python) -> bool:
    return version_matches("Python", python.version, recipe.python.versions).ok


def _why_not(recipe: Recipe, python: Python) -> str:
    matched = version_matches("Python", python.version, recipe.python.versions)
    if not matched.ok:
        return matched.why
    return "comes later on the list" if python.venv else "cannot make environments (no ensurepip)"
