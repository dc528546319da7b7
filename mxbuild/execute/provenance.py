"""What a wheel was made of, by what and how: an in-toto statement with SLSA's provenance (slsa.dev/provenance/v1).

Nobody signs it: it says what mxbuild did, to those who trust the machine that it ran on. It is of the wheel, and goes
where the wheel goes; another environment with the same wheel, or another machine that fetched it, keeps it as it is.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mxbuild.foreign import decoded
from mxbuild.model import Plan, Receipt

NAME = "provenance.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:mxbuild:make:v1"
BUILDER = "urn:mxbuild:builder"


class Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, frozen=True):
    """As much of one as is needed to know of which wheel it is."""

    subject: tuple[Subject, ...]
    predicate: dict[str, Any]
    kind: str = msgspec.field(name="_type")
    predicate_type: str = msgspec.field(name="predicateType")


def wrong(text: bytes, wheel_sha256: str) -> str:
    """Why this is no statement about the wheel; "" where it is one."""
    try:
        found = decoded(text, Statement)
    except ValueError as error:
        return f"it is no statement: {error}"
    if (found.kind, found.predicate_type) != (STATEMENT, PREDICATE):
        return "it is no statement of provenance"
    return "" if any(one.digest.get("sha256") == wheel_sha256 for one in found.subject) else "it is of another wheel"


def compose(plan: Plan, proof: Receipt, seconds: Mapping[str, float]) -> bytes:
    """The statement about the wheel of a plan that was carried out here.

    Args:
        seconds: step id -> time that it took.
    """
    build = plan.build
    wheel = os.path.basename(proof.wheel)
    asked = {
        "recipe": proof.recipe,
        "release": proof.release,
        "device": build.device,
        "features": build.request.wanted,
        "flags": build.request.flags,
        "target": build.request.target,
    }
    decided = {
        "fingerprint": proof.fingerprint,
        "make": [build.recipe.make.target, *(f"{v.name}={v.value}" for v in build.variables)],
        "environment": build.environment,
        "source_flags": build.source_flags,
        "target": build.target.text,
        "cuda": proof.cuda,
        "features": {f.name: "on" if f.on else "off" for f in build.features},
        "rules": [rule.id for rule in build.rules],
        "substitutions": [msgspec.to_builtins(s) for s in (*build.substitutions, *build.package_substitutions)],
        "modules_in_front": build.shims,
    }
    by = {"mxbuild": proof.mxbuild, build.compiler.family: build.compiler.version}
    by |= {tool.name: tool.version for tool in (*build.programs, *([build.ccache] if build.ccache else []))}
    began = proof.finished - sum(seconds.values())
    statement = {
        "_type": STATEMENT,
        "subject": [
            {"name": wheel, "digest": {"sha256": proof.wheel_sha256}},
            {"name": os.path.basename(build.recipe.make.library), "digest": {"sha256": proof.library_sha256}},
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": asked,
                "internalParameters": decided,
                "resolvedDependencies": list(_materials(plan, proof)),
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": by},
                "metadata": {
                    "invocationId": f"{proof.fingerprint}-{int(proof.finished)}",
                    "startedOn": _when(began),
                    "finishedOn": _when(proof.finished),
                },
            },
        },
    }
    return msgspec.json.format(msgspec.json.encode(statement), indent=1) + b"\n"


def _materials(plan: Plan, proof: Receipt) -> Iterator[dict[str, Any]]:
    """Source by commit, Debian packages and compiler by version, NVIDIA's wheels by hash."""
    build = plan.build
    source = build.recipe.source
    yield {"uri": f"git+{source.url}@{source.tag}", "digest": {"gitCommit": proof.commit}}
    extra = build.request.extra_operators
    for name, digest in extra.files.items() if extra else ():
        yield {"name": f"extra operators: {name}", "digest": {"sha256": digest}}
    for path, commit in proof.submodules.items():
        module = source.submodules.get(path)
        yield {"name": path, "uri": f"git+{module.url}" if module else path, "digest": {"gitCommit": commit}}
    vendor = "ubuntu" if "Ubuntu" in proof.host else "debian"
    for name, version in proof.packages.items():
        if version:
            yield {"name": name, "uri": f"pkg:deb/{vendor}/{name}@{version}"}
    yield {"name": build.compiler.cxx, "annotations": {"version": build.compiler.version}}
    for pin in build.cuda.bundle.packages if build.cuda and build.cuda.bundle else ():
        name, *hashes = pin.split(" --hash=sha256:")
        yield {"name": name, "uri": f"pkg:pypi/{name.replace('==', '@')}", "digest": {"sha256": hashes[0]}}


def _when(seconds: float) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
