"""The pieces of a model: terrain, cut, base and paths, in metres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from render.errors import DataError
from render.film.panel import Panel
from render.film.take import Take
from render.scene.look import RADIUS_PIXELS
from render.solid import colours, solid_body
from render.solid.model import Material, Piece
from render.stage.body import mesh
from render.stage.body.mesh import Mesh
from render.stage.body.relief import Relief
from render.stage.colour import linear_of

SOLID = ("block", "disc")  # bodies that have walls and a base
SIDES = 12  # of a path's tube
HEAD = 2.2  # radius of the bead at its end / radius of the path


@dataclass(frozen=True)
class Cut:
    """The terrain of a panel, ready to be made into pieces."""

    take: Take
    panel: Panel
    fine: Relief  # as measured, with every hole torn
    mesh: Relief  # of as many cells as the mesh has
    body: solid_body.SolidBody
    scale: float  # metres of a picture width

    @staticmethod
    def of(take: Take, panel: Panel, cells: int, width: float) -> Cut:
        """Returns a panel's terrain, so many cells along its longer axis at most, so many metres wide.

        Raises DataError where nothing of it is left.
        """
        fine = solid_body.torn(panel.relief)
        coarse = solid_body.coarser(fine, cells)
        made = solid_body.body_of(coarse, take.look.body)
        if not len(made.terrain.triangles):
            within = f" within the {take.look.body}" if take.look.body == "disc" else ""
            raise DataError(
                f"surface: no cell{within} holds a value on a mesh of {cells:,}; set look.body=block, or a finer --mesh"
            )
        return Cut(take, panel, fine, coarse, made, width / float(np.ptp(made.terrain.points[:, 0])))

    @property
    def bottom(self) -> float:
        """Height of the base, picture widths."""
        return -self.take.look.walls.thickness


def pieces_of(cut: Cut) -> list[Piece]:
    """Returns everything of a panel that a look shows."""
    shape = cut.take.look.body
    made = [] if shape == "none" else [_terrain(cut)]
    if shape in SOLID and cut.bottom < 0:
        made += [_walls(cut), _base(cut)]
    return [*made, *_paths(cut)]


def _terrain(cut: Cut) -> Piece:
    ramp, material = colours.ramp_of(cut.take), cut.take.look.material
    points, triangles = cut.body.terrain.points, cut.body.terrain.triangles
    skin = Material(
        "terrain",
        colours.terrain_texture(cut.fine, ramp),
        roughness=material.roughness,
        index=material.index,
        two_sided=cut.take.look.body not in SOLID,
    )
    places = colours.terrain_places(cut.fine, points)
    return Piece("terrain", _scaled(points, cut), triangles, solid_body.normals_at(cut.fine, points), skin, places)


def _skin_of_cut(cut: Cut) -> Material:
    texture = colours.cut_texture(cut.mesh, colours.ramp_of(cut.take), cut.bottom)
    return Material("cut", texture, roughness=cut.take.look.material.roughness, index=cut.take.look.material.index)


def _walls(cut: Cut) -> Piece:
    """Returns the faces of the cut; a hole's edge is torn and has none."""
    face, normals = solid_body.walls(cut.body.terrain, cut.body.outer, cut.bottom)
    places = colours.cut_places(cut.mesh, face.points, cut.bottom)
    return Piece("walls", _scaled(face.points, cut), face.triangles, normals, _skin_of_cut(cut), places)


def _base(cut: Cut) -> Piece:
    under = solid_body.base(cut.body, cut.bottom)
    normals = np.tile(np.array([0, 0, -1], np.float32), (len(under.points), 1))
    places = colours.cut_places(cut.mesh, under.points, cut.bottom)
    return Piece("base", _scaled(under.points, cut), under.triangles, normals, _skin_of_cut(cut), places)


def _paths(cut: Cut) -> Iterator[Piece]:
    """Gives the paths that are drawn, whole, each in the light of its own colour."""
    look = cut.take.look
    side = next(side for side, panel in enumerate(cut.take.panels) if panel is cut.panel)
    tints = [look.path.on_side(side), *look.path.others]
    radius = look.path.width[0] / RADIUS_PIXELS
    for line, trail in enumerate(cut.take.trails(cut.panel, cut.take.shot.duration)):
        tubes = [mesh.tube(piece, radius, SIDES) for piece in trail.pieces()]
        if trail.head is not None and look.path.end:
            tubes.append(mesh.ball(trail.head, HEAD * radius))
        if tubes:
            red, green, blue = linear_of(tints[line % len(tints)])
            shine = Material(
                f"path-{line + 1}", None, (red, green, blue), 1 + 2 * min(1.0, look.path.glow), two_sided=True
            )
            yield _round(f"path-{line + 1}", mesh.together(tubes), shine, cut)


def _round(name: str, made: Mesh, material: Material, cut: Cut) -> Piece:
    return Piece(name, _scaled(made.points, cut), made.triangles, rounded(made), material)


def _scaled(points: np.ndarray, cut: Cut) -> np.ndarray:
    return (points.astype(np.float64) * cut.scale).astype(np.float32)


def rounded(made: Mesh) -> np.ndarray:
    """Returns a normal for every point (N, 3) float32, the mean of its triangles' by area."""
    a, b, c = (made.points[made.triangles[:, k]].astype(np.float64) for k in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros((len(made.points), 3))
    for corner in range(3):
        np.add.at(total, made.triangles[:, corner], face)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.where(length > 0, total / np.maximum(length, 1e-30), [0.0, 0.0, 1.0]).astype(np.float32)
