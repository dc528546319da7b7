"""CUDA toolkits: all of them, in the documented order, each real root once."""

from collections.abc import Iterator
from glob import escape
from typing import NamedTuple

from mxbuild.detect import toolkitroot
from mxbuild.detect.compilers import MASQUERADES
from mxbuild.detect.programs import Ask, find_all, said
from mxbuild.detect.toolkitroot import DEBIAN, Root
from mxbuild.model import Note, Toolkit
from mxbuild.system import System

VARIABLES = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT")
WHEELS = (
    *("{VIRTUAL_ENV}/lib/python3*/site-packages", "{CONDA_PREFIX}/lib/python3*/site-packages"),
    *("{HOME}/.local/lib/python3*/site-packages", "/usr/local/lib/python3*/dist-packages"),
)
"""Where pip puts wheels, as patterns; a variable that is not set leaves its pattern out."""


class _Candidate(NamedTuple):
    path: str
    """A root, or an nvcc where only that is known."""
    found: str


def look(system: System, triplet: str, ask: Ask, notes: list[Note], given: str | None = None) -> tuple[Toolkit, ...]:
    """Every toolkit that has an nvcc and cuda.h.

    Args:
        triplet: Debian's name of the machine's architecture.
        given: the path of `--cuda`, looked at first.
    """
    candidates = list(_candidates(system, given))
    roots = _roots(system, ask, candidates)
    _compare(candidates, roots, notes)
    unique: dict[str, tuple[Root, str]] = {}
    incomplete: set[str] = set()
    for candidate in candidates:
        root = roots[candidate.path]
        if root is None:
            continue
        missing = root.missing(system)
        if (
            missing and root.path not in incomplete and root.layout != "wheels"
        ):  # those of the run-time wheels have no nvcc
            notes.append(Note("cuda", f"{_named(candidate)}, which is no toolkit: {missing} is missing"))
        if missing:
            incomplete.add(root.path)
            continue
        unique.setdefault(root.path, (root, candidate.found))
    lines = [[root.nvcc, "--version"] for root, _ in unique.values()]
    toolkits = (
        toolkitroot.toolkit(system, root, triplet, said(answer), found, notes)
        for (root, found), answer in zip(unique.values(), ask(lines), strict=True)
    )
    return tuple(toolkit for toolkit in toolkits if toolkit is not None)


def site_packages(system: System) -> tuple[str, ...]:
    """Directories that hold wheels: the active environment's, the user's, the machine's."""
    found: list[str] = []
    for pattern in WHEELS:
        variable = pattern[1:].partition("}")[0] if pattern.startswith("{") else ""
        value = system.environ.get(variable, "") if variable else ""
        if not variable or value.startswith("/"):
            found += system.glob(pattern.replace(f"{{{variable}}}", escape(value.rstrip("/"))))
    return tuple(dict.fromkeys(found))


def _candidates(system: System, given: str | None) -> Iterator[_Candidate]:
    if given:
        yield _Candidate(given.rstrip("/") or "/", "--cuda")
    for name in VARIABLES:
        if value := system.environ.get(name):
            yield _Candidate(value.rstrip("/") or "/", name)
    for nvcc in find_all(system, "nvcc"):
        if system.realpath(nvcc).rsplit("/", 1)[-1] not in MASQUERADES:
            yield _Candidate(nvcc, "PATH")
    places = ["/usr/local/cuda", *toolkitroot.newest_first(system.glob("/usr/local/cuda-[0-9]*"))]
    places += [DEBIAN, "/opt/cuda"]
    for place in places:
        if system.is_dir(place):
            yield _Candidate(place, place)
    conda = system.environ.get("CONDA_PREFIX", "").rstrip("/")
    if conda.startswith("/") and system.executable(f"{conda}/bin/nvcc"):
        yield _Candidate(conda, "CONDA_PREFIX")
    for place in site_packages(system):
        for root in toolkitroot.newest_first(system.glob(f"{escape(place)}/nvidia/cu[0-9]*")):
            yield _Candidate(root, root)


def _roots(system: System, ask: Ask, candidates: list[_Candidate]) -> dict[str, Root | None]:
    """Each candidate's root; None where it is no directory and no nvcc that has one.

    nvcc itself is asked only where its place does not tell: it may be a script that calls another.
    """
    roots = {candidate.path: toolkitroot.of(system, candidate.path) for candidate in candidates}
    scripts = [path for path, root in roots.items() if root is None and path.endswith("/nvcc")]
    for path, answer in zip(scripts, ask([[path, "-v", "__dummy"] for path in scripts]), strict=True):
        top = toolkitroot.top(f"{answer.stdout}\n{answer.stderr}" if answer else "")
        roots[path] = toolkitroot.of(system, top) if top else None
    return roots


def _compare(candidates: list[_Candidate], roots: dict[str, Root | None], notes: list[Note]) -> None:
    """Notes variables that name no toolkit, and those that disagree with each other or with PATH's first nvcc."""
    first: tuple[_Candidate, str] | None = None
    compared = set[str]()
    for candidate in candidates:
        if candidate.found not in (*VARIABLES, "--cuda", "PATH") or candidate.found in compared:
            continue
        compared.add(candidate.found)
        root = roots[candidate.path]
        if root is None:
            what = "does not say to which toolkit it belongs" if candidate.found == "PATH" else "is not a toolkit"
            notes.append(Note("cuda", f"{_named(candidate)}, which {what}"))
        elif first is None:
            first = (candidate, root.path)
        elif root.path != first[1]:
            notes.append(Note("cuda", f"{_named(first[0])}, but {_named(candidate)}: they are different toolkits"))


def _named(candidate: _Candidate) -> str:
    if candidate.found == "PATH":
        return f"nvcc on PATH is {candidate.path}"
    return candidate.path if candidate.found == candidate.path else f"{candidate.found} names {candidate.path}"
