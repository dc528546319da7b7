"""Recorded answers to operator cases, and how a library compares with them."""

from typing import Literal

from mxbuild.model.base import Struct

Array = tuple[str, tuple[int, ...], str]
"""dtype, shape, base64 of the little-endian values."""


class Answers(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What another build of the same release (or numpy) said; measured, and nothing of upstream's."""

    format: Literal[1] = 1
    release: str
    origin: str
    """What computed them: "PyPI wheel mxnet 0.12.1"."""
    python: str
    numpy: str
    date: str
    """Of the recording: 2026-11-25."""
    processor: str
    cases: dict[str, dict[str, Array] | str]
    """`group.case` -> arrays by name, or why there are none ("there is no nd.LayerNorm")."""

    @property
    def source(self) -> str:
        """`the PyPI wheel mxnet 0.12.1 (Python 3.8.18, numpy 1.23.5, 2026-11-25)`."""
        return f"{self.origin} (Python {self.python}, numpy {self.numpy}, {self.date})"


class CaseResult(Struct, kw_only=True, frozen=True):
    """A case in one library against its recorded answer."""

    case: str
    """`group.case`."""
    status: Literal["passed", "failed", "absent", "not run"]
    """absent: the release does not have what the case needs, and did not when answers were recorded."""
    worst: float = 0.0
    """The greatest difference, as a share of what the case allows."""
    detail: str = ""
    seconds: float = 0.0


class Comparison(Struct, kw_only=True, frozen=True):
    """All cases of a library against the recorded answers."""

    origin: str
    """Where the answers come from."""
    results: tuple[CaseResult, ...]

    @property
    def bad(self) -> tuple[CaseResult, ...]:
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def ok(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return not self.bad and any(result.status == "passed" for result in self.results)

    @property
    def counted(self) -> str:
        """`58 of 58 cases as recorded, 3 not in this release, 2 not run`."""
        number = {status: sum(r.status == status for r in self.results) for status in ("passed", "absent", "not run")}
        tried = len(self.results) - number["absent"] - number["not run"]
        rest = [f"{number[s]} {text}" for s, text in (("absent", "not in this release"), ("not run", "not run"))
                if number[s]]  # fmt: skip
        return ", ".join([f"{number['passed']} of {tried} cases as recorded", *rest])
