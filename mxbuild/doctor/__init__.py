"""How the tool, the machine, and everything that was installed are: facts, and what follows from them."""

from mxbuild.doctor.findings import findings
from mxbuild.doctor.model import Facts, Finding
from mxbuild.doctor.probe import probe

__all__ = ["Facts", "Finding", "findings", "probe"]
