"""Shares: workers of any pace draw every frame once, each frames that follow each other, and end together."""

from __future__ import annotations

import heapq
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.works.shares import TOGETHER, Shares


def drawn(numbers: list[int], paces: list[float], cuts: tuple[int, ...] = ()):
    """Lets made-up workers draw; returns the errands of each, and when each was done. paces: seconds for a frame."""
    shares = Shares(numbers, len(paces), lambda number: sum(number >= cut for cut in cuts))
    errands, ends, at_work = defaultdict(list), [0.0] * len(paces), []

    def send(worker: int, now: float) -> None:
        errand = next(shares, None)
        if errand is not None:
            errands[worker].append(errand)
            heapq.heappush(at_work, (now + paces[worker] * len(errand), worker, errand[0]))

    for worker in range(len(paces)):
        send(worker, 0.0)
    while at_work:
        now, worker, first = heapq.heappop(at_work)
        ends[worker] = now
        shares.done_by(str(worker), first)
        send(worker, now)
    return errands, ends


def breaks(errands: list[tuple[int, ...]]) -> int:
    """Returns how often a worker leaves the frames that follow each other."""
    return sum(before[-1] + 1 != after[0] for before, after in pairwise(errands))


def test_workers_of_one_pace_each_draw_a_half_without_a_break():
    errands, ends = drawn(list(range(200)), [1.0, 1.0])
    assert [breaks(each) for each in errands.values()] == [0, 0]
    assert ends == [100, 100]


def test_films_of_two_shots_give_each_worker_one():
    errands, _ = drawn(list(range(100)), [1.0, 1.0], cuts=(50,))
    assert {number >= 50 for errand in errands[0] for number in errand} == {False}
    assert {number >= 50 for errand in errands[1] for number in errand} == {True}


def test_a_worker_that_is_slow_leaves_frames_to_the_others_and_all_end_together():
    errands, ends = drawn(list(range(240)), [1.0, 3.0, 1.0])
    assert max(ends) < 1.1 * 240 / (1 + 1 / 3 + 1)
    assert sum(map(breaks, errands.values())) <= 12


def test_an_errand_keeps_to_one_shot():
    errands, _ = drawn(list(range(100)), [1.0, 1.7], cuts=(13, 40, 41))
    for errand in (errand for each in errands.values() for errand in each):
        assert len({sum(number >= cut for cut in (13, 40, 41)) for number in errand}) == 1


@given(
    numbers=st.lists(st.integers(0, 400), unique=True, max_size=120).map(sorted),
    paces=st.lists(st.floats(0.1, 5), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 400), max_size=4).map(tuple),
)
def test_every_frame_is_drawn_once(numbers, paces, cuts):
    errands, _ = drawn(numbers, paces, cuts)
    every = [errand for each in errands.values() for errand in each]
    assert sorted(number for errand in every for number in errand) == numbers
    assert all(0 < len(errand) <= TOGETHER for errand in every)


def test_a_worker_that_never_comes_back_keeps_no_share_to_itself():
    shares = Shares(list(range(40)), 2, lambda number: 0)
    lost, first = next(shares), next(shares)
    found = list(first)
    while first is not None:
        shares.done_by("one", first[0])
        first = next(shares, None)
        found += first or ()
    assert sorted([*lost, *found]) == list(range(40))


@pytest.mark.parametrize("workers", [0, 1, 9])
def test_any_number_of_workers_has_shares(workers):
    assert sorted(number for errand in Shares([3, 4, 7], workers, lambda number: 0) for number in errand) == [3, 4, 7]
