"""The sheet of looks: even margins, every picture the scene's own in that look, eyes as asked for, and a record."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render import exchange
from render.cli import app
from render.exchange.given import Given
from render.film import contact_sheet, record
from render.film.every_look import WIDEST, still_of, wish
from render.film.vision import seen_as
from render.scene.language.load import load
from render.scene.look import preset_names
from render.stage.colour import linear_of

AXIS = np.linspace(-1, 1, 33)
BOWL = (1 + AXIS**2 + 2 * AXIS[:, None] ** 2).astype(np.float32)
GROUND = (142, 142, 141)
SCENE = """thalweg: 1
title: Bowl
surfaces:
  bowl: {source: {surface: bowl.npz}}
shots:
  - {surface: bowl, duration: 2s}
"""
STILLS = "stills:\n  bowl: {at: 1.5s, size: [640, 360], title: false, caption: false}\n"
FILMS = "films:\n  bowl: {size: [640, 360]}\n"
runner = CliRunner()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A working directory with a made-up surface, a path on it, and a scene of both."""
    monkeypatch.chdir(tmp_path)
    way = {"path_alpha": np.array([0.5, 0.2, 0.0]), "path_beta": np.array([0.3, 0.1, 0.0])}
    exchange.write(Given(AXIS, AXIS, BOWL, "loss", way), tmp_path / "bowl.npz", "npz")
    (tmp_path / "bowl.yaml").write_text(SCENE + STILLS)
    return tmp_path


def looks(*words: object, code: int = 0, command: str = "looks") -> str:
    """Runs a command on the scene at thumb; returns what it printed on stdout, or on stderr where it fails."""
    done = runner.invoke(app, [command, "bowl.yaml", "--quality", "thumb", *map(str, words)])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stderr if code else done.stdout


def sheet(ending: str = "") -> tuple[np.ndarray, dict]:
    target = Path(f"output/looks/bowl{ending}.thumb.png")
    return np.asarray(Image.open(target)), record.read(target)


def part(pixels: np.ndarray, box: list[int]) -> np.ndarray:
    left, top, width, height = box
    return pixels[top : top + height, left : left + width]


# the layout


@pytest.mark.parametrize("count", range(1, 17))
@pytest.mark.parametrize("picture", [(160, 90), (90, 160), (480, 480)])
def test_margins_are_even_and_no_picture_touches_another(count, picture):
    made = contact_sheet.arranged(count, picture)
    width, height = made.size
    corners = np.array([made.corner(index) for index in range(count)])
    assert corners.min() == made.margin
    assert corners[:, 0].max() + picture[0] + made.margin == width
    name = made.step[1] - picture[1] - made.margin
    assert corners[:, 1].max() + picture[1] + name + made.margin == height
    assert name >= contact_sheet.FALL * made.letters
    assert set(np.diff(np.unique(corners[:, 0]))) <= {picture[0] + made.margin}
    assert len({tuple(corner) for corner in corners}) == count


def test_ten_wide_pictures_make_a_sheet_that_fits_a_screen():
    made = contact_sheet.arranged(10, (160, 90))
    assert made.columns == 4 and 1.2 < made.size[0] / made.size[1] < 2.2


def test_pictures_stand_as_they_are_on_a_ground_that_tints_nothing_with_a_name_beneath():
    pictures = [np.full((90, 160, 3), code, np.uint8) for code in (18, 250, 120)]
    made = contact_sheet.arranged(3, (160, 90))
    pixels = contact_sheet.drawn(made, pictures, ["ember", "", "x-ray"])
    for index, picture in enumerate(pictures):
        np.testing.assert_array_equal(part(pixels, made.box(index)), picture)
    left, top, width, height = made.box(0)
    below = pixels[top + height : top + made.step[1], left : left + width]
    assert (below < 100).any() and (below[:, :40] < 100).any()  # letters begin under the picture's left edge
    unnamed = pixels[made.corner(1)[1] + 90 : made.corner(1)[1] + made.step[1], made.corner(1)[0] :][:, :160]
    assert (unnamed == GROUND).all() and (pixels[:6] == GROUND).all() and (pixels[:, :6] == GROUND).all()


