"""The failure book: what a line of a log means, and what to do about it.

The book itself is `data/failures.toml`; each entry names where its words come from, and has such lines as its example.
"""

from mxbuild.failures.entries import book
from mxbuild.failures.model import Diagnosis, ErrorLine, Explanation, Failure
from mxbuild.failures.scan import diagnose

__all__ = ["Diagnosis", "ErrorLine", "Explanation", "Failure", "book", "diagnose"]
