"""Qualities: less of everything, more of nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.errors import UsageError
from render.scene.language.load import load
from render.scene.quality import QUALITIES, apply_quality, qualities
from render.scene.spec import Scene, resolved
from tests.test_scene_problems import GOOD


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    path = tmp_path_factory.mktemp("scene") / "a.yaml"
    path.write_text(GOOD.replace("320, 180", "1920, 1080").replace("40, 30", "1000, 500"), encoding="utf-8")
    return load(path)


def test_the_names_known_without_reading_are_those_of_the_file():
    assert tuple(qualities()) == QUALITIES


def test_final_is_what_the_scene_asks(scene):
    assert apply_quality(scene, "final") == scene


def test_a_thumbnail_is_small_in_every_way(scene):
    thumb = apply_quality(scene, "thumb")
    film = thumb.films["one"]
    assert film.size == (160, 90)
    assert round(film.fps * thumb.duration) == 12
    assert thumb.stills["one"].size == (160, 90)
    assert thumb.surfaces["main"].points == (24, 12)
    assert thumb.runs["main"].training.steps == 60


def test_a_draft_has_fewer_frames_and_points_but_the_same_training(scene):
    draft = apply_quality(scene, "draft")
    assert draft.films["one"].size == (480, 270)
    assert draft.films["one"].fps == 12
    assert draft.surfaces["main"].points == (200, 100)
    assert draft.runs == scene.runs


def test_a_coarser_surface_is_measured_the_way_that_was_asked_for(scene):
    asked = {"mode": "adaptive", "tolerance": 0.01, "budget": 60.0, "plane": {"kind": "gradient"}, "margin": None}
    data = resolved(scene)
    data["surfaces"]["main"] |= asked
    surface = Scene.model_validate(data).surfaces["main"]
    thumb = apply_quality(Scene.model_validate(data), "thumb").surfaces["main"]
    assert thumb == surface.model_copy(update={"points": (24, 12)})


def test_a_preview_is_only_a_smaller_picture(scene):
    preview = apply_quality(scene, "preview")
    assert preview.films["one"].size == (960, 540)
    assert preview.surfaces == scene.surfaces
    assert preview.films["one"].fps == 30


@settings(deadline=None, max_examples=80)
@given(
    name=st.sampled_from(QUALITIES),
    size=st.tuples(st.integers(8, 4096), st.integers(8, 4096)).map(lambda pair: (2 * pair[0], 2 * pair[1])),
    points=st.tuples(st.integers(2, 5000), st.integers(2, 5000)),
    fps=st.floats(0.01, 240),
    steps=st.integers(1, 500),
)
def test_no_quality_raises_anything_or_leaves_what_a_scene_may_ask(scene, name, size, points, fps, steps):
    data = resolved(scene)
    data["films"]["one"] |= {"size": size, "fps": fps}
    data["surfaces"]["main"]["points"] = points
    data["runs"]["main"]["training"] |= {"steps": steps, "every": steps}
    asked = Scene.model_validate(data)
    given = apply_quality(asked, name)
    assert Scene.model_validate(resolved(given)) == given
    assert all(a <= b for a, b in zip(given.films["one"].size, size, strict=True))
    assert all(a <= b for a, b in zip(given.surfaces["main"].points, points, strict=True))
    assert given.films["one"].fps <= asked.films["one"].fps
    assert given.runs["main"].training.steps <= steps
    limited, width = qualities()[name], size[0]
    if limited.width and width > limited.width and size[1] * limited.width / width > 32:
        assert given.films["one"].size[0] == limited.width
        assert given.films["one"].size[1] / limited.width == pytest.approx(size[1] / width, rel=0.1)


def test_an_unknown_quality_is_told_the_nearest(scene):
    with pytest.raises(UsageError, match='there is no quality "finale"; did you mean final'):
        apply_quality(scene, "finale")
