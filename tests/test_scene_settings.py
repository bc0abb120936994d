"""Settings of the command line: one value of a scene at a time."""

from __future__ import annotations

import pytest

from render.errors import SceneError
from render.scene.language.load import load
from tests.test_scene_problems import GOOD


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_setting_changes_one_value(scene):
    changed = load(scene, ["seed=11", "shots.0.duration=4s", "surfaces.main.points=[5, 6]", "stills.one.at=1s"])
    assert changed.seed == 11
    assert changed.duration == 4
    assert changed.surfaces["main"].points == (5, 6)
    assert changed.runs == load(scene).runs


def test_a_setting_makes_the_mappings_on_its_way(scene):
    assert load(scene, ["surfaces.main.plane.kind=random"]).surfaces["main"].plane.kind == "random"
    assert load(scene, ["films.two.size=[32, 32]"]).films["two"].size == (32, 32)


def test_a_later_setting_wins(scene):
    assert load(scene, ["seed=1", "seed=2"]).seed == 2


def test_a_look_is_chosen_by_a_setting(scene):
    assert load(scene, ["look.name=nocturne"]).look.palette != load(scene).look.palette


TEXTS = ["Descent: a story", "*x", "&x", "!x", "%x", "@x", "- x", "? x", "#3", "Descent #3", "2026", "yes", "null", "~"]
TEXTS += ["true", "[a]", "{a: b}", "it's", 'say "no"', "a=b", "1e-3", "| x", "0x10", "---", "谷"]


@pytest.mark.parametrize("text", TEXTS)
def test_where_a_scene_has_text_the_value_is_taken_as_it_stands(scene, text):
    assert load(scene, ["films={}", "stills={}", f"title={text}"]).title == text


@pytest.mark.parametrize("text", ["'Descent: a story'", '"Descent: a story"', ' "Descent: a story" '])
def test_quotes_around_a_text_are_taken_off(scene, text):
    assert load(scene, [f"title={text}"]).title == "Descent: a story"


@pytest.mark.parametrize(
    ("setting", "colours"),
    [
        ("look.path.colour=#ff5a5f", ("#ff5a5f", None)),
        ("look.path.colour='#ff5a5f'", ("#ff5a5f", None)),
        ("look.path={colour: #ff5a5f, others: [#aabbcc, '#ddeeff']}", ("#ff5a5f", ["#aabbcc", "#ddeeff"])),
        ("look.path.others=[#aabbcc,#ddeeff]", (None, ["#aabbcc", "#ddeeff"])),
    ],
)
def test_a_hash_begins_no_comment_on_the_command_line(scene, setting, colours):
    plain, path = load(scene).look.path, load(scene, [setting]).look.path
    assert (path.colour, path.others) == (colours[0] or plain.colour, colours[1] or plain.others)


BAD = [
    ("seed=#7", '--set seed=#7: seed: "#7" is not a whole number'),
    ("seed=7 # lucky", '--set seed=7 # lucky: seed: "7 # lucky" is not a whole number'),
    ("seed=*x", '--set seed=*x: seed: "*x" is not a whole number'),
    ("seed=%", '--set seed=%: seed: "%" is not a whole number'),
    ("seed=- 7", "--set seed=- 7: seed: [7] is not a whole number"),
    ("look.path=#fff", 'look.path: "#fff" is not a mapping; its keys are colour, others, width, glow'),
    ("title=", '--set title=: title: "" has too few characters; at least 1'),
    ('title="a', "a quote is not closed"),
    ("seed", "--set seed: is not key.path=value; write it like shots.0.duration=4s"),
    ("=1", "--set =1: is not key.path=value"),
    ("a..b=1", "--set a..b=1: is not key.path=value"),
    ("seed=x", '--set seed=x: seed: "x" is not a whole number'),
    ("seed=", "--set seed=: seed: an empty value is not a whole number"),
    ("seed=[1", "--set seed=[1: is not YAML"),
    ("seed=!!python/name:os.x 1", "--set seed=!!python/name:os.x 1: the tag !!python/name:os.x is not plain data"),
    ("sede=1", "--set sede=1: sede: is not a key here; did you mean seed?"),
    ("run.main.x=1", "--set run.main.x=1: run: is not a key here; did you mean runs?"),
    ("title.x=1", "--set title.x=1: title holds no keys, so x cannot be set in it"),
    (
        "shots.1.duration=1s",
        "--set shots.1.duration=1s: shots is a list, so 1 is not a key in it; give a number from 0 to 0",
    ),
    ("shots.first.duration=1s", "shots is a list, so first is not a key in it"),
    ("surfaces.main.plane={}", "--set surfaces.main.plane={}: surfaces.main.plane: needs a kind: pca, random"),
    ("surfaces.main.plane.seed=4", "--set surfaces.main.plane.seed=4: surfaces.main.plane: needs a kind: pca, random"),
    ("surfaces.main.run=mian", 'surfaces.main.run: there is no run "mian"; did you mean main?'),
    ("thalweg=2", "--set thalweg=2: thalweg: 2 is not a version that can be read; write 1"),
]


@pytest.mark.parametrize(("setting", "words"), BAD)
def test_a_setting_that_does_not_fit_is_named(scene, setting, words):
    with pytest.raises(SceneError, match="--set") as caught:
        load(scene, [setting])
    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]


def test_all_settings_that_cannot_be_set_are_named_at_once(scene):
    with pytest.raises(SceneError, match="title holds no keys") as caught:
        load(scene, ["title.x=1", "seed", "shots.9=1"])
    assert len(caught.value.problems) == 3


def test_problems_of_the_file_keep_their_place_beside_those_of_a_setting(scene):
    scene.write_text(GOOD.replace("batch: 64", "batch: 0"), encoding="utf-8")
    with pytest.raises(SceneError, match=r"a\.yaml:10:14: runs\.main\.training\.batch: 0 is too small") as caught:
        load(scene, ["runs.main.training.steps=-1"])
    assert caught.value.problems[0].startswith(
        "--set runs.main.training.steps=-1: runs.main.training.steps: -1 is too small"
    )
