"""Whether NVIDIA's driver on this machine runs what a toolkit compiles."""

from mxbuild.model import Cuda, Driver
from mxbuild.recipe.match import Matched
from mxbuild.resolve.cuda_releases import Row, number, row, table

COMPATIBLE = 11
"""From this major release on, the first driver of a major release runs all of its toolkits."""


def runs(driver: Driver | None, version: str, row: Row) -> Matched:
    """Whether the driver will do for CUDA `version`; yes where there is none to ask."""
    if driver is None or not driver.usable:
        return Matched(True, "no driver is in use here")
    if driver.cuda:
        toolkit, supported = number(version)[:2], number(driver.cuda)[:2]
        if supported >= toolkit or (supported[0] == toolkit[0] >= COMPATIBLE and not driver.version):
            return Matched(True, f"the driver supports CUDA up to {driver.cuda}")
    if not number(driver.version):
        if not driver.cuda:
            return Matched(True, "the driver's version is not known")
        return Matched(False, f"the driver supports CUDA up to {driver.cuda} only")
    needed = f"CUDA {version} needs driver {row.driver} or newer"
    if number(driver.version) >= number(row.driver):
        return Matched(True, needed)
    return Matched(False, f"{needed}; this machine has {driver.version}")


def least(cuda: Cuda) -> str:
    """Release of CUDA that a driver has to support, so that it runs what was compiled; "" where that is not known.

    PTX is compiled by the driver, which has to be as new as the toolkit.
    """
    known, _ = row(cuda.toolkit.version)
    if known is None or not cuda.sass:
        return ".".join(map(str, number(cuda.toolkit.version)[:2]))
    return next(r.version for r in table().toolkit if r.driver == known.driver)


def said(driver: Driver | None) -> str:
    """The driver in a few words."""
    if driver is None:
        return "none"
    version = driver.version or "of unknown version"
    return version + ("" if driver.usable else " (cannot be used from here)")
