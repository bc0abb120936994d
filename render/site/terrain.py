"""The terrain of a shot for a page: heights, light, colours, paths, and the losses that were measured, as plain data.

Everything is drawn as the scene's pictures draw it, but for what depends on the camera. Of a surface finer than MOST
points the heights are those of a coarser mesh; the losses that are read are always those of measured points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from render.film.moves.clearance import SOFT, Clearance
from render.film.panel import Walk
from render.film.take import Take
from render.film.words.wording import names_of
from render.scene.look import RADIUS_PIXELS, Look, preset_names
from render.scene.spec import Scene
from render.site.aiming import aimed, of_the_whole
from render.site.enclosing import enclosed, in_steps, shares
from render.solid.colours import ramp_of
from render.solid.solid_body import coarser
from render.stage.body import mesh
from render.stage.body.relief import Relief
from render.stage.camera import hull
from render.stage.cast import drawn_levels
from render.stage.colour import LUMA, encoded, linear_of, places_of, table_of
from render.stage.shading.baked_field import BakedField, bake_field

MOST = 500  # points of the mesh along its longer axis
COLOURS = 256  # entries of a palette
EDGE = 1200  # points along the edge of a body
WAY = 1500  # points of a path, beside those that were logged
WIDER = 1.4  # of a path, which has no glow here
BRIGHTEST = 0.70  # linear, of the ground: 86 % as a screen shows it


@dataclass(frozen=True)
class PageTerrain:
    """One surface of a shot."""

    scene: Scene
    take: Take
    number: int  # of its panel
    aspect: float  # width / height of the scene's pictures
    time: float  # of the shot, seconds, whose view it begins with

    @property
    def relief(self) -> Relief:
        """What is drawn of it."""
        return self.take.panels[self.number].relief

    def data(self) -> dict[str, Any]:
        """Returns everything about it as JSON holds it."""
        relief, look = coarser(self.relief, MOST), self.take.look
        field = bake_field(relief, look, self.take.sun, torch.from_numpy(ramp_of(self.take)))
        surface = self.take.panels[self.number].landscape.surface
        rows, columns = relief.level.shape
        return {
            "title": self.scene.title,
            "columns": columns,
            "rows": rows,
            "depth": relief.depth,
            "height": relief.exaggeration,
            "bottom": -look.walls.thickness if look.body in ("block", "disc") else 0.0,
            "body": look.body,
            "alpha": [float(surface.grid.alphas[0]), float(surface.grid.alphas[-1])],
            "beta": [float(surface.grid.betas[0]), float(surface.grid.betas[-1])],
            **self._edges(relief),
            "level": enclosed(in_steps(relief.level, 0.0, 1.0)),
            "diverged": enclosed((~relief.finite).astype(np.uint8)),
            "measured": self._losses(relief.level.shape),
            **self._light(field),
            "contours": {"count": look.contours.count, "strength": float(look.contours.strength)},
            "palettes": list(self._palettes(field, relief)),
            "paths": list(self._paths()),
            "clearance": self._clearance(),
            "camera": self._camera(),
            "aspect": self.aspect,
            "progress": self.take.progress(self.time),
        }

    def _camera(self) -> dict[str, Any]:
        """Returns the camera of the shot, or one of this terrain alone where several stand side by side."""
        view, look, relief = self.take.view(self.time), self.take.look, self.relief
        found = aimed(view, relief, look.body) if len(self.take.panels) == 1 else None
        if found is not None:
            return found
        bounds = hull(relief, look.body, -look.walls.thickness, look.walls.thickness)
        ground = float(mesh.height_at(relief, np.zeros(1), np.zeros(1))[0])
        return of_the_whole(view, bounds, ground, self.aspect)

    def _edges(self, relief: Relief) -> dict[str, Any]:
        """Returns where the terrain ends: its outline, the cut of a corner, and the shores of its holes."""
        outline = mesh.outline(relief, self.take.look.body, EDGE).astype(np.float32)
        corner = relief.corner and [*(float(part) for part in relief.corner.normal), float(relief.corner.distance)]
        inland = None if relief.inland is None else enclosed(shares(relief.inland * 0.5 + 0.5))
        return {"outline": enclosed(outline), "corner": corner or None, "inland": inland}

    def _losses(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Returns the losses and the status of the measured points nearest to those of the mesh, and their places."""
        surface = self.take.panels[self.number].landscape.surface
        picks = [
            np.rint(np.linspace(0, most - 1, count)).astype(int)
            for most, count in zip(surface.loss.shape, shape, strict=True)
        ]
        loss = surface.loss[np.ix_(*picks)].astype(np.float64)
        finite = loss[np.isfinite(loss)]
        logarithmic = bool(finite.size and finite.min() > 0)
        scaled = np.log(np.where(np.isfinite(loss), loss, finite.min())) if logarithmic else loss
        low, high = (float(end(scaled[np.isfinite(scaled)])) for end in (np.min, np.max))
        return {
            "loss": enclosed(in_steps(np.where(np.isfinite(scaled), scaled, low), low, high)),
            "status": enclosed(surface.status[np.ix_(*picks)].astype(np.uint8)),
            "low": low,
            "high": high,
            "logarithmic": logarithmic,
            "alphas": enclosed(surface.grid.alphas[picks[1]].astype(np.float32)),
            "betas": enclosed(surface.grid.betas[picks[0]].astype(np.float32)),
            "of": [surface.loss.shape[1], surface.loss.shape[0]],
        }

    def _light(self, field: BakedField) -> dict[str, Any]:
        """Returns the baked light in two parts, each as a colour and its share of it at every point."""
        ambient = field.light.sky + field.light.bounce
        return {"sun": _part(field.light.sun), "sky": _part(ambient), "towards": self.take.sun.direction.tolist()}

    def _palettes(self, field: BakedField, relief: Relief) -> Iterator[dict[str, Any]]:
        """Gives the scene's own colours, and those of every look, each with its exposure under this light."""
        own = self.take.look
        yield _palette(self.scene.look.name, ramp_of(self.take), field, own.path.colour)
        levels = drawn_levels(relief, own.body)
        for name in preset_names():
            look = Look.model_validate({"name": name})
            table = table_of(look.palette, places_of(levels, look.palette_gamma, look.palette_balance))
            if name != self.scene.look.name or look.palette != own.palette:
                yield _palette(name, table, field, look.path.colour)

    def _paths(self) -> Iterator[dict[str, Any]]:
        """Gives the paths that are drawn, each as a line with the place in its trajectory of every point."""
        if not self.take.shot.path.show:
            return
        panel, style = self.take.panels[self.number], self.take.look.path
        names = [name for name, _ in names_of(self.scene, self.take)] if len(panel.walks) > 1 else [""]
        colours = [style.on_side(self.number), *style.others]
        for line, walk in enumerate(panel.walks):
            name = names[line] if line < len(names) else ""
            yield {
                "name": name,
                "colour": colours[line % len(colours)],
                "radius": WIDER * style.width[0] / RADIUS_PIXELS,
                **_way(walk),
            }

    def _clearance(self) -> dict[str, Any]:
        """Returns the heights that a camera keeps above, so that a picture is taken from where the view is."""
        found = Clearance.over(self.relief, self.take.look.body, -self.take.look.walls.thickness)
        rows, columns = found.heights.shape
        heights = enclosed(found.heights.astype(np.float32))
        return {"heights": heights, "rows": rows, "columns": columns, "half": list(found.half), "soft": SOFT}


