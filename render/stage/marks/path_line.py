"""The line of a path as geometry for one view: thick near and thin far, with a ring where it begins and a bead where
it has come to.

Widths are told in pixels of a picture 1080 rows high, so a close camera makes no hose of a line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.stage.body import mesh
from render.stage.body.mesh import Mesh, height_at
from render.stage.body.relief import Relief
from render.stage.camera import View
from render.stage.marks.trail import Trail
from render.stage.window.geometry import NEAR_PLANE

SIDES = 12  # of the tube
SEAT = 0.3  # of half its width, that a line is raised: the terrain's own triangles would nibble at its sides
BEAD = 2.6  # radius of the bead / half width of the line
SMALL, MOST_BEADS = 1.6, 2000  # radius of the beads on the way / half width of the line, and how many are drawn
RING = 2.6  # radius of the ring / half width of the line
RING_TUBE = 0.5  # half width of the ring's own line / half width of the line
RING_STEPS = 48
MARK = 1.5  # radius of the bead that marks a place / half width of the line
LEAST = 1e-4  # picture widths


@dataclass(frozen=True)
class Pen:
    """How thick lines are on one picture."""

    view: View
    widths: tuple[float, float]  # near and far, pixels of 1080 rows
    span: tuple[float, float]  # nearest and farthest of the object, picture widths along the view

    def half(self, points: np.ndarray) -> np.ndarray:
        """Returns half the width of the line at points (n, 3), picture widths, (n,)."""
        ahead = np.maximum(self._ahead(points - self.view.position), 1e-3)
        share = np.clip((ahead - self.span[0]) / max(1e-6, self.span[1] - self.span[0]), 0, 1)
        pixels = self.widths[0] + (self.widths[1] - self.widths[0]) * share
        around = self.view.around
        high = around.angle if around else 2 * np.tan(np.radians(self.view.angle) / 2)  # of the picture, at distance 1
        return np.maximum(0.5 * pixels * (high * ahead / 1080), LEAST)

    def _ahead(self, ways: np.ndarray) -> np.ndarray:
        """Returns how far ways (..., 3) from the eye go ahead, picture widths."""
        return np.linalg.norm(ways, axis=-1) if self.view.around else ways @ self.view.axes[2]

    def nearer(self, point: np.ndarray, radius: float) -> tuple[np.ndarray, float]:
        """Returns a ball's middle and radius before everything else, where it looks the same: no crest cuts it."""
        way = point - self.view.position
        ahead = max(0.97 * self.span[0], 1.5 * NEAR_PLANE)  # a camera among the terrain has some of it at its very eye
        share = min(1.0, ahead / max(1e-6, float(self._ahead(way))))
        return self.view.position + share * way, share * radius


def tube_of(trail: Trail, pen: Pen, skipped: float = 0.0) -> tuple[Mesh, np.ndarray] | None:
    """Returns the tube around what is shown of a trail, or None.

    With it comes the place of each vertex along it in 0..1, or what the trail's manner tells there.

    skipped: picture widths at its beginning that are left out, for the ring.
    """
    stretches = without_start(trail, skipped)
    if not stretches:
        return None
    half = trail.manner.widened(pen.half(trail.points))
    seated = trail.points + np.outer(SEAT * half, (0.0, 0.0, 1.0))
    tubes = [mesh.tube(seated[stretch], half[stretch], SIDES) for stretch in stretches]
    told = trail.manner.told
    count = sum(stretch.stop - stretch.start for stretch in stretches)
    values = np.linspace(0.0, 1.0, count) if told is None else np.concatenate([told[stretch] for stretch in stretches])
    return mesh.together(tubes), np.repeat(values, SIDES)


def without_start(trail: Trail, skipped: float) -> list[slice]:
    """Returns the stretches of a trail but for so much of its beginning, picture widths."""
    stretches = trail.stretches()
    if not stretches or not skipped or not trail.shown[0]:
        return stretches
    first = stretches[0]
    flat = trail.points[first, :2]
    kept = np.linalg.norm(flat - flat[0], axis=1) >= skipped
    rest = slice(first.start + (int(np.argmax(kept)) if kept.any() else len(flat)), first.stop)
    return [stretch for stretch in (rest, *stretches[1:]) if stretch.stop - stretch.start > 1]


def bead(trail: Trail, pen: Pen) -> Mesh | None:
    """Returns the bead at the end of what has been walked, seated on the line, or None beyond the terrain."""
    if trail.head is None:
        return None
    radius = BEAD * float(pen.half(trail.head[None])[0])
    return mesh.ball(*pen.nearer(trail.head + np.array([0, 0, 0.35 * radius]), radius))


def beads(trail: Trail, pen: Pen) -> Mesh | None:
    """Returns small beads at the marked places of a trail, or None where there are none."""
    if not len(trail.beads):
        return None
    balls = [mesh.ball(place, SMALL * float(pen.half(place[None])[0]), 8) for place in trail.beads[:MOST_BEADS]]
    return mesh.together(balls)


def ring_radius(trail: Trail, pen: Pen) -> float:
    """Returns the radius of the ring at the beginning, picture widths."""
    return RING * float(pen.half(trail.points[:1])[0])


def ring(relief: Relief, trail: Trail, pen: Pen) -> Mesh | None:
    """Returns the hollow ring where a path begins, lying on the terrain, or None beyond it or beneath its head."""
    radius = ring_radius(trail, pen)
    if not trail.shown[0] or trail.way < radius:
        return None
    turn = np.linspace(0, 2 * np.pi, RING_STEPS + 1)
    flat = trail.points[0, :2] + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
    raised = trail.points[0, 2] - height_at(relief, *trail.points[:1, :2].T)
    circle = np.column_stack([flat, height_at(relief, flat[:, 0], flat[:, 1]) + raised])
    return mesh.tube(circle, RING_TUBE * pen.half(circle), SIDES)


def lowest(relief: Relief, place: np.ndarray, pen: Pen) -> Mesh:
    """Returns the bead on the terrain that marks a place (2,)."""
    point = np.array([*place, float(height_at(relief, place[:1], place[1:])[0])])
    radius = MARK * float(pen.half(point[None])[0])
    return mesh.ball(point + np.array([0, 0, 0.5 * radius]), radius)
