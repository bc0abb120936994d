"""Cameras: azimuths are clockwise from +β, and the framing holds what it should."""

import numpy as np

from render.stage import camera
from render.stage.body.relief import Relief, Scale
from render.stage.camera import Frame
from render.stage.light.horizon import horizons

ORIGIN = np.zeros(3)


def valley_open_to(azimuth: float, size: int = 81) -> Relief:
    """A horseshoe wall around the middle that is open towards one azimuth."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    towards = np.degrees(np.arctan2(x, y)) - azimuth
    away = np.abs((towards + 180) % 360 - 180)
    wall = np.exp(-(((np.hypot(x, y) - 0.75) / 0.1) ** 2)) * (away > 60)
    return Relief(wall.astype(np.float32), np.isfinite(wall), 0.5, 1.0, Scale(None, 0.0, 1.0))


def test_a_camera_at_azimuth_180_has_alpha_to_its_right_and_beta_ahead():
    right, up, forward = camera.standing(180, 0.001, 2, ORIGIN, 30).axes
    np.testing.assert_allclose(right, [1, 0, 0], atol=1e-4)
    np.testing.assert_allclose(forward, [0, 1, 0], atol=1e-4)
    np.testing.assert_allclose(up, [0, 0, 1], atol=1e-4)


def test_a_point_at_the_edge_of_the_view_angle_is_projected_to_one_half_height():
    view = camera.standing(180, 0.0, 2, ORIGIN, 40)
    point = np.array([[0.0, 0.0, 2 * np.tan(np.radians(20))]])
    np.testing.assert_allclose(view.project(point), [[0, 1, 2]], atol=1e-9)


def test_framing_fills_the_frame_and_centres_what_it_shows():
    points = np.random.default_rng(0).uniform(-0.5, 0.5, size=(200, 3)) * [1, 1, 0.3]
    frame = Frame(aspect=16 / 9, fill=0.8, raised=0.1)

    def stand(distance):
        return [camera.standing(azimuth, 30, distance, ORIGIN, 30) for azimuth in (0, 40)]

    views = stand(camera.fitting(points, stand, frame))
    shares = []
    for view in views:
        taken, shift = camera.framed(points, view, frame)
        shown = camera.View(view.position, view.target, view.angle, shift).project(points)
        shares.append(max(np.ptp(shown[:, 0]) / 2 / frame.aspect, np.ptp(shown[:, 1]) / 2))
        assert abs(taken - shares[-1] / 0.8) < 1e-9
        middle = (shown[:, :2].min(0) + shown[:, :2].max(0)) / 2
        np.testing.assert_allclose(middle, [0, 0.1], atol=1e-6)
    assert abs(max(shares) - 0.8) < 1e-3


def test_a_wall_hides_what_lies_behind_it_and_nothing_in_front():
    around = horizons(valley_open_to(180), "disc", np.array([[0.0, 0.0, 0.005]]), np.array([180.0, 0.0]))[:, 0]
    assert around[0] < 20 < around[1] < 80


def test_a_camera_that_looks_straight_down_has_alpha_to_its_right_and_beta_up():
    for azimuth in (180, 0, 77):
        right, up, forward = camera.standing(azimuth, 90, 2, ORIGIN, 30).axes
        np.testing.assert_allclose([right, up, forward], [[1, 0, 0], [0, 1, 0], [0, 0, -1]], atol=1e-9)