def test_the_ground_sets_off_dark_pictures_pale_ones_and_names():
    def contrast(one: str, other: str) -> float:
        bright, dark = sorted((float(linear_of(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
        return (bright + 0.05) / (dark + 0.05)

    assert contrast(contact_sheet.GROUND, contact_sheet.NAME) > 4.5
    assert min(contrast(contact_sheet.GROUND, ground) for ground in ("#0d0d0d", "#fbf9f3")) > 3


def test_a_picture_with_alpha_lies_over_the_ground():
    picture = np.zeros((90, 160, 4), np.uint8)
    picture[:45] = (200, 10, 30, 255)
    made = contact_sheet.arranged(1, (160, 90))
    shown = part(contact_sheet.drawn(made, [picture], ["a"]), made.box(0))
    assert (shown[:45] == (200, 10, 30)).all() and (shown[45:] == GROUND).all()


# what is drawn for a scene


def test_a_sheet_without_stills_shows_the_middle_of_the_film_and_is_never_huge(home):
    (home / "bowl.yaml").write_text(SCENE + FILMS)
    assert (still_of(load(home / "bowl.yaml"), "final").at, still_of(load(home / "bowl.yaml"), "final").size) == (
        1.0,
        (640, 360),
    )
    (home / "bowl.yaml").write_text(SCENE)
    assert still_of(load(home / "bowl.yaml"), "final").size == (WIDEST, 540)
    assert still_of(load(home / "bowl.yaml"), "thumb").size == (160, 90)
    (home / "bowl.yaml").write_text(SCENE + STILLS.replace("[640, 360]", "[3000, 6000]"))
    found = still_of(load(home / "bowl.yaml"), "final")
    assert (found.at, found.size, found.title, found.caption) == (1.5, (480, 960), False, False)


def test_all_looks_are_shown_unless_some_are_named():
    assert wish().looks == preset_names()
    assert wish(["slate", "ember", "slate"]).looks == ("slate", "ember")


@pytest.mark.slow
def test_every_picture_of_a_sheet_is_the_scenes_own_in_that_look(home, graphics):
    told = json.loads(looks("--look", "slate", "--look", "ember", "--json"))["results"]
    assert told[0]["path"] == "output/looks/bowl.thumb.png" and not told[0]["reused"]
    pixels, kept = sheet()
    assert [each["look"] for each in kept["pictures"]] == ["slate", "ember"]
    assert kept["size"] == [pixels.shape[1], pixels.shape[0]] and kept["surfaces"]["bowl"]
    for each in kept["pictures"]:
        assert "33 × 33" in each["caption"]
        looks("--set", f"look.name={each['look']}", command="still")
        np.testing.assert_array_equal(part(pixels, each["box"]), np.asarray(Image.open("output/stills/bowl.thumb.png")))
    assert json.loads(looks("--look", "slate", "--look", "ember", "--json"))["results"][0]["reused"]


def test_a_sheet_as_others_see_it_is_the_plain_one_through_their_eyes(home, graphics):
    looks("--look", "ember")
    looks("--look", "ember", "--as", "deuteranopia")
    (plain, told), (seen, kept) = sheet(), sheet(".deuteranopia")
    assert kept["seen_as"] == "deuteranopia" and told["seen_as"] is None
    box = kept["pictures"][0]["box"]
    np.testing.assert_array_equal(part(seen, box), seen_as(part(plain, box), "deuteranopia"))
    assert (seen[0, 0] == GROUND).all()


@pytest.mark.slow
def test_all_looks_of_a_made_up_scene_are_drawn_and_cleaned_away(home, graphics):
    looks()
    pixels, kept = sheet()
    assert [each["look"] for each in kept["pictures"]] == list(preset_names())
    for each in kept["pictures"]:
        assert part(pixels, each["box"]).std() > 1, f"{each['look']} is one colour"
    assert "sheet output/looks/bowl.thumb.png" in runner.invoke(app, ["clean", "bowl.yaml"]).stdout


@pytest.mark.slow
def test_changes_of_the_scene_are_kept_in_every_look(home, graphics):
    looks("--look", "ember", "--look", "slate")
    before, kept = sheet()
    looks("--look", "ember", "--look", "slate", "--set", "look.palette=viridis", "--set", "look.grain=0")
    after, told = sheet()
    assert all((part(before, each["box"]) != part(after, each["box"])).any() for each in kept["pictures"])
    assert told["key"] != kept["key"] and len(told["palette"]) == 256


MISTAKES = [
    (["--look", "embre"], 2, "--look embre: is not a look; did you mean ember?"),
    (["--as", "deuteranomaly"], 2, "--as deuteranomaly: is not known; did you mean deuteranopia?"),
    (["--as", "gray"], 2, "--as gray: is not known; did you mean grey?"),
    (["--set", "look.palette=matplotlib:coolwarm"], 3, "palette_kind: diverging"),
    (["--set", "look.palette=nowhere.csv"], 3, '"nowhere.csv" is not a file here'),
    (["--set", "shots=[]", "--set", "stills={}"], 3, '"Bowl" has no shots, so there is nothing to draw'),
]


@pytest.mark.parametrize(("words", "code", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_with_an_exit_code(home, words, code, sentence):
    said = looks(*words, code=code)
    assert sentence in said and "Traceback" not in said and said.count("\n") == 1


def test_scenes_of_one_name_do_not_write_one_sheet(home):
    (home / "other").mkdir()
    (home / "other" / "bowl.yaml").write_text(SCENE + STILLS)
    assert "would have one sheet" in looks("other/bowl.yaml", code=2)


def test_a_package_that_is_missing_ends_the_command_with_what_brings_it(home, monkeypatch):
    from render.scene.colours import colourmaps

    colourmaps.maps_of.cache_clear()
    monkeypatch.setitem(colourmaps.PACKAGES, "cmocean", lambda: __import__("no_such_package_of_maps"))
    assert "pip install 'thalweg[maps]'" in looks("--set", "look.palette=cmocean:deep", code=4)
    colourmaps.maps_of.cache_clear()
