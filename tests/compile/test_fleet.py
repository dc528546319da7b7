from mxbuild.compile.fleet import LONGEST, REST, Fleet
from mxbuild.resolve.workers import parse

SMALL, LARGE = parse("small/1,large/4")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_slots_are_given_by_how_much_of_a_worker_is_free_and_no_more_than_there_are() -> None:
    fleet = Fleet((SMALL, LARGE))
    assert [fleet.take() for _ in range(6)] == [SMALL, LARGE, LARGE, LARGE, LARGE, None]
    fleet.give_back(LARGE)
    assert fleet.take() == LARGE
    assert fleet.take() is None
    assert Fleet(()).take() is None


def test_a_worker_that_fails_rests_and_longer_each_time() -> None:
    clock, told = Clock(), list[tuple[str, str]]()
    fleet = Fleet((SMALL,), lost=lambda worker, why: told.append((worker.name, why)), clock=clock)
    for count in range(8):
        worker = fleet.take()
        assert worker == SMALL
        fleet.give_back(worker)
        fleet.failed(worker, "connection refused")
        fleet.failed(worker, "connection refused")  # another one that was under way to it
        rest = min(LONGEST, REST * 2**count)
        clock.now += rest - 0.1
        assert fleet.take() is None
        clock.now += 0.2
    assert told == [("small", "connection refused")]


def test_the_others_go_on_meanwhile() -> None:
    fleet = Fleet((SMALL, LARGE))
    fleet.failed(LARGE, "no route")
    assert [fleet.take(), fleet.take()] == [SMALL, None]
