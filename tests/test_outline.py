"""Outlines: where a ray enters a body and which side is nearest, against what walking in small steps finds."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from render.stage.body.outline import entry, nearest_side, outline_of
from render.stage.body.relief import Relief, Scale

BODIES = ["block", "disc"]
STEP = 1e-3  # picture widths
place, turn, depths = st.floats(-1, 1), st.floats(0, 2 * np.pi), st.floats(0.3, 1.5)


def outline(body: str, depth: float) -> torch.Tensor:
    level = np.zeros((9, 9), np.float32)
    return outline_of(Relief(level, level == 0, 0.3, depth, Scale(None, 0.0, 1.0)), body)


def within(outline: torch.Tensor, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if len(outline) == 1:
        return np.hypot(x / float(outline[0, 0]), y / float(outline[0, 1])) <= 1
    sides = outline.numpy()[:, :, None]
    return (sides[:, 0] * x + sides[:, 1] * y <= sides[:, 2]).all(0)


@pytest.mark.parametrize("body", BODIES)
@example(0.0, 0.15, 0.0, 0.3)  # along a side
@given(place, place, turn, depths)
def test_a_ray_enters_and_leaves_where_walking_finds_it(body, x, y, angle, depth):
    shape, way = outline(body, depth), np.arange(-4, 4, STEP)
    dx, dy = np.cos(angle), np.sin(angle)
    inside = way[within(shape, x + way * dx, y + way * dy)]
    enter, leave = (float(time[0]) for time in entry(*(torch.tensor([part]) for part in (x, y, dx, dy)), shape))
    if len(inside) == 0:
        assert leave - enter < 0.1  # a corner may be missed by a step
    else:
        assert enter == pytest.approx(inside[0], abs=0.02) and leave == pytest.approx(inside[-1], abs=0.02)


@given(place, place, depths)
def test_a_point_lies_as_far_within_a_block_as_its_nearest_side_is(x, y, depth):
    inset, (nx, ny) = nearest_side(torch.tensor([x]), torch.tensor([y]), outline("block", depth))
    gaps = {(1, 0): 0.5 - x, (-1, 0): 0.5 + x, (0, 1): 0.5 * depth - y, (0, -1): 0.5 * depth + y}
    assert float(inset) == pytest.approx(min(gaps.values()), abs=1e-6)
    assert gaps[round(float(nx)), round(float(ny))] == pytest.approx(float(inset), abs=1e-6)


@given(turn, st.floats(0.97, 1.03), depths)
def test_near_the_edge_of_a_disc_the_distance_and_its_normal_are_exact(angle, share, depth):
    """To first order: the distance from an ellipse is its implicit function over the length of its gradient."""
    across, up = (float(radius) for radius in outline("disc", depth)[0, :2])
    x, y = share * across * np.cos(angle), share * up * np.sin(angle)
    edge = np.linspace(0, 2 * np.pi, 20_000)
    away = np.hypot(across * np.cos(edge) - x, up * np.sin(edge) - y)
    inset, (nx, ny) = nearest_side(torch.tensor([x]), torch.tensor([y]), outline("disc", depth))
    assert abs(float(inset)) == pytest.approx(away.min(), abs=2e-3)
    assert (float(inset) > 0) == (share < 1) or abs(share - 1) < 1e-4
    assert float(nx) ** 2 + float(ny) ** 2 == pytest.approx(1, abs=1e-4)
