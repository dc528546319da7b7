"""A build as one HTML page that needs nothing else: no network, no file beside it.

All of it is escaped, and only its own script runs: the policy in its head names that script by its hash.
"""

import base64
import hashlib
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from mxbuild.foreign import inert
from mxbuild.model import counted
from mxbuild.redaction import redacted
from mxbuild.report.model import Build, Comparison
from mxbuild.ui.layout import plural
from mxbuild.ui.quantities import day, difference, duration, memory, quantity, size
from mxbuild.ui.report import change
from mxbuild.version import version

HERE = Path(__file__).parent


def render(build: Build, comparison: Comparison | None = None) -> str:
    """The page.

    Args:
        comparison: with an earlier build, whose second one `build` is.
    """
    script = (HERE / "script.js").read_text()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    files = build.slowest
    paces = [c.cpu / c.expected for c in files if c.result == "compiled" and not c.worker and c.expected > 0]
    page = (
        _templates()
        .get_template("page.html")
        .render(
            build=build,
            receipt=build.receipt,
            comparison=comparison,
            widest=max((abs(c.cost) for c in _changes(comparison)), default=1.0) or 1.0,
            areas=(areas := _areas(build)),
            slowest=files,
            longest=max((c.seconds for c in files), default=0.0) or 1.0,
            busy=100 * build.cpu / (build.wall * build.jobs or 1.0),
            share=100 * build.hits / (len(build.files) or 1),
            most=max([s.memory for s in build.samples] or [p for _, p in build.peaks], default=0),
            paces=paces,
            waited=any(c.began > c.start for c in build.compiles),
            data=_inert(
                {
                    **{
                        name: msgspec.to_builtins(getattr(build, name))
                        for name in ("sessions", "compiles", "peaks", "samples")
                    },
                    "areas": areas,
                }
            ),
            version=version(),
            counted=counted,
            style=Markup((HERE / "style.css").read_text()),
            script=Markup(script),
            script_hash=f"sha256-{digest}",
        )
    )
    return redacted(inert(page))


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    made.filters |= {
        "duration": duration, "memory": memory, "size": size, "day": day, "count": plural, "against": _against,
        "difference": difference, "quantity": quantity, "change": change, "median": median,
    }  # fmt: skip
    return made


def _inert(data: Any) -> Any:
    """The same with every text inert: the script shows them, and JSON would only escape what acts."""
    if isinstance(data, str):
        return inert(data)
    if isinstance(data, dict):
        return {name: _inert(value) for name, value in data.items()}
    return [_inert(value) for value in data] if isinstance(data, (list, tuple)) else data


def _areas(build: Build) -> list[dict[str, Any]]:
    """Parts of the source, the costliest first."""
    rows = sorted(build.compiles, key=lambda c: c.area)
    found = [(name, list(group)) for name, group in groupby(rows, key=lambda c: c.area)]
    areas = [{"name": name, "cpu": sum(c.cpu for c in g), "files": len({c.object for c in g})} for name, g in found]
    return sorted(areas, key=lambda row: -row["cpu"])


def _changes(comparison: Comparison | None) -> list[Any]:
    if comparison is None:
        return []
    c = comparison
    return [*c.slower, *c.faster, *c.cached, *c.added, *c.removed]


def _against(expected: float, actual: float) -> str:
    """`took 1.4 times that`."""
    share = actual / expected
    return "as it was" if 0.95 <= share <= 1.05 else f"it took {share:.2f} times that"
