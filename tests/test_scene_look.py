"""Looks: complete presets, of which a scene changes what it likes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from render.scene.look import Look, LookPreset, old_keys, preset, preset_names, renewed
from render.scene.relief import ExaggerationStep, LogStep
from render.storage.files import asset


def test_the_looks_are_known_by_their_files():
    assert {"ember", "nocturne", "porcelain"} <= set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_complete_in_itself_and_says_what_it_is_good_for(name):
    assert set(preset(name)) <= set(LookPreset.model_fields)
    assert LookPreset.model_validate(preset(name)) == Look(name=name).resolved
    assert asset(f"looks/{name}.yaml").read_text(encoding="utf-8").startswith(f"# {name.capitalize()}: ")


def test_a_scene_changes_single_values_of_a_preset():
    plain = Look.model_validate({"name": "nocturne"})
    low = Look.model_validate(
        {"name": "nocturne", "sun": {"elevation": 12}, "palette": [[0, "#000000"], [1, "#ffffff"]]}
    )
    assert low.sun == plain.sun.model_copy(update={"elevation": 12.0})
    assert low.palette == [(0, "#000000"), (1, "#ffffff")]
    assert low.sky == plain.sky


def test_a_change_leaves_the_preset_as_it_was():
    before = Look(name="ember").sun.size
    Look.model_validate({"sun": {"size": before + 1}})
    assert Look(name="ember").sun.size == before


def test_a_measured_relief_is_logarithmic_clipped_and_moderate_unless_the_scene_says_otherwise():
    assert [step.model_dump(mode="json") for step in Look().steps] == [
        {"log": {"floor": 1e-4}},
        {"clip": {"percentile": 99.7}},
        {"exaggeration": 0.3},
    ]


def test_a_relief_that_the_scene_leaves_open_stays_open_where_it_is_written_out():
    written = Look().model_dump(mode="json")
    assert written["relief"] is None and Look.model_validate(written) == Look()


def test_a_relief_without_steps_is_not_one_that_was_left_open():
    assert Look(relief=[]).steps == []


def test_steps_made_in_python_are_those_of_a_file():
    made = Look(relief=[LogStep(log={"floor": 1e-3}), ExaggerationStep(exaggeration=0.4)])
    assert made == Look.model_validate({"relief": [{"log": {"floor": 1e-3}}, {"exaggeration": 0.4}]})


def test_the_resolved_look_is_without_name_and_relief():
    look = Look.model_validate({"rim": 0.1})
    assert type(look.resolved) is LookPreset
    assert look.resolved.model_dump() == look.model_dump(exclude={"name", "relief"})


def test_a_second_logarithm_is_refused():
    step = {"log": {"floor": 1e-4}}
    with pytest.raises(ValidationError, match="keep one log step"):
        Look.model_validate({"relief": [step, step]})


OLD = [
    ({"shape": "square"}, {"body": "block"}),
    ({"shape": "disc"}, {"body": "disc"}),
    ({"plinth": 0.03}, {"walls": {"thickness": 0.03}}),
    ({"fade": 0.5}, {"walls": {"fade": 0.5}}),
    ({"shape": "disc", "plinth": 0.02, "fade": 1}, {"body": "disc", "walls": {"thickness": 0.02, "fade": 1}}),
    ({"path": {"radius": 0.0025}}, {"path": {"width": [2800 * 0.0025, 0.43 * 2800 * 0.0025]}}),
    ({"shape": "square", "body": "sheet"}, {"body": "sheet"}),
    ({"plinth": 0.03, "walls": {"thickness": 0.2}}, {"walls": {"thickness": 0.2}}),
    ({"path": {"radius": 0.002, "width": [5, 2]}}, {"path": {"width": [5, 2]}}),
]


@pytest.mark.parametrize(("old", "new"), OLD)
def test_keys_of_former_versions_say_what_the_new_ones_say(old, new):
    assert Look.model_validate(old) == Look.model_validate(new)


def test_a_look_without_old_keys_stays_as_it_is():
    data = {"body": "points", "walls": {"strata": 0.2}, "path": {"width": [4, 2]}}
    assert renewed(data) == data


@pytest.mark.parametrize("old", [{"shape": "cube"}, {"plinth": -1}, {"fade": "much"}, {"path": {"radius": "thick"}}])
def test_old_keys_with_values_that_make_no_sense_are_refused(old):
    with pytest.raises(ValidationError):
        Look.model_validate(old)


@pytest.mark.parametrize("part", [{"body": "cone"}, {"ground": "lava"}, {"transform": "sepia"}])
def test_a_body_ground_or_transform_that_does_not_exist_is_refused(part):
    with pytest.raises(ValidationError, match="Input should be"):
        Look.model_validate(part)


def test_old_keys_are_said_to_be_old():
    said = old_keys({"shape": "square", "fade": 1, "path": {"radius": 0.0025}, "bloom": 1})
    assert said == [
        "look.shape: is called look.body today; both are read",
        "look.fade: is called look.walls.fade today; both are read",
        "look.path.radius: is look.path.width today, in pixels near and far; both are read",
    ]
    assert old_keys({"body": "block"}) == old_keys(None) == []
