"""Dressing a stage anew: the picture is that of a stage that was built so, and no more is baked than has changed."""

from __future__ import annotations

import numpy as np
import pytest

from render.scene.look import Look
from render.stage import props
from render.stage.body import relief
from render.stage.cast import Placed
from render.stage.light import bake
from render.stage.light.bake import Sun
from render.stage.shading import baked_field
from render.stage.stage import Stage
from tests.test_picture import shot

SIZE, FACTOR = (160, 90), 2
BEFORE = {"name": "ember", "relief": [{"exaggeration": 0.3}]}
SUN, LATER = Sun(200, 30, 2), Sun(240, 22, 2)
CHANGES = {
    "a sun": (BEFORE, LATER),
    "a colour of the sky": ({**BEFORE, "sky": {"colour": "#ff0000", "strength": 2.0}}, SUN),
    "a height": ({**BEFORE, "relief": [{"exaggeration": 0.12}]}, SUN),
    "a palette": ({**BEFORE, "palette": [[0, "#102030"], [1, "#f0e0d0"]]}, SUN),
    "a body": ({**BEFORE, "body": "sheet"}, SUN),
    "walls": ({**BEFORE, "walls": {"thickness": 0.3}}, SUN),
    "a ground": ({**BEFORE, "ground": "paper", "background": {"colour": "#f0f0f0"}}, SUN),
    "hachures": ({**BEFORE, "hachures": {"count": 60}}, SUN),
}
BAKED = {  # what each change bakes again
    "a sun": {"bake_sun"},
    "a colour of the sky": set(),
    "a height": {"bake_sky", "bake_sun", "put_body"},
    "a palette": set(),
}


@pytest.fixture
def dressed(graphics, crater):
    """Returns bodies, look and sun as a stage takes them."""

    def made(look: dict, sun: Sun, kept: dict | None = None):
        resolved = Look.model_validate(look)
        height = str(look["relief"])
        kept = {} if kept is None else kept
        if height not in kept:
            kept[height] = relief.make(crater, resolved.steps, 1.0)
        return [Placed(kept[height])], resolved.resolved, sun

    return made


@pytest.mark.parametrize("change", CHANGES)
def test_a_stage_that_is_dressed_anew_gives_the_picture_of_a_new_one(dressed, change):
    kept: dict = {}
    stage, new = Stage(*dressed(BEFORE, SUN, kept), SIZE, FACTOR), Stage(*dressed(*CHANGES[change], kept), SIZE, FACTOR)
    try:
        before = shot(stage)
        stage.dress(*dressed(*CHANGES[change], kept))
        assert np.array_equal(shot(stage), shot(new))
        assert not np.array_equal(shot(stage), before)
        stage.dress(*dressed(BEFORE, SUN, kept))
        assert np.array_equal(shot(stage), before)
    finally:
        stage.close()
        new.close()


@pytest.mark.parametrize("change", BAKED)
def test_no_more_is_baked_than_has_changed(dressed, change, monkeypatch):
    done: list[str] = []

    def watched(module, name, size):
        plain = getattr(module, name)

        def counting(*words, **named):
            if size is None or words[0].shape == size:
                done.append(name)
            return plain(*words, **named)

        monkeypatch.setattr(module, name, counting)

    kept: dict = {}
    stage = Stage(*dressed(BEFORE, SUN, kept), SIZE, FACTOR)
    try:
        terrain = kept[str(BEFORE["relief"])].level.shape
        for name in ("bake_sky", "bake_sun"):
            watched(bake, name, terrain)
        monkeypatch.setattr(
            "render.stage.stage.put_body", lambda *words: (done.append("put_body"), props.put_body(*words))
        )
        stage.dress(*dressed(*CHANGES[change], kept))
        assert set(done) == BAKED[change]
    finally:
        stage.close()


def test_every_sky_is_a_sum_of_the_baked_ones(crater):
    """The light of a leaning sky, baked as such, is what its lobes come to."""
    made = relief.make(crater, Look.model_validate(BEFORE).steps, 1.0)
    look = Look.model_validate(BEFORE).resolved
    ground, above, facing = baked_field._terrain(made, "block")
    for sun in (SUN, LATER, Sun(10, 50, 1)):
        _, straight = bake.bake_sky(ground, above, facing, made.cells, baked_field.sky_colours(look, sun))
        _, lobes = bake.bake_sky(ground, above, facing, made.cells, baked_field._lobes())
        assert np.allclose(straight, baked_field._sky(lobes, look, sun), atol=1e-5)
