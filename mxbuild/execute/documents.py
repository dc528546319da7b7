"""What goes along with a wheel and into its environment, besides the receipt, which names each by its SHA-256."""

import hashlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from mxbuild import durable
from mxbuild.execute import provenance, sbom
from mxbuild.model import Plan, Receipt

LARGEST = 4 << 20


def compose(plan: Plan, proof: Receipt, seconds: Mapping[str, float]) -> tuple[Receipt, dict[str, bytes]]:
    """The receipt with the names of its documents, and their contents.

    Raises:
        OSError: the wheel's own statement cannot be read.
    """
    statement = kept(proof)
    if not statement and not proof.origin:  # of what others built, only they can say how
        statement = provenance.compose(plan, proof, seconds)
    texts = {sbom.NAME: sbom.compose(plan, proof)} | ({provenance.NAME: statement} if statement else {})
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    return msgspec.structs.replace(proof, documents=digests), texts


def write(texts: Mapping[str, bytes], *directories: str) -> None:
    """Each into each directory, whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    for directory in directories:
        for name, text in texts.items():
            durable.write(f"{directory}/{name}", text)


def damage(proof: Receipt, directory: str, names: Collection[str] = (provenance.NAME, sbom.NAME)) -> str:
    """The first of the named that is not there as the receipt has it; "" where all are."""
    for name, digest in proof.documents.items():
        if name not in names:
            continue
        try:
            text = Path(directory, os.path.basename(name)).read_bytes()
        except OSError:
            return f"{name} is gone"
        if hashlib.sha256(text).hexdigest() != digest:
            return f"{name} was changed"
    return ""


def kept(proof: Receipt) -> bytes:
    """The statement that is beside the wheel already, made or fetched with it; b"" for none."""
    file = Path(os.path.dirname(proof.wheel), provenance.NAME)
    if not file.is_file() or file.stat().st_size > LARGEST:
        return b""
    text = file.read_bytes()
    return b"" if provenance.wrong(text, proof.wheel_sha256) else text
