"""Schedules: the factors of a learning rate, against their formulas."""

import itertools
import math

import pytest

from render.descent.schedules import factor
from render.scene import training as spec


def factors(settings, steps: int = 100) -> list[float]:
    return [factor(settings, step, steps) for step in range(steps)]


def test_a_constant_rate_is_constant():
    assert set(factors(spec.Constant())) == {1.0}


def test_a_warm_up_rises_evenly_to_the_full_rate():
    found = factors(spec.Constant(warmup=4))
    assert found[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_a_cosine_falls_from_one_to_its_floor():
    found = factors(spec.Cosine(floor=0.1))
    assert found[0] == 1 and found[50] == pytest.approx(0.55) and found[-1] == pytest.approx(0.1, abs=1e-3)
    assert all(a > b for a, b in itertools.pairwise(found))


def test_a_step_falls_by_its_factor_again_and_again():
    found = factors(spec.StepDown(every=30, factor=0.5))
    assert [found[k] for k in (0, 29, 30, 59, 60, 99)] == [1, 1, 0.5, 0.5, 0.25, 0.125]


def test_one_cycle_rises_to_its_peak_and_falls_to_its_end():
    found = factors(spec.OneCycle(peak=0.4, start=0.04, end=0.01))
    assert found[0] == pytest.approx(0.04) and found.index(max(found)) == 40 and found[40] == 1
    assert found[20] == pytest.approx(0.52) and found[70] == pytest.approx(0.01 + 0.99 / 2)
    assert found[-1] == pytest.approx(0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * 59 / 60)))


@pytest.mark.parametrize("settings", [spec.Cosine(warmup=10), spec.StepDown(every=5, warmup=10)])
def test_a_schedule_begins_behind_its_warm_up(settings):
    plain = type(settings).model_validate({**settings.model_dump(), "warmup": 0})
    assert factors(settings)[10:] == factors(plain, 90)
