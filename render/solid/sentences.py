"""What is said of an export: how large and how fine it is, and what of the picture it cannot hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from render.scene.spec import Scene
from render.solid import axes
from render.solid.asked import ExportRequest
from render.solid.cut import Cut
from render.solid.model import Model, ModelCamera

LACKING = {
    "glb": "contours, ground, air and the light of the sky are left out",
    "usd": "contours, ground and air are left out",
    "stl": "colours, contours, path, ground, camera and light are left out",
    "obj": "contours, ground, camera and light are left out",
}


def sentences(scene: Scene, asked: ExportRequest, cut: Cut, camera: ModelCamera) -> list[str]:
    """Returns what somebody who opens an export has to know of it, each a clause."""
    return [*_chosen(scene, asked, cut), *_coarser(cut), *_holes(cut), LACKING[asked.form], *_lens(asked, camera)]


def _chosen(scene: Scene, asked: ExportRequest, cut: Cut) -> Iterator[str]:
    first, *others = cut.take.shot.surfaces
    if len(scene.shots) > 1:
        yield f"shot {asked.shot} of {len(scene.shots)}"
    if cut.panel.stop:
        yield f"the series {first} as it is at its last stop, {cut.panel.stop}"
    if others:
        names = " or ".join(others)
        yield f"only {first}; for {names}, set shots.{asked.shot - 1}.surface to it, and {first} beside it"
    if cut.take.look.body == "points" and asked.form != "stl":
        yield "the points as a sheet"
    if asked.form in ("glb", "usd") and not scene.films:
        yield "no film is in the scene, so the camera has 30 frames a second and a picture of 16:9"


def _coarser(cut: Cut) -> Iterator[str]:
    rows, columns = cut.fine.level.shape
    if cut.mesh.level.shape != (rows, columns):
        yield f"coarser than the surface, which has {columns:,} × {rows:,}"


def _holes(cut: Cut) -> Iterator[str]:
    diverged = int((~cut.panel.relief.finite).sum()) if cut.panel.relief.holes is None else _diverged(cut)
    absent = 0 if cut.panel.relief.holes is None else int(cut.panel.relief.holes.sum())
    for count, what in ((absent, "without data"), (diverged, "that diverged")):
        if count:
            yield f"{count:,} cells {what} are holes"


def _diverged(cut: Cut) -> int:
    relief = cut.panel.relief
    assert relief.holes is not None
    return int((~relief.finite & ~relief.holes).sum())


def _lens(asked: ExportRequest, camera: ModelCamera) -> Iterator[str]:
    if asked.form != "glb":
        return
    if np.abs(camera.shifts).max() > 1e-6:
        yield f"the camera is turned by {axes.turned(camera):.1f}° in place of the shift of its lens"
    if np.ptp(camera.angles) > 1e-6:
        yield "the angle of its lens is that of the first frame"


def facts(cut: Cut, camera: ModelCamera, model: Model) -> dict[str, object]:
    """Returns the numbers of an export for its record; lengths are metres."""
    rows, columns = cut.mesh.level.shape
    return {
        "unit": "metre",
        "width": round(cut.scale * float(np.ptp(cut.body.terrain.points[:, 0])), 9),
        "metres_per_picture_width": cut.scale,
        "mesh": [columns, rows],
        "triangles": {piece.name: len(piece.triangles) for piece in model.pieces},
        "textures": {texture.name: list(texture.pixels.shape[1::-1]) for texture in model.textures},
        "camera": {"fps": camera.fps, "first_frame": camera.first, "frames": len(camera)},
    }
