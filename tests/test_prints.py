"""Prints: drawn in tiles they are the picture drawn whole, and no seam, grain or bleed tells where a tile ended."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from PIL import Image

from render.errors import MachineError, UsageError
from render.film.overlay import Words, draw_words
from render.film.prints import exposing, plate, press
from render.film.prints.developing import Development, developed, linear
from render.film.prints.exposing import areas_of, expose
from render.film.prints.lettering import lettered, patches
from render.film.prints.plate import Plate, enlarged, plate_for, reduction
from render.film.prints.press import Press
from render.film.take import redrawn
from render.film.wording import caption_of
from render.progress import Reporter
from render.scene.printing import Asked, print_of
from render.stage.exposure import Exposure
from render.stage.lens import Lens, blur, develop, halo
from render.stage.refine import refined
from render.stage.stage import lens_of
from render.stage.tiles import Box, Tile, tiles
from tests.test_drawing_ready import BOWL, WAY, home, scene_of, taken, written  # noqa: F401

SIZE = (320, 210)
SMALL = 64 + 2 * exposing.MARGIN  # pixels of a tile
QUIET = ("look.grain=0",)


@pytest.fixture
def scene(home, graphics):  # noqa: F811
    """A bowl with a path in a file."""
    return scene_of(home, written(home, **WAY), extra=QUIET)


def printed(size=SIZE, bleed=None, depth=8):
    return print_of(Asked("{}x{}px".format(*size), 300, bleed, depth), SIZE)


def plated(take, made, most, tmp_path, **more):
    """Returns a plate of a take at the end of its shot."""
    with plate_for(made.size, 3, tmp_path / "print.png", **more) as made_plate:
        expose(made_plate, take, 2.0, made, Reporter.silent(), most)
        return Plate(made_plate.light.copy(), made_plate.glow.copy(), made_plate.factor)


def codes(of, lens, depth=8, seed=1):
    return np.concatenate(list(developed(of, Development(lens, seed, depth))))


def taken_for(scene, size=SIZE):
    from render.film.take import prepare
    from render.landscape import ready

    shot = scene.shots[0]
    found = [ready.load(scene.surfaces[name]) for name in shot.surfaces]
    return prepare(shot, scene.look, found, size[0] / len(found) / size[1])


def test_tiled_equals_whole(scene, tmp_path):
    take = taken_for(scene)
    lens = lens_of(take.look)
    tiled = codes(plated(take, printed(), SMALL, tmp_path), lens).astype(int)
    stage = take.stage(take.panels[0], SIZE, exposing.FINE)
    stage.show_paths(take.trails(take.panels[0], 2.0))
    whole = develop([stage.expose(take.view(2.0))], lens, 1).numpy().astype(int)
    stage.close()
    Image.fromarray(tiled.astype(np.uint8)).save(tmp_path / "tiled.png")
    apart = np.abs(tiled - whole).max(axis=2)
    assert apart.max() <= 1, np.unique(apart, return_counts=True)
    assert whole.std() > 20
