"""What the library itself shows, without running it: needs, symbols, and whether it is the one that was packed."""

import fnmatch
import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from mxbuild.execute import elf, loader
from mxbuild.model import CheckResult, FeatureCheck

FAMILIES = ("GLIBC", "GLIBCXX", "GOMP")


def locate(environment: str, package: str, name: str) -> str:
    """Path of the library in the environment; "" where it is not there."""
    found = sorted(Path(environment).glob(f"lib*/python*/site-packages/{package}/{name}"))
    return str(found[0]) if found else ""


def linked(facts: elf.ElfFacts, resolution: loader.Resolution, absent: Collection[str] = ()) -> CheckResult:
    """Whether the loader finds everything, down to the last library of a library.

    Args:
        absent: what need not be here: the driver's library, where there is no driver.
    """
    missing = [one for one in resolution.missing if one.name not in absent]
    if not missing:
        needs = [f"{family} {number}" for family in FAMILIES if (number := elf.newest(facts.versions, family))]
        text = f"{len(facts.dynamic.needed)} libraries needed, {len(resolution.found)} in all, each found"
        if left := sorted({one.name for one in resolution.missing}):
            text += f" but {', '.join(left)}, which comes with the driver"
        return passed("linked", ", ".join([text, *(["needs " + ", ".join(needs)] if needs else [])]))
    rows = []
    for one in missing:
        package = f" (Debian package: {one.package})" if one.package else ""
        rows.append(f"{one.name}, which {os.path.basename(one.wanted_by)} needs{package}")
    return failed("linked", "the loader does not find " + "; ".join(rows))


def packed(path: str, sha256: str) -> CheckResult:
    """Whether the library in the environment is byte for byte the one that went into the wheel."""
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    if digest.hexdigest() == sha256:
        return passed("packed", f"sha256 {sha256[:12]}, as built")
    return failed("packed", f"expected sha256 {sha256[:12]} as it was built, seen {digest.hexdigest()[:12]}")


def feature(check: FeatureCheck, facts: elf.ElfFacts) -> Iterator[CheckResult]:
    """What has to be in the library where the feature is on, and must not be where it is off.

    `needed` are alternatives (OpenCV 2 has imdecode in highgui, OpenCV 3 in imgcodecs): one of them has to be there.
    Of `symbols` each has to be.
    """
    if check.needed:
        seen = [n for n in facts.dynamic.needed if n.startswith(check.needed)]
        wanted = " or ".join(f"{prefix}*" for prefix in check.needed)
        others = f"NEEDED has {', '.join(facts.dynamic.needed) or 'nothing'}"
        yield _compare(check.on, seen, wanted, "in NEEDED", others)
    for pattern in check.symbols:
        seen = fnmatch.filter(facts.symbols, pattern) if "*" in pattern else [pattern] * (pattern in facts.symbols)
        yield _compare(check.on, sorted(seen), pattern, "in the library", "it has no such symbol")


def passed(name: str, detail: str, seconds: float = 0.0) -> CheckResult:
    return CheckResult(name=name, status="passed", detail=detail, seconds=seconds)


def failed(name: str, detail: str, seconds: float = 0.0) -> CheckResult:
    return CheckResult(name=name, status="failed", detail=detail, seconds=seconds)


def _compare(on: bool, seen: list[str], wanted: str, where: str, others: str) -> CheckResult:
    some = ", ".join(seen) if len(seen) < 3 else f"{len(seen)} of them"
    if not on:
        return failed(f"no {wanted}", f"{some} {where}") if seen else passed(f"no {wanted}", f"nothing such {where}")
    name = seen[0] if len(seen) == 1 else wanted
    return passed(name, f"{some} {where}") if seen else failed(name, f"expected, but {others}")
