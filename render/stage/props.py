"""What stands on a stage: the meshes of bodies, of the lines that paths leave, and of marks, in a geometry pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from render.scene import look as spec
from render.scene.pathlight import PathLight
from render.stage.body import mesh
from render.stage.body.coarse import coarse
from render.stage.body.strip import faces, within
from render.stage.camera import View
from render.stage.cast import Cast
from render.stage.colour import LUMA, decoded
from render.stage.light.fire import LOWEST, ON_DARK, ON_PALE, PALE, ink_of
from render.stage.marks import arrow, drop, path_line, ribbon
from render.stage.marks.manner import GAIN
from render.stage.marks.path_line import Pen
from render.stage.marks.strands import Strands, beads_of, lines_of
from render.stage.marks.trail import Trail
from render.stage.shading.uniforms import MOST_PATHS
from render.stage.window.geometry import SHEER, GeometryPass, Kind

STRAY = 0.2  # pixels by which a coarser mesh may stray from the measured heights
SHEET = 0.006  # thickness of a sheet, picture widths
PARTS = ("top", "under", "hem", "wall")  # of a body, as meshes
LOWEST_APART = 0.025  # picture widths between the end of a path and the lowest point, from which on both are marked


def put_body(geometry: GeometryPass, index: int, cast: Cast, look: spec.LookPreset, rows: int) -> None:
    """Puts the meshes of a body on a stage, for pictures of so many rows."""
    relief = cast.placed.relief
    for part in PARTS:
        geometry.put(f"body {index} {part}", Kind.TERRAIN, None)
    if look.body in ("points", "none"):
        return
    drawn = coarse(relief, STRAY / rows)
    whole, strip = mesh.terrain(drawn, look.body), cast.placed.strip
    top = whole if strip is None else within(whole, strip)
    hollow = relief.inland is not None
    # no shore has a wall
    sides = [(nx, ny, distance) for nx, ny, distance in cast.outline.tolist()] if hollow else None

    def put(part: str, kind: Kind, made: mesh.Mesh | None, back: Kind | None) -> None:
        geometry.put(f"body {index} {part}", kind, cast.moved(made), line=index, back=back)

    if look.body == "sheet":
        put("top", Kind.TERRAIN, top, Kind.NOTHING)
        put("under", Kind.UNDERSIDE, mesh.lower_side(top, SHEET), Kind.NOTHING)
        hem = faces(top, top.points[:, 2] - SHEET, sides) if strip else mesh.hem(drawn, top, look.body, SHEET)
        put("hem", Kind.WALL, hem, None)
        return
    # a body with holes is hollow: its inside could be seen, which has no light of its own
    put("top", Kind.TERRAIN, top, Kind.NOTHING if hollow else None)
    bottom = -look.walls.thickness
    wall = faces(top, bottom, sides) if strip else mesh.wall(drawn, top, look.body, bottom)
    put("wall", Kind.WALL, wall, Kind.NOTHING if hollow else None)


@dataclass(frozen=True)
class Sight:
    """What lines are drawn for: a view, how far the bodies reach along it, and what levels (n,) look like."""

    view: View
    span: tuple[float, float]  # the nearest and the farthest, picture widths
    shown: Callable[[np.ndarray], np.ndarray]  # (n, 3) uint8 sRGB


def put_paths(
    geometry: GeometryPass,
    cast: Sequence[Cast],
    trails: Sequence[Sequence[Trail]],
    look: spec.LookPreset,
    sight: Sight,
) -> None:
    """Puts the lines of paths on a stage as a view sees them, and what is told along them."""
    for index, (each, own) in enumerate(zip(cast, trails, strict=True)):
        pen = Pen(sight.view.seen_from(each.shift), look.path.width, sight.span)
        for number in range(MOST_PATHS):
            trail = own[number] if number < len(own) else None
            _put_path(geometry, f"{index} {number}", each, trail, (pen, look.path, ink_of(look.path, index, number)))
        geometry.put(f"mark {index}", Kind.MARK, _mark(each, own, pen, look), line=LOWEST)
        for ink, made in _arrows(each, own, pen, sight).items():
            geometry.put(f"arrows {index} {ink}", Kind.MARK, each.moved(made), line=ink)


def put_strands(
    geometry: GeometryPass,
    cast: Sequence[Cast],
    strands: Sequence[Strands | None],
    look: spec.LookPreset,
    sight: Sight,
) -> None:
    """Puts the strands of each body on a stage as a view sees them, those of an ink as one mesh."""
    for index, (each, own) in enumerate(zip(cast, strands, strict=True)):
        pen = Pen(sight.view.seen_from(each.shift), look.path.width, sight.span)
        for ink in range(MOST_PATHS):
            some = own.of_ink(ink) if own else None
            for part, make in (("lines", lines_of), ("beads", beads_of)):
                made = each.moved(make(some, pen)) if some else None
                bright = None if made is None else np.ones(len(made.points))
                geometry.put(f"strands {index} {ink} {part}", Kind.PATH, made, bright, ink)


def _put_path(
    geometry: GeometryPass, name: str, cast: Cast, trail: Trail | None, how: tuple[Pen, PathLight, int]
) -> None:
    pen, style, ink = how
    parts: dict[str, mesh.Mesh | None] = dict.fromkeys(("ring", "bead", "beads", "drops"))
    skipped = 0.0
    if trail is not None:
        skipped = path_line.ring_radius(trail, pen) if style.start else 0.0
        parts["ring"] = path_line.ring(cast.placed.relief, trail, pen) if style.start else None
        parts["beads"] = path_line.beads(trail, pen)
        parts["bead"] = path_line.bead(trail, pen) if style.end else None
        parts["drops"] = mesh.together([drop.drawn(each, pen) for each in trail.drops]) if trail.drops else None
    _put_line(geometry, f"{name} ahead", cast, None if trail is None else trail.ahead, (pen, 0.0, ink))
    edge = _put_band(geometry, name, cast, trail, (pen, skipped, ink)) if style.style == "ribbon" else trail
    _put_line(geometry, name, cast, edge, (pen, skipped, ink))
    for part, made in parts.items():
        bright = None if made is None else np.full(len(made.points), 1 / GAIN if style.distance == "halo" else 1.0)
        geometry.put(f"path {name} {part}", Kind.PATH, cast.moved(made), bright, ink)


def _put_line(geometry: GeometryPass, name: str, cast: Cast, trail: Trail | None, how: tuple[Pen, float, int]) -> None:
    """Puts the line of a trail on a stage, but for so much of its beginning, in an ink: sheer where it says so."""
    pen, skipped, ink = how
    made, values = (None if trail is None else path_line.tube_of(trail, pen, skipped)) or (None, None)
    sheer = trail is not None and trail.manner.opacity is not None
    geometry.put(f"path {name} line", Kind.PATH, None if sheer else cast.moved(made), values, ink)
    geometry.put(f"{SHEER} {name} line", Kind.SHEER, cast.moved(made) if sheer else None, values, ink)


def _put_band(
    geometry: GeometryPass, name: str, cast: Cast, trail: Trail | None, how: tuple[Pen, float, int]
) -> Trail | None:
    """Puts the band of the ribbon of a trail on a stage, and returns its upper edge."""
    pen, skipped, ink = how
    edge = None if trail is None else ribbon.raised(trail, pen)
    made, sheer = (ribbon.band(trail, edge, skipped) if trail and edge else None) or (None, None)
    geometry.put(f"{SHEER} {name} band", Kind.SHEER, cast.moved(made), sheer, ink)
    return edge


def _arrows(cast: Cast, trails: Sequence[Trail], pen: Pen, sight: Sight) -> dict[int, mesh.Mesh | None]:
    """Returns the arrows of the paths of a body by what they are drawn in: dark on pale ground, pale on dark."""
    made: dict[int, list[mesh.Mesh]] = {ON_PALE: [], ON_DARK: []}
    relief = cast.placed.relief
    for each, length in (pair for trail in trails for pair in trail.arrows):
        tip = each.root + length * each.way
        height = mesh.height_at(relief, np.array([tip[0]]), np.array([tip[1]]))
        light = decoded(sight.shown(height / max(relief.exaggeration, 1e-9)))[0] @ LUMA
        made[ON_PALE if light > PALE else ON_DARK].append(arrow.drawn(relief, each, length, pen))
    return {ink: mesh.together(parts) if parts else None for ink, parts in made.items()}


def lowest_of(cast: Cast, trails: Sequence[Trail], look: spec.LookPreset) -> np.ndarray | None:
    """Returns the lowest point (2,) of a body where it is marked, as its paths end elsewhere, or None."""
    ends = [trail.head for trail in trails if trail.head is not None]
    if not look.path.lowest or not ends or look.body == "none":
        return None
    place = mesh.lowest(cast.placed.relief, look.body)[:2]
    return place if min(float(np.hypot(*(end[:2] - place))) for end in ends) > LOWEST_APART else None


def _mark(cast: Cast, trails: Sequence[Trail], pen: Pen, look: spec.LookPreset) -> mesh.Mesh | None:
    """Returns what marks the lowest point of a body, where its paths end elsewhere."""
    place = lowest_of(cast, trails, look)
    return None if place is None else cast.moved(path_line.lowest(cast.placed.relief, place, pen))
