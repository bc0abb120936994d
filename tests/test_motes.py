"""A body of points: every cell adds its light, whatever the size of the picture, and no grid shows a pattern."""

import numpy as np
import pytest
import torch

from render.stage import camera
from render.stage.body.motes import FAR_LIGHT, Motes
from render.stage.body.relief import Relief, Scale

ABOVE = camera.standing(180, 89.9, 2.0, np.zeros(3), 30)
SPAN = (1.6, 2.4)


def points(side: int, height: float = 0.0, measured: np.ndarray | None = None) -> Motes:
    level = np.zeros((side, side), np.float32)
    made = Relief(level, level == 0, 0.3, 1.0, Scale(None, 0.0, 1.0))
    shown = np.ones((side, side), bool) if measured is None else measured
    motes = Motes.of(made, shown, torch.ones(side, side, 3), (0.0, 0.0))
    return Motes(motes.places + np.array([0, 0, height]), motes.colours)


def picture(motes: Motes, rows: int, view: camera.View = ABOVE, span=SPAN) -> torch.Tensor:
    return motes.picture(view, (rows * 16 // 9, rows), rows / 1080, span)


@pytest.mark.parametrize("side", [60, 300, 700], ids=["sparse", "dense", "finer than pixels"])
def test_the_light_of_a_cloud_is_its_share_of_any_picture(side):
    sums = [float(picture(points(side), rows)[0].sum()) / rows**2 for rows in (180, 360, 720)]
    np.testing.assert_allclose(sums, sums[-1], rtol=0.1)


def test_every_measured_cell_adds_the_same_light_and_the_others_none():
    whole = np.ones((80, 80), bool)
    holed = whole.copy()
    holed[30:40, 30:50] = False
    all_, some = (float(picture(points(80, measured=shown), 720)[0].sum()) for shown in (whole, holed))
    assert some / all_ == pytest.approx(holed.mean(), abs=0.02)


@pytest.mark.parametrize("side", [330, 500, 611, 900])
def test_a_plane_of_points_finer_than_pixels_has_no_moire(side):
    light = picture(points(side), 360)[0].numpy()
    rows, columns = np.nonzero(light > 0.5 * np.median(light[light > 0]))
    inner = light[rows.min() + 12 : rows.max() - 12, columns.min() + 12 : columns.max() - 12]
    assert inner.shape[0] > 200
    assert inner.std() / inner.mean() < 0.02
    spectrum = np.abs(np.fft.rfft2(inner / inner.mean() - 1)) * 2 / inner.size
    assert spectrum.max() < 0.02


def test_points_farther_away_are_fainter():
    """Sparse points are as wide near as far, so their light is their brightness: 1 to FAR_LIGHT over the span."""
    wide = camera.standing(180, 89.9, 2.0, np.zeros(3), 45)
    near, far = (float(picture(points(40, height), 720, wide)[0].sum()) for height in (0.4, -0.4))
    assert far / near == pytest.approx(FAR_LIGHT, rel=0.02)


def test_what_lies_beside_the_picture_or_behind_the_eye_leaves_nothing():
    aside = camera.View(np.array([5.0, 0, 0.5]), np.array([9.0, 0, 0.5]), 30)
    assert float(picture(points(30), 180, aside, (3.0, 6.0)).abs().sum()) == 0
