"""What stands on a stage: the meshes of bodies, of the lines that paths leave, and of marks, in a geometry pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from render.scene import look as spec
from render.scene.pathlight import PathLight
from render.stage import line, mesh
from render.stage.camera import View
from render.stage.cast import Cast
from render.stage.fire import ink_of
from render.stage.geometry import GeometryPass, Kind
from render.stage.line import Pen
from render.stage.trail import Trail
from render.stage.uniforms import MOST_PATHS

STRAY = 0.2  # pixels by which a coarser mesh may stray from the measured heights
SHEET = 0.006  # thickness of a sheet, picture widths
LOWEST_APART = 0.025  # picture widths between the end of a path and the lowest point, from which on both are marked


def put_body(geometry: GeometryPass, index: int, cast: Cast, look: spec.LookPreset, rows: int) -> None:
    """Puts the meshes of a body on a stage, for pictures of so many rows."""
    relief = cast.placed.relief
    if look.body in ("points", "none"):
        return
    drawn = mesh.coarse(relief, STRAY / rows)
    top = mesh.terrain(drawn, look.body)
    hollow = relief.inland is not None

    def put(part: str, kind: Kind, made: mesh.Mesh | None, back: Kind | None) -> None:
        geometry.put(f"body {index} {part}", kind, cast.moved(made), line=index, back=back)

    if look.body == "sheet":
        put("top", Kind.TERRAIN, top, Kind.NOTHING)
        put("under", Kind.UNDERSIDE, mesh.lower_side(top, SHEET), Kind.NOTHING)
        put("hem", Kind.WALL, mesh.hem(drawn, top, look.body, SHEET), None)
        return
    # a body with holes is hollow: its inside could be seen, which has no light of its own
    put("top", Kind.TERRAIN, top, Kind.NOTHING if hollow else None)
    put("wall", Kind.WALL, mesh.wall(drawn, top, look.body, -look.walls.thickness), Kind.NOTHING if hollow else None)


def put_paths(
    geometry: GeometryPass,
    cast: Sequence[Cast],
    trails: Sequence[Sequence[Trail]],
    look: spec.LookPreset,
    seen: tuple[View, tuple[float, float]],
) -> None:
    """Puts the lines of paths on a stage as a view sees them: the view, and the nearest and farthest of the bodies."""
    view, span = seen
    for index, (each, own) in enumerate(zip(cast, trails, strict=True)):
        moved = View(view.position - each.shift, view.target - each.shift, view.angle, view.shift)
        pen = Pen(moved, look.path.width, span)
        for number in range(MOST_PATHS):
            trail = own[number] if number < len(own) else None
            _put_path(geometry, f"{index} {number}", each, trail, (pen, look.path, ink_of(look.path, index, number)))
        geometry.put(f"mark {index}", Kind.MARK, _mark(each, own, pen, look))


def _put_path(
    geometry: GeometryPass, name: str, cast: Cast, trail: Trail | None, how: tuple[Pen, PathLight, int]
) -> None:
    pen, style, ink = how
    parts: dict[str, mesh.Mesh | None] = dict.fromkeys(("line", "ring", "bead", "beads"))
    along = None
    if trail is not None:
        skipped = line.ring_radius(trail, pen) if style.start else 0.0
        parts["line"], along = line.tube_of(trail, pen, skipped) or (None, None)
        parts["ring"] = line.ring(cast.placed.relief, trail, pen) if style.start else None
        parts["beads"] = line.beads(trail, pen)
        parts["bead"] = line.bead(trail, pen) if style.end else None
    for part, made in parts.items():
        bright = along if part == "line" else None if made is None else np.ones(len(made.points))
        geometry.put(f"path {name} {part}", Kind.PATH, cast.moved(made), bright, ink)


def _mark(cast: Cast, trails: Sequence[Trail], pen: Pen, look: spec.LookPreset) -> mesh.Mesh | None:
    """Returns what marks the lowest point of a body, where its paths end elsewhere."""
    ends = [trail.head for trail in trails if trail.head is not None]
    if not look.path.lowest or not ends or look.body == "none":
        return None
    place = mesh.lowest(cast.placed.relief, look.body)[:2]
    if min(float(np.hypot(*(end[:2] - place))) for end in ends) <= LOWEST_APART:
        return None
    return cast.moved(line.cross(cast.placed.relief, place, pen))
