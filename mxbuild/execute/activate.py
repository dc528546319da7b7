"""The last step: the receipt beside the wheel and into the environment, then `current` leads there."""

import os
import time
from collections.abc import Mapping

from mxbuild.errors import BuildError
from mxbuild.execute import documents, receipt, switch
from mxbuild.model import Activate, JournalEntry, Outcome, Receipt


def run(step: Activate, proof: Receipt, texts: Mapping[str, bytes]) -> Outcome:
    """Write the receipts and the documents that they name, then switch, in one rename.

    Raises:
        BuildError: `current` is not ours to replace, or the disk refuses.
    """
    started = time.monotonic()
    try:
        documents.write(texts, os.path.dirname(step.wheel), step.environment)
        receipt.write(proof, f"{os.path.dirname(step.wheel)}/receipt.json")
        if os.path.lexists(step.current) and not os.path.islink(step.current):
            raise BuildError(
                f"{step.current} is no link of mxbuild's", remedy="move it away, then run the same command again"
            )
        receipt.write(proof, step.receipt)
        switch.to(step.current, step.environment)
    except OSError as error:
        raise BuildError(f"the receipt or the link {step.current} cannot be written: {error.strerror}") from error
    return Outcome(id=step.id, status="done", seconds=time.monotonic() - started, detail=step.environment)


def damage(step: Activate, entry: JournalEntry) -> str:  # noqa: ARG001
    """Whether the receipt is there and `current` leads to the environment."""
    proof = receipt.read(step.receipt)
    if proof is None:
        return "the receipt is gone"
    if said := documents.damage(proof, step.environment):
        return said
    if os.path.realpath(step.current) != os.path.realpath(step.environment):
        return "another environment is the current one"
    return ""
