"""Parameters of a scene: declared with type and bounds, put in where they are named, given by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from render.errors import SceneError
from render.scene.language.document import Document
from render.scene.language.load import complete, load, opened
from render.scene.language.place import Place
from render.scene.language.problem import problems_of
from render.scene.language.substitution import escaped, substituted
from render.scene.param import Param, written
from render.scene.spec import Scene, resolved
from tests.test_scene_problems import GOOD

PARAMS = """\
params:
  width: {type: int, in: [1, 8], value: 4}
  look: {type: choice, in: [ember, porcelain], value: porcelain}
  length: {type: duration, in: [1s, 20s], value: 8s}
  glow: {type: colour, value: "#ff5a5f"}
  name: {type: text, value: Bowl}
  rate: {type: number, value: 0.25}
  shown: {type: bool, value: true}
"""
USING = PARAMS + GOOD.replace("widths: [8]", 'widths: ["${params.width}", 3]').replace(
    "title: Bowl", "title: ${params.name} of ${params.width}, lr ${params.rate}, ${params.shown}"
).replace("lr: 0.1", 'lr: "${params.rate}"').replace(
    "look: {name: ember}", "look:\n  name: ${params.look}\n  path: {colour: '${params.glow}'}"
).replace("8s\nstills", "${params.length}\n    path:\n      show: ${params.shown}\nstills")


def loaded(folder: Path, text: str, *params: str, settings: tuple[str, ...] = ()) -> Scene:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return complete(opened(path, settings, params))[0]


def problems(folder: Path, text: str, *params: str, settings: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(SceneError, match=r"a\.yaml|--param|--set") as caught:
        loaded(folder, text, *params, settings=settings)
    return [problem.partition("a.yaml:")[2] or problem for problem in caught.value.problems]


def test_a_reference_that_is_a_whole_value_keeps_its_type(tmp_path):
    scene = loaded(tmp_path, USING)
    assert scene.runs["main"].network.widths == [4, 3]
    assert scene.runs["main"].training.optimiser.lr == 0.25
    assert (scene.look.name, scene.look.path.colour) == ("porcelain", "#ff5a5f")
    assert (scene.duration, scene.shots[0].path.show) == (8, True)


def test_a_reference_within_text_is_written_out(tmp_path):
    assert loaded(tmp_path, USING).title == "Bowl of 4, lr 0.25, true"


def test_a_param_is_given_by_the_command_line(tmp_path):
    given = ("width=8", "look=ember", "length=120f", "glow=#00ff00", "name=a: b # c", "rate=1e-3", "shown=false")
    with_frames = USING.replace(", in: [1s, 20s]", "").replace("at: 6s", "at: 3s")
    scene = loaded(tmp_path, with_frames, *given)
    assert scene.title == "a: b # c of 8, lr 0.001, false"
    assert (scene.look.name, scene.look.path.colour, scene.duration) == ("ember", "#00ff00", 4)


def test_a_setting_may_name_a_param_and_give_it(tmp_path):
    settings = ("title=${params.width} wide", "params.width.value=2")
    assert loaded(tmp_path, USING, settings=settings).title == "2 wide"


def test_a_later_value_goes_before_an_earlier_one(tmp_path):
    assert loaded(tmp_path, USING, "width=2", "width=3").runs["main"].network.widths[0] == 3


def test_what_was_put_in_is_not_looked_through_again(tmp_path):
    scene = loaded(tmp_path, USING, "name=${params.width}")
    assert scene.title == "${params.width} of 4, lr 0.25, true"
    assert loaded(tmp_path, json.dumps(resolved(scene))) == scene


def test_a_doubled_dollar_writes_what_begins_a_reference(tmp_path):
    text = GOOD.replace("title: Bowl", "title: costs $5, $${params.width} and $$${x}")
    scene = loaded(tmp_path, text)
    assert scene.title == "costs $5, ${params.width} and $${x}"
    assert loaded(tmp_path, json.dumps(resolved(scene))) == scene


PLACE = Place("a")
pieces = st.lists(st.sampled_from(["$", "{", "}", "${", "$${", "params", ".", "width", "a", "谷"]), max_size=12)


@given(pieces.map("".join))
def test_text_that_is_escaped_is_put_in_as_it_was(text):
    data = {"title": text, "more": [{"deep": text}], "params": {"width": {"value": 3}}}
    assert substituted(Document(escaped(data), {(): PLACE}, {(): PLACE})).data == data


@given(st.text(max_size=20), st.one_of(st.integers(), st.booleans(), st.text(max_size=9)), st.text(max_size=20))
def test_a_value_stands_between_what_stood_around_its_name(before, value, after):
    plain = escaped({"before": before, "after": after})
    text = f"{plain['before']} ${{params.x}} {plain['after']}"
    found = substituted(Document({"title": text, "params": {"x": {"value": value}}}, {(): PLACE}, {(): PLACE}))
    assert found.data["title"] == f"{before} {written(value)} {after}"


UNKNOWN = "to write ${ itself, double its $: $${"
BAD = [
    (
        '["${params.width}',
        '["${params.wdith}',
        "15:35",
        "runs.main.network.widths.0: there is no param wdith; did you mean width?",
    ),
    ('params.width}"', 'width}"', "15:35", f"${{width}} names no param; write ${{params.width}}, or, {UNKNOWN}"),
    ('params.width}"', 'widths}"', "15:35", f"${{widths}} names no param; write ${{params.NAME}}, or, {UNKNOWN}"),
    (
        "${params.length}",
        "${params.length",
        "27:15",
        f"duration: ${{ is not closed; write ${{params.NAME}}, or, {UNKNOWN}",
    ),
    (
        "${params.length}",
        "${params.look}",
        "27:15",
        '"porcelain" is not a duration; write it like 8s, 500ms, 1.5s, 2min or 1m30s (from ${params.look})',
    ),
    ("value: 4", "value: 9", "2:41", "params.width.value: 9 is too large; at most 8"),
    ("value: 4", 'value: "4"', "2:41", 'params.width.value: "4" is not a whole number; remove the quotes'),
    ("in: [1, 8]", "in: [8, 1]", "2:26", "params.width.in: [8, 1] is not the least and the largest value"),
    ("in: [1, 8]", "in: [a, 8]", "2:27", 'params.width.in.0: "a" is not a whole number'),
    ("type: int", "type: integer", "2:17", 'params.width.type: "integer" is not known; known here: int, number, text'),
    (
        "value: porcelain",
        "value: porc",
        "3:55",
        'params.look.value: "porc" is not among its values; did you mean porcelain?',
    ),
    ("in: [ember, porcelain], ", "", "3:3", "params.look.in: is missing; a choice lists its values there"),
    ("value: 8s", "value: 30s", "4:50", 'params.length.value: "30s" is too large; at most 20'),
    (
        "value: 8s",
        "value: 30f",
        "4:50",
        'params.length.value: "30f" counts frames, and bounds are seconds; write seconds',
    ),
    ('"#ff5a5f"', "red", "5:31", 'params.glow.value: "red" is not a colour; write it like "#ffd9a0", in quotes'),
    (
        "{type: text,",
        "{type: text, in: [a],",
        "6:26",
        "params.name.in: has no use for text; leave it out, or say type: choice",
    ),
    ("value: true", "value: [true]", "8:30", "params.shown.value: [true] is not a number, text, true or false"),
    ("value: true", "valeu: true", "8:23", "params.shown.valeu: is not a key here; did you mean value?"),
    ('["${params.width}", 3]', "[${params.width}, 3]", "15:36", "within [] and {} a reference needs quotes"),
    (PARAMS, "", "7:35", "runs.main.network.widths.0: there is no param width; add it under params"),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), BAD, ids=[f"{new}"[:40] for _, new, _, _ in BAD])
def test_a_wrong_param_is_one_sentence_at_its_place(tmp_path, old, new, place, words):
    assert old in USING
    said = problems(tmp_path, USING.replace(old, new, 1))
    assert len([problem for problem in said if problem.startswith(f"{place}: ") and words in problem]) == 1


WRONG = [
    ("width=80", "--param width=80: params.width.value: 80 is too large; at most 8"),
    ("width=x", '--param width=x: params.width.value: "x" is not a whole number'),
    ("width=", "--param width=: params.width.value: an empty value is not a number, text, true or false"),
    ("width", "--param width: is not NAME=VALUE; write it like width=8"),
    ("=8", "--param =8: is not NAME=VALUE"),
    ("wdith=8", '--param wdith=8: the scene has no param "wdith"; did you mean width?'),
    ("width=[1", "--param width=[1: is not YAML"),
    ("look=embr", '--param look=embr: params.look.value: "embr" is not among its values; did you mean ember?'),
    ("glow=red", '--param glow=red: params.glow.value: "red" is not a colour'),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_a_param_that_does_not_fit_is_named(tmp_path, text, words):
    said = problems(tmp_path, USING, text)
    assert len(said) == 1
    assert said[0].startswith(words)


def test_a_scene_without_params_takes_none(tmp_path):
    assert problems(tmp_path, GOOD, "width=8") == [
        '--param width=8: the scene has no param "width"; add it under params, or use --set'
    ]


def test_all_references_that_lead_nowhere_are_named_at_once(tmp_path):
    assert len(problems(tmp_path, USING.replace("params.name}", "params.nmae}").replace("params.rate}", "rate}"))) == 2


def test_params_are_shared_by_including_them(tmp_path):
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    text = f"include: [params.yaml]\nparams: {{width: {{value: 6}}}}\n{USING.removeprefix(PARAMS)}"
    assert loaded(tmp_path, text).runs["main"].network.widths == [6, 3]


scalars = st.one_of(st.integers(), st.booleans(), st.floats(), st.text(max_size=5), st.none(), st.just([1]))
kinds = st.sampled_from(["int", "number", "text", "bool", "choice", "colour", "duration"])


@given(kinds, st.one_of(st.none(), st.lists(scalars, max_size=3)), scalars)
def test_any_param_is_taken_or_explained(kind, listed, value):
    try:
        param = Param.model_validate({"type": kind, "value": value, "in": listed})
    except ValidationError as error:
        assert all("Input should" not in str(problem) for problem in problems_of(error, Param))
    else:
        assert param.refused(value) is None
        assert Param.model_validate(param.model_dump(mode="json")) == param


def test_a_scene_with_params_written_out_loads_as_the_same_scene(tmp_path):
    scene = loaded(tmp_path, USING, "width=2")
    again = loaded(tmp_path, json.dumps(resolved(scene)))
    assert again == scene
    assert again.params["width"].value == 2


def test_a_scene_without_params_is_what_it_was(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).params == load(path).matrix == {}
