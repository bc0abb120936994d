"""Variants of a scene: every combination of its matrix, each a scene of its own with names of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from render.cli import app
from render.errors import SceneError
from render.scene.language.load import load
from render.scene.language.variant import Variant, joined, load_variants
from render.scene.part import Name
from render.scene.spec import resolved
from tests.conftest import ROOT
from tests.test_cli import results, runner, thalweg
from tests.test_scene_problems import GOOD

PARAMS = "params: {width: {type: int, in: [1, 32], value: 8}}\n"
VARIED = PARAMS + GOOD.replace("widths: [8]", 'widths: ["${params.width}"]')
BOTH = "matrix: {width: [4, 16], look.name: [ember, porcelain]}\n"


def varied(folder: Path, text: str, settings: tuple[str, ...] = (), params: tuple[str, ...] = ()) -> list[Variant]:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return load_variants(path, settings, params)


def test_a_scene_without_a_matrix_is_its_own_only_variant(tmp_path):
    (only,) = varied(tmp_path, VARIED)
    assert only.scene == load(tmp_path / "a.yaml")
    assert (only.suffix, only.label, only.called("a")) == ("", "", "a")


def test_a_matrix_makes_every_combination(tmp_path):
    found = varied(tmp_path, BOTH + VARIED)
    made = [(each.scene.runs["main"].network.widths, each.scene.look.name) for each in found]
    assert made == [([4], "ember"), ([4], "porcelain"), ([16], "ember"), ([16], "porcelain")]
    assert [each.label for each in found][:2] == ["width 4 · look.name ember", "width 4 · look.name porcelain"]


def test_every_variant_has_names_of_its_own(tmp_path):
    found = varied(tmp_path, BOTH + VARIED)
    names = [name for each in found for name in each.scene.stills]
    assert names[0] == "one-width-4-look-name-ember"
    assert len(set(names)) == 4
    assert [*found[0].scene.films] == ["one-width-4-look-name-ember"]
    assert found[0].called("a") == "a-width-4-look-name-ember"


def test_a_variant_written_out_loads_as_that_variant_alone(tmp_path):
    found = varied(tmp_path, BOTH + VARIED)
    (again,) = varied(tmp_path, json.dumps(resolved(found[2].scene)))
    assert again.scene == found[2].scene


def test_a_param_goes_before_a_key_of_its_name(tmp_path):
    text = "params: {seed: {type: int, value: 3}}\nmatrix: {seed: [1, 2]}\n" + GOOD.replace(
        "Bowl", "Bowl ${params.seed}"
    )
    assert [(each.scene.title, each.scene.seed) for each in varied(tmp_path, text)] == [("Bowl 1", 7), ("Bowl 2", 7)]


@pytest.mark.parametrize("key", ["width", "params.width", "params.width.value"])
def test_a_param_is_named_by_itself_or_by_its_path(tmp_path, key):
    found = varied(tmp_path, f"matrix: {{{key}: [1, 2]}}\n{VARIED}")
    assert [each.scene.runs["main"].network.widths for each in found] == [[1], [2]]


def test_values_of_a_key_may_name_params_and_be_lists(tmp_path):
    matrix = (
        'matrix: {title: ["${params.width} wide"], surfaces.main.points: [[4, 4], [5, 6]], shots.0.duration: [8s]}\n'
    )
    found = varied(tmp_path, matrix + VARIED)
    assert [each.scene.title for each in found] == ["8 wide"] * 2
    assert [each.scene.surfaces["main"].points for each in found] == [(4, 4), (5, 6)]
    assert found[1].suffix == "title-8_wide-main-points-_5_6-shots-duration-8s" or "points" in found[1].suffix


def test_what_the_command_line_sets_is_not_varied_and_keeps_its_names(tmp_path):
    whole = varied(tmp_path, BOTH + VARIED)
    by_param = varied(tmp_path, BOTH + VARIED, params=("width=16",))
    assert [each.suffix for each in by_param] == [each.suffix for each in whole[2:]]
    assert [each.scene for each in by_param] == [each.scene for each in whole[2:]]
    by_setting = varied(tmp_path, BOTH + VARIED, settings=("look.name=slate",))
    assert [each.scene.look.name for each in by_setting] == ["slate", "slate"]


def test_names_that_would_be_too_long_or_the_same_are_told_apart(tmp_path):
    long = "x" * 60
    text = f"matrix: {{title: [a b, a_b, {long}1, {long}2]}}\n{GOOD}"
    names = [name for each in varied(tmp_path, text) for name in each.scene.stills]
    assert len(set(names)) == 4
    assert all(len(name) <= 64 for name in names)
    assert joined("a" * 60, "one") != joined("a" * 60, "two")
    assert Name.__metadata__[0].pattern  # what a record is read again by
    for name in names:
        (tmp_path / "b.yaml").write_text(GOOD.replace("  one: {at", f"  {name}: {{at"), encoding="utf-8")
        assert name in load(tmp_path / "b.yaml").stills


BAD = [
    ("matrix: {widht: [1]}", "1:10: matrix.widht: is neither a param nor a key; did you mean width?"),
    ("matrix: {look.nmae: [ember]}", "1:22: look.nmae: is not a key here; did you mean name?"),
    ("matrix: {width: [4, 64]}", "1:21: params.width.value: 64 is too large; at most 32"),
    ("matrix: {width: [4, x]}", '1:21: params.width.value: "x" is not a whole number'),
    ("matrix: {look.name: [ember, embr]}", '1:29: look.name: "embr" is not a look; did you mean ember?'),
    ("matrix: {width: []}", "1:17: matrix.width: [] has too few entries; at least 1"),
    ("matrix: {width: 4}", "1:17: matrix.width: 4 is not a list; write [a, b]"),
    ("matrix: {width: [4, 4]}", "1:9: matrix: width lists 4 twice; keep one of them"),
    ("matrix: [width]", '1:9: matrix: ["width"] is not a mapping; write keys with values'),
    ("matrix: {include: [[b.yaml]]}", "1:10: matrix.include: is the same in every variant"),
    ("matrix: {shots.9.duration: [1s]}", "shots is a list, so 9 is not a key in it; give a number from 0 to 0"),
    ("matrix: {a..b: [1]}", "1:10: matrix.a..b: is not a key's path; write it like shots.0.duration"),
    (
        f"matrix: {{seed: {list(range(9))}, width: {list(range(1, 9))}}}",
        "1:9: matrix: 9 × 8 makes 72 variants; at most 64 are made of one scene",
    ),
]


@pytest.mark.parametrize(("matrix", "words"), BAD, ids=[matrix[:36] for matrix, _ in BAD])
def test_a_wrong_matrix_is_one_sentence_at_its_place(tmp_path, matrix, words):
    with pytest.raises(SceneError, match=r"a\.yaml:1:") as caught:
        varied(tmp_path, f"{matrix}\n{VARIED}")
    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]


def test_the_most_variants_are_checked_at_once(tmp_path):
    values = list(range(1, 9))
    found = varied(tmp_path, f"matrix: {{seed: {values}, width: {values}}}\n{VARIED}")
    assert len({each.suffix for each in found}) == 64


def test_check_names_every_variant(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(BOTH + VARIED, encoding="utf-8")
    said = results("check", path)
    assert said[0]["variant"] == {"width": 4, "look.name": "ember"}
    assert "scene Bowl (width 16 · look.name porcelain):" in thalweg("check", path)
    assert len(results("check", path, "--param", "width=4")) == 2
    assert "--param width=99" in runner.invoke(app, ["check", str(path), "--param", "width=99"]).stderr


def test_the_scene_in_the_book_makes_the_variants_that_it_says(tmp_path):
    text = (ROOT / "docs" / "how-to" / "parameters.md").read_text(encoding="utf-8")
    scene, matrix = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(varied(tmp_path, scene)) == 1
    found = varied(tmp_path, scene + matrix)
    assert len(found) == 6
    assert "width-width-4-look-name-ember" in found[0].scene.stills
    assert "`output/stills/width-width-4-look-name-ember.png`" in text
    assert len(varied(tmp_path, scene + matrix, params=("width=4",))) == 2


@pytest.mark.slow
def test_a_wedge_is_rendered_with_one_sheet_of_all(tmp_path, graphics):
    path, output = tmp_path / "a.yaml", tmp_path / "output"
    text = BOTH + VARIED[: VARIED.index("films:")].replace("steps: 600", "steps: 20").replace("[40, 30]", "[20, 20]")
    path.write_text(text, encoding="utf-8")
    common = (path, "--quality", "thumb", "--out", output)
    made = results("render", *common)
    assert [each["path"] for each in made if each["kind"] == "sheet"] == [str(output / "variants" / "a.thumb.png")]
    assert len({each["path"] for each in made if each["kind"] == "still"}) == 4
    assert len({each["path"] for each in made if each["kind"] == "surface"}) == 2
    record = json.loads((output / "variants" / "a.thumb.png.json").read_text())
    assert [each["variant"] for each in record["pictures"]][3] == "width 16 · look.name porcelain"
    with Image.open(output / "variants" / "a.thumb.png") as sheet:
        pixels = np.asarray(sheet, np.float32)
    boxes = [each["box"] for each in record["pictures"]]
    pictures = [pixels[top : top + height, left : left + width] for left, top, width, height in boxes]
    assert all(np.abs(pictures[0] - other).mean() > 2 for other in pictures[1:])
    assert all(each["reused"] for each in results("render", *common))
    assert "ask for all there is" in thalweg("clean", path, "--out", output)
    assert json.loads(thalweg("clean", ROOT / "scenes" / "first-descent.yaml", "--out", output, "--json"))["waste"]
