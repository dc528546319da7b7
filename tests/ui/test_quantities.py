import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbuild.ui.quantities import duration, memory, remaining, size


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (252, "4 min 12 s"),
     (3599.7, "1 h 00 min"), (3720, "1 h 02 min")],
)  # fmt: skip
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (48_000, "48 kB"), (999_600, "1.0 MB"), (5_200_000, "5.2 MB"),
     (1.3e9, "1.3 GB"), (2e12, "2,000 GB")],
)  # fmt: skip
def test_size(count: float, words: str) -> None:
    assert size(count) == words


def test_memory_is_binary() -> None:
    assert memory(430 * 2**20) == "430 MiB"
    assert memory(1.4 * 2**30) == "1.4 GiB"


@pytest.mark.parametrize(
    ("eta", "words"),
    [(None, "estimating"), ((1, 8), "a few seconds left"), ((3, 25), "about 30 s left"),
     ((41, 58), "about 40-60 s left"),
     ((740, 950), "about 12-16 min left"), ((5000, 5300), "about 83-89 min left"), ((7000, 9100), "about 1.5-3 h left"),
     ((0, 100), "about 2 min left"), ((-5, -1), "a few seconds left"), ((950, 740), "about 12-16 min left")],
)  # fmt: skip
def test_what_remains(eta: tuple[float, float] | None, words: str) -> None:
    assert remaining(eta) == words


@settings(deadline=None)
@given(st.floats(10, 80_000), st.floats(0, 80_000))
def test_an_estimate_is_never_narrower_than_what_is_known(low: float, more: float) -> None:
    words = remaining((low, low + more))
    number, unit = words.removeprefix("about ").rsplit(" ", 1)[0].rsplit(" ", 1)
    first, _, last = number.partition("-")
    seconds = {"s": 1, "min": 60, "h": 3600}[unit]
    assert float(last or first) * seconds >= low + more - 1e-6
    if last:
        assert float(first) * seconds <= low + 1e-6
