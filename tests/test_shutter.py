"""The shutter: how long it is open, at how many moments a frame is exposed, and what their mean is."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from render.film.preparing import prepare
from render.film.shooting import bare_picture
from render.film.shutter import MOST, _averaged, exposed, moments, opening_of
from render.landscape import ready
from render.scene.output import Film, Still
from render.stage import camera
from render.stage.body import mesh
from render.stage.lens.lens import Exposure
from render.stage.window.geometry import GeometryPass, Kind
from tests.test_drawing_ready import WAY, home, scene_of, written  # noqa: F401

SIZE = (160, 90)


def take_of(folder, shot: str):
    """Returns the take of a shot of a bowl with a path."""
    extra = [f"shots=[{{surface: a, duration: 2s, {shot}}}]", "look.grain=0"]
    scene = scene_of(folder, written(folder, **WAY), extra=extra)
    return prepare(scene.shots[0], scene.look, [ready.load(scene.surfaces["a"])], 16 / 9)


FAST = "camera: {kind: orbit, azimuth: 0, elevation: 30, sweep: 720, ease: linear, blur: 1}"
STILL = "camera: {kind: fixed, azimuth: 0, elevation: 30, blur: 1}, path: {from: 1}"


def test_the_shutter_is_open_for_its_part_of_a_frame(home):  # noqa: F811
    take = take_of(home, "camera: {kind: orbit, blur: 0.5}")
    assert opening_of(take, Film(size=SIZE, fps=25)) == pytest.approx(0.02)
    assert opening_of(take, Still(size=SIZE, at=1.0)) == pytest.approx(0.5 / 24)


def test_a_frame_is_exposed_once_where_nothing_moves_and_often_where_much_does(home):  # noqa: F811
    assert moments(take_of(home, STILL), 0.5, 0.04, SIZE) == [0.5]
    fast = take_of(home, FAST)
    times = moments(fast, 0.5, 0.04, SIZE)
    assert 4 < len(times) <= MOST and times[0] > 0.5 and times[-1] < 0.54
    np.testing.assert_allclose(np.diff(times), 0.04 / len(times))
    assert moments(fast, 0.5, 0.0, SIZE) == [0.5]
    assert len(moments(fast, 0.5, 0.004, SIZE)) < len(times) < len(moments(fast, 0.5, 0.04, (320, 180)))


def test_exposures_are_averaged_in_linear_light():
    ones = torch.ones(4, 6)

    def plain(light: float, soft: float) -> Exposure:
        picture = torch.full((3, 4, 6), light)
        return Exposure(picture, torch.zeros(3), ones, ones * light, picture, ones * light, ones * soft)

    mean = _averaged([plain(0.0, 1.0), plain(1.0, 0.0), plain(0.2, 0.5)])
    torch.testing.assert_close(mean.picture, torch.full((3, 4, 6), 0.4))
    torch.testing.assert_close(mean.cover, ones * 0.4)
    torch.testing.assert_close(mean.defocus, ones * 0.5)
    torch.testing.assert_close(mean.alpha, ones)


@pytest.mark.slow
def test_what_moves_is_blurred_and_what_does_not_is_as_it_was(home, graphics):  # noqa: F811
    stage = None
    try:
        fast = take_of(home, FAST)
        stage = fast.stage((0,), SIZE, 1)
        sharp = bare_picture(fast, [stage], 0.5).astype(int)
        blurred = bare_picture(fast, [stage], 0.5, opening=0.04).astype(int)
        edges = [np.abs(np.diff(picture.sum(2), axis=1)).max() for picture in (sharp, blurred)]
        assert edges[1] < 0.6 * edges[0]
        times = moments(fast, 0.5, 0.04, SIZE)
        each = [exposed(fast, [stage], time, 0.0)[0].picture for time in times]
        torch.testing.assert_close(exposed(fast, [stage], 0.5, 0.04)[0].picture, torch.stack(each).mean(0))
    finally:
        if stage is not None:
            stage.close()


def test_a_rolled_camera_draws_the_picture_turned(graphics):
    window = GeometryPass(120, 120)
    window.put("ball", Kind.TERRAIN, mesh.ball(np.array([0.2, 0.0, 0.1]), 0.1))
    plain = camera.standing(180, 20, 2, np.zeros(3), 25)
    drawn = [window.draw(replace(plain, roll=roll, shift=shift)) for roll, shift in ((0, (0.2, 0.0)), (90, (0.0, 0.2)))]
    window.close()
    # a camera that is turned clockwise by a right angle sees what it saw, turned the other way
    assert drawn[0].kind.any()
    assert (np.rot90(drawn[0].kind) != drawn[1].kind).mean() < 0.002
