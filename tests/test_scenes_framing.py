"""The scenes of the program: in every frame the end of every path is seen, and its last third lies in the light."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from render.errors import DataError
from render.film.panel import Panel
from render.film.preparing import prepare
from render.film.take import Take
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.scene.spec import Scene
from render.stage.body import mesh
from render.stage.camera import View
from render.stage.light import bake
from tests.conftest import ROOT
from tests.kept import kept_shown

SCENES = sorted((ROOT / "scenes").glob("*.yaml"))
FRAMES = np.linspace(0, 1, 13)
AUTO = ["look.sun.azimuth=auto", "look.sun.elevation=auto"]


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("output")


def takes(file: Path, output: Path) -> list[Take]:
    """Returns the shots of a scene, measured coarsely; skips where its data are not here."""
    scene: Scene = apply_quality(load(file, AUTO), "thumb")
    made = []
    for shot in scene.shots:
        if shot.line:  # no camera looks at it
            continue
        try:
            found = [kept_shown(scene, output, name) for name in shot.surfaces]
        except DataError as error:
            pytest.skip(str(error))
        made.append(prepare(shot, scene.look, found, 16 / 9 / len(found)))
    return made


def sees(view: View, point: np.ndarray, panel: Panel, body: str) -> bool:
    """Whether no terrain stands between a camera and a point a little above it, by steps along the line."""
    way = view.position - point
    line = point + np.array([0, 0, 0.004]) + np.linspace(0.01, 1, 1500)[:, None] * way
    over = mesh.covers(panel.relief, body, line[:, 0], line[:, 1])
    return not (over & (mesh.height_at(panel.relief, line[:, 0], line[:, 1]) > line[:, 2])).any()


@pytest.mark.slow
@pytest.mark.parametrize("file", SCENES, ids=lambda file: file.stem)
def test_the_end_of_every_path_is_seen_in_every_frame_and_nothing_shadows_its_last_third(file, output):
    for take in takes(file, output):
        for panel in take.panels:
            heights = torch.from_numpy(np.ascontiguousarray(panel.relief.heights))
            lit = bake.bake_sun(heights, heights, panel.relief.cells, take.sun).numpy()
            for walk in panel.walks if take.shot.path.show else ():
                points = walk.descent.points[walk.descent.shown]
                assert [
                    share for share in FRAMES if not sees(take.move(share), points[-1], panel, take.look.body)
                ] == []
                rows, columns = np.array(lit.shape) - 1
                last = points[-len(points) // 3 :]
                row = np.round((last[:, 1] / panel.relief.depth + 0.5) * rows).astype(int)
                assert lit[row, np.round((last[:, 0] + 0.5) * columns).astype(int)].mean() > 0.95