def _part(light: torch.Tensor) -> dict[str, Any]:
    """Returns light (n_β, n_α, 3) as one colour, linear, and the share of it at every point."""
    amount = (light @ torch.tensor(LUMA, dtype=light.dtype)).numpy()
    most = max(float(amount.max()), 1e-9)
    colour = light.reshape(-1, 3).double().sum(0).numpy() / max(float(amount.sum(dtype=np.float64)), 1e-9)
    return {"colour": [float(part) for part in colour * most], "shares": enclosed(shares(amount / most))}


def _palette(name: str, table: np.ndarray, field: BakedField, path: str) -> dict[str, Any]:
    """Returns a palette (S, 3) linear as sRGB codes, and the exposure that makes the brightest ground BRIGHTEST."""
    colours = table[np.rint(np.linspace(0, len(table) - 1, COLOURS)).astype(int)]
    level = field.texels[:, 2].numpy()
    light = (field.light.sun + field.light.sky + field.light.bounce).reshape(-1, 3).numpy()
    sent = (colours[np.rint(level * (COLOURS - 1)).astype(int)] * light) @ LUMA
    return {
        "name": name,
        "colours": enclosed(encoded(colours)),
        "exposure": BRIGHTEST / max(float(np.percentile(sent, 99.0)), 1e-6),
        "path": [float(part) for part in linear_of(path)],
    }


def _way(walk: Walk) -> dict[str, Any]:
    """Returns the line of a walk, and what is known at its logged steps; what is not finite is null."""
    descent, path = walk.descent, walk.path
    count = len(descent.points)
    kept = np.unique(np.concatenate([np.linspace(0, count - 1, min(count, WAY)).astype(int), walk.corners]))
    return {
        "points": enclosed(descent.points[kept].astype(np.float32)),
        "index": enclosed(descent.index[kept].astype(np.float32)),
        "shown": enclosed(descent.shown[kept].astype(np.uint8)),
        "steps": [int(step) for step in path.steps],
        "loss": _told(path.true_loss),
        "distance": _told(path.distance),
    }


def _told(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values]
