"""The receipt: what was asked against what was got."""

import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mxbuild import durable
from mxbuild.execute.apt import newly_installed
from mxbuild.execute.device import wanted
from mxbuild.foreign import decoded
from mxbuild.model import (
    CheckResult,
    CreateEnvironment,
    Cuda,
    FeatureResult,
    FetchSource,
    Plan,
    Receipt,
    Verify,
)
from mxbuild.version import version

WARNINGS = "warnings"
"""Evidence of a step that did not go as it was asked for: what was said on the way."""


def compose(plan: Plan, evidence: Mapping[str, Mapping[str, Any]], seconds: Mapping[str, float]) -> Receipt:
    """Put the receipt together from the plan and what the steps left.

    Args:
        evidence: step id -> its evidence, of this run or an earlier one.
        seconds: step id -> time that it took.
    """
    build, seen = plan.build, evidence.get("verify", {})
    wheel = evidence.get("wheel", {})
    unverified = Receipt(
        mxbuild=version(),
        recipe=build.recipe.id,
        release=build.recipe.release,
        commit=build.recipe.source.commit,
        submodules=_fetched(plan) or dict(wheel.get("submodules", {})),
        fingerprint=build.fingerprint,
        finished=time.time(),
        host=system_name(),
        compiler=f"{build.compiler.cxx} {build.compiler.version}",
        python=f"{build.python.path} {build.python.version}",
        requirements=next(p.step.pins for p in plan.steps if isinstance(p.step, CreateEnvironment)),
        unlocked=build.unlocked,
        python_packages=dict(evidence.get("environment", {}).get("packages", {})),
        packages={p.name: p.installed for p in build.packages},
        installed_packages=newly_installed(plan.paths.state),
        variables=build.variables,
        rules=build.rules,
        wheel=plan.paths.wheel,
        wheel_sha256=str(wheel.get("sha256", "")),
        library_sha256=str(wheel.get("library_sha256", "")),
        features=(),
        checks=(),
        seconds=dict(seconds),
        cuda=_cuda(build.cuda),
        target=build.target.text if build.target.features else "",
        cpu_features=build.target.features,
        origin=str(wheel.get("origin", "")),
        warnings=tuple(evidence.get("make", {}).get(WARNINGS, ())),
        verification=next((p.step for p in plan.steps if isinstance(p.step, Verify)), None),
        ok=False,
    )
    return renewed(unverified, seen)


def system_name() -> str:
    """`Debian GNU/Linux 12 (bookworm), x86_64`."""
    return f"{platform.freedesktop_os_release().get('PRETTY_NAME', 'Linux')}, {platform.machine()}"


def _cuda(cuda: Cuda | None) -> str:
    """`CUDA 13.0.88 (wheels), sm_90, PTX 9.0`; "" for the CPU alone."""
    if cuda is None:
        return ""
    cudnn = f", cuDNN {cuda.cudnn.version}" if cuda.cudnn else ""
    return f"CUDA {cuda.toolkit.version} ({cuda.origin}), {wanted(cuda.sass, cuda.ptx)}{cudnn}"


def _fetched(plan: Plan) -> dict[str, str]:
    """Path -> commit of the submodules that are in the tree; those that stay empty are not."""
    rows = (r for p in plan.steps if isinstance(p.step, FetchSource) for r in p.step.repositories)
    return {r.path: r.commit for r in rows if r.path}


def renewed(receipt: Receipt, seen: Mapping[str, Any]) -> Receipt:
    """The same receipt with what another verification saw."""
    features = msgspec.convert(seen.get("features", []), tuple[FeatureResult, ...])
    checks = msgspec.convert(seen.get("checks", []), tuple[CheckResult, ...])
    ok = bool(checks) and all(f.ok for f in features) and all(c.ok for c in checks)
    return msgspec.structs.replace(receipt, features=features, checks=checks, ok=ok)


def write(receipt: Receipt, path: str) -> None:
    """Write it whole or not at all.

    Raises:
        OSError: the directory cannot be written.
    """
    durable.write(path, msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n")


def read(path: str) -> Receipt | None:
    """The receipt in a file; None where there is none or it is damaged."""
    try:
        found = decoded(Path(path).read_bytes(), Receipt)
    except (OSError, ValueError):
        return None
    return found if found.timely else None
