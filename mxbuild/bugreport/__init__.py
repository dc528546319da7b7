"""One archive with all that has to be known of a failure, and nothing that is secret."""

from mxbuild.bugreport.archive import write
from mxbuild.bugreport.parts import Member, collect, redactor

__all__ = ["Member", "collect", "redactor", "write"]
