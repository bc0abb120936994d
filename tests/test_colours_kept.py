"""A colour that is asked for is the colour that comes: ground, flat paths, marks; and what is transparent is so."""

import numpy as np
import pytest
import torch
from scipy.ndimage import minimum_filter

from render.scene.look import Look
from render.stage import camera
from render.stage.body import relief
from render.stage.cast import Placed
from render.stage.colour import linear_of
from render.stage.lens import tone
from render.stage.light.bake import Sun
from render.stage.marks.trail import drape
from render.stage.stage import Stage
from render.stage.window.geometry import Kind

pytestmark = pytest.mark.slow

SIZE = (240, 135)
SUN = Sun(120, 28, 2)
FAR = camera.standing(200, 42, 3.2, np.array([0, 0, 0.06]), 30)  # the corners lie beyond every shadow
NEAR = camera.standing(200, 42, 1.9, np.array([0, 0, 0.06]), 30)
BLUE, BRAND = "#0b1f3a", "#ff5a5f"
TRANSFORMS = ["standard", "filmic", "agx", "neutral"]
ROUGH = {"vignette": 0.6, "grain": 0.03}  # what must not touch a colour by name
GROUNDS = ["#000000", "#3a6ea5", "#ffffff"]


def codes(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


@pytest.fixture
def staged(graphics, crater):
    made = relief.make(crater, Look(name="ember").steps, 0.75)
    stages = []

    def stage(factor: int = 2, **changes) -> Stage:
        look = Look.model_validate({"name": "ember", **changes}).resolved
        stages.append(Stage([Placed(made)], look, SUN, SIZE, factor))
        way = drape(made, look.body, np.linspace([-0.3, 0.25], [0.05, 0.0], 60), None, 0.0)
        stages[-1].show_paths([[way.until(59.0)]])
        return stages[-1]

    yield stage
    for each in stages:
        each.close()


def corners(picture: np.ndarray) -> np.ndarray:
    """Returns the pixels (n, C) of the four corners."""
    ends = [np.s_[:6, :8], np.s_[:6, -8:], np.s_[-6:, :8], np.s_[-6:, -8:]]
    return np.concatenate([picture[end].reshape(-1, picture.shape[2]) for end in ends])


def kinds(stage: Stage, view: camera.View) -> np.ndarray:
    """Returns what each sub-pixel shows, (H, f, W, f); the stage has been photographed from this view."""
    factor = stage.factor
    return stage._geometry.draw(view).kind.reshape(SIZE[1], factor, SIZE[0], factor)


@pytest.mark.parametrize("ground", ["void", "paper", "floor"])
@pytest.mark.parametrize("colour", [BLUE, "#ffffff"])
def test_the_ground_has_the_colour_that_was_asked_for_in_the_corners(staged, ground, colour):
    stage = staged(ground=ground, background={"colour": colour, "lift": 0.0}, bloom=0.0, **ROUGH)
    off = np.abs(corners(stage.photograph(FAR, 3)).astype(int) - codes(colour)).max()
    assert off <= (ground == "floor")  # whose light goes far, though not by a code


def test_void_has_its_colour_everywhere_outside_the_object(staged):
    stage = staged(ground="void", background={"colour": BLUE, "lift": 0.0}, bloom=0.0, **ROUGH)
    picture = stage.photograph(NEAR, 3)
    outside = ~(kinds(stage, NEAR) > 0).any(axis=(1, 3))
    outside = minimum_filter(outside, 3)  # a silhouette reaches half a pixel into its neighbours
    assert outside.sum() > 0.2 * outside.size
    np.testing.assert_array_equal(np.unique(picture[outside], axis=0), [codes(BLUE)])


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_flat_path_has_the_very_colour_that_was_asked_for(staged, transform):
    style = {"colour": BRAND, "glow": 0.0, "width": [60, 60], "start": False}
    stage = staged(path=style, transform=transform, air={"haze": 0.3}, **ROUGH)
    picture = stage.photograph(NEAR, 3)
    whole = (kinds(stage, NEAR) == Kind.PATH).all(axis=(1, 3))
    inner = minimum_filter(whole, 3)
    assert inner.sum() > 60
    assert (picture[inner] == codes(BRAND)).all()


def composed(picture: np.ndarray, ground: str) -> np.ndarray:
    """Returns the codes of straight RGBA over a ground, put together in linear light."""
    code = torch.from_numpy(picture[..., :3] / 255)
    light = torch.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    alpha = torch.from_numpy(picture[..., 3:] / 255)
    return (255 * tone.encoded(light * alpha + torch.from_numpy(linear_of(ground)) * (1 - alpha))).numpy()


@pytest.mark.parametrize("ground", ["void", "paper"])
def test_a_transparent_picture_laid_over_any_ground_is_the_picture_on_that_ground(staged, ground):
    plain = {"ground": ground, "grain": 0.0, "bloom": 0.0, "vignette": 0.5, "air": {"haze": 0.0, "focus": 0.0}}
    clear = staged(background="transparent", **plain).photograph(NEAR, 3)
    assert clear.shape == (SIZE[1], SIZE[0], 4)
    assert ground == "paper" or (corners(clear)[:, 3] == 0).all()
    for colour in GROUNDS:
        direct = staged(background={"colour": colour, "lift": 0.0}, **plain).photograph(NEAR, 3)
        off = np.abs(composed(clear, colour) - direct).max(axis=2)
        assert np.quantile(off[clear[..., 3] > 128], 0.99) <= 2.6  # 2 codes, and the dither of both
        assert np.quantile(off[clear[..., 3] == 0], 0.999) <= 2 and (clear[..., 3] == 255).mean() > 0.1


def test_a_vignette_darkens_the_object_on_paper_too(staged):
    plain = {"ground": "void", "grain": 0.0, "bloom": 0.0, "background": {"colour": "#ffffff", "lift": 0.0}}
    pictures = [staged(vignette=share, **plain).photograph(NEAR, 3).astype(int) for share in (0.0, 0.6)]
    change = (pictures[1] - pictures[0]).sum(axis=2)
    assert change.max() <= 3 and change.min() < -20


def test_haloes_over_black_are_those_of_the_picture_on_black(staged):
    plain = {"ground": "void", "grain": 0.0, "bloom": 1.0, "vignette": 0.0}
    clear = staged(background="transparent", **plain).photograph(NEAR, 3)
    direct = staged(background={"colour": "#000000", "lift": 0.0}, **plain).photograph(NEAR, 3)
    off = np.abs(composed(clear, "#000000") - direct).max(axis=2)
    assert np.quantile(off[clear[..., 3] > 128], 0.99) <= 2.6
