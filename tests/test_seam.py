"""The seam of a loop: what happens beside it decides, and no cut or fast part elsewhere hides a jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from render.film.seam import SeamReport, SeamWatch
from render.film.timeline import Timeline
from render.scene.time.transition import Transition


def report(places: Sequence[float], shots: Sequence[int] = ()) -> SeamReport:
    """Returns what is said of a film whose every frame is grey; places: their codes."""
    watch = SeamWatch(shots)
    for place in places:
        watch.see(np.full((9, 16, 3), place, np.float32))
    return watch.report()


CIRCLE = list(60 + 50 * np.sin(np.linspace(0, 2 * np.pi, 40, endpoint=False)))


def test_what_goes_on_over_the_seam_is_seamless():
    found = report(CIRCLE)
    assert (found.seamless, found.cut) == (True, False)
    assert found.seam == pytest.approx(found.neighbours, abs=0.01)
    assert found.sentence() == ""


def test_what_rests_at_its_end_and_moves_off_from_the_same_place_is_seamless():
    assert report([10, 14, 18, 22, 18, 14, 10, 10, 10, 10]).seamless


def test_a_still_film_is_seamless():
    assert report([30.0]).seamless and report([30.0] * 5).seamless and report([]).seamless


def test_a_jump_at_the_seam_is_found_where_the_film_is_fast_in_its_middle():
    fast = [10, 11, 12, 13, 60, 100, 60, 20, 21, 22, 23, 24]
    found = report(fast)
    assert not found.seamless and not found.cut
    assert found.sentence().startswith("the loop jumps (14.00 codes from its last frame to its first, and 1.00 at most")


def test_a_jump_at_the_seam_is_found_where_the_film_has_cuts():
    first, second = [10, 11, 12, 13, 14], [200, 201, 202, 203, 204]
    shots = [0] * 5 + [1] * 5
    found = report([*first, *second, *first], [*shots, *[2] * 5])
    assert (found.seam, found.neighbours, found.other_shot) == (4, 1, True)
    assert not found.seamless
    assert report([*first, *second], shots).neighbours == 1  # the cut in the middle is no neighbour


def test_a_cut_from_the_last_shot_to_the_first_is_called_a_cut():
    found = report([10, 11, 12, 200, 201, 202], [0, 0, 0, 1, 1, 1])
    assert found.as_dict() == {"seamless": False, "cut": True, "seam": 192.0, "neighbours": 1.0}
    assert found.sentence().startswith("the loop cuts from its last shot to its first (192.00 codes")


def test_a_last_shot_that_ends_where_the_first_begins_is_no_cut():
    found = report([10, 11, 12, 100, 99, 98, 9, 9], [0, 0, 0, 1, 1, 1, 2, 2])
    assert found.seamless and not found.cut


def test_the_steps_of_a_shot_of_one_frame_are_not_those_of_its_neighbours():
    found = report([10, 90, 91, 92], [0, 1, 1, 1])
    assert (found.seam, found.neighbours) == (82, 1)


def test_a_dissolve_counts_for_the_shot_that_takes_more_of_it():
    timeline = Timeline((1.0, 1.0), 10, (Transition(), Transition(kind="dissolve", duration=0.4)))
    assert timeline.leads == [0] * 8 + [1] * 8
