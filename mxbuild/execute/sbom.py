"""The bill of materials of an environment, as CycloneDX has it: what is in it, from where, in which version."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mxbuild.model import Plan, Receipt

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

NAME = "sbom.cdx.json"


def compose(plan: Plan, proof: Receipt) -> bytes:
    """The bill of an environment: MXNet with its repositories, its Python packages, the Debian packages it needs.

    The same receipt gives the same bytes.
    """
    from datetime import datetime, timezone

    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot5
    from packageurl import PackageURL

    name = plan.build.recipe.name
    product = Component(
        name=name,
        version=proof.release,
        type=ComponentType.LIBRARY,
        bom_ref="product",
        purl=PackageURL("generic", None, name, proof.release),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=proof.wheel_sha256)],
    )
    parts = list(_parts(plan, proof))
    bom = Bom(components=parts, serial_number=uuid.uuid5(uuid.NAMESPACE_OID, f"{proof.wheel_sha256} {proof.finished}"))
    bom.metadata.component = product
    bom.metadata.timestamp = datetime.fromtimestamp(int(proof.finished), timezone.utc)
    bom.metadata.tools.components.add(
        Component(name="mxbuild", version=proof.mxbuild, type=ComponentType.APPLICATION, bom_ref="mxbuild")
    )
    bom.register_dependency(product, parts)
    return JsonV1Dot5(bom).output_as_string(indent=1).encode() + b"\n"


def _parts(plan: Plan, proof: Receipt) -> Iterator["Component"]:
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    source, kind = plan.build.recipe.source, ComponentType.LIBRARY
    rows = [("source", source.url, proof.commit)]
    rows += [
        (path, source.submodules[path].url if path in source.submodules else path, commit)
        for path, commit in proof.submodules.items()
    ]
    for path, url, commit in rows:
        title = url.rstrip("/").rpartition("/")[2].removesuffix(".git")
        yield Component(
            name=title, version=commit, type=kind, bom_ref=f"git:{path}",
            purl=PackageURL("generic", None, title, commit, {"vcs_url": f"git+{url}@{commit}"}),
            external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(url))],
        )  # fmt: skip
    wheels = {pin.partition("==")[0].lower(): pin.split(" --hash=sha256:")[1:] for pin in plan.build.locked}
    for name, version in proof.python_packages.items():
        if name.lower() != plan.build.recipe.name:
            hashes = wheels.get(name.lower().replace("_", "-"), [])
            yield Component(
                name=name, version=version, type=kind, bom_ref=f"pypi:{name}",
                purl=PackageURL("pypi", None, name, version),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=h) for h in hashes] if len(hashes) == 1 else [],
            )  # fmt: skip
    vendor = "ubuntu" if "Ubuntu" in proof.host else "debian"
    for name, version in proof.packages.items():
        if version:
            place = PackageURL("deb", vendor, name, version)
            yield Component(name=name, version=version, type=kind, bom_ref=f"deb:{name}", purl=place)
