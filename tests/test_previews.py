"""Composing: a moment, from several sides, again when the scene is saved, and the frames of a film on one sheet."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app, composing
from render.film import shooting
from render.film.storyboard import moments_of
from render.film.timeline import Timeline
from render.stage.shading import baked_field
from tests.conftest import SCENE

runner = CliRunner()


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("measured")
    asked = ["sample", str(SCENE), "--quality", "thumb", "--out", str(output), "--json"]
    assert runner.invoke(app, asked).exit_code == 0
    return output


@pytest.fixture
def output(measured, tmp_path) -> Path:
    shutil.copytree(measured, tmp_path / "output")
    return tmp_path / "output"


@pytest.fixture
def scene(tmp_path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(SCENE.read_text())
    return path


def thalweg(*words: object, code: int = 0):
    done = runner.invoke(app, [str(word) for word in (*words, "--quality", "thumb")])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done


def test_a_preview_is_the_moment_that_is_asked_for(graphics, output, scene):
    thalweg("preview", scene, "--at", "2s", "--out", output)
    early = (output / "previews" / "mine.thumb.png").read_bytes()
    thalweg("preview", scene, "--at", 7, "--out", output)
    with Image.open(output / "previews" / "mine.thumb.png") as picture:
        assert picture.size == (160, 90)
    assert (output / "previews" / "mine.thumb.png").read_bytes() != early


def test_angles_are_different_pictures_on_one_sheet(graphics, output, scene):
    thalweg("preview", scene, "--angles", 3, "--out", output)
    told = json.loads((output / "previews" / "mine.angles.thumb.png.json").read_text())
    with Image.open(output / "previews" / "mine.angles.thumb.png") as sheet:
        assert list(sheet.size) == told["size"]
        assert sheet.width > 2 * 160 and sheet.height > 2 * 90


def test_a_storyboard_has_the_first_and_the_last_frame_and_the_film_goes_on_from_it(
    graphics, output, scene, monkeypatch
):
    thalweg("storyboard", scene, "--count", 4, "--out", output)
    told = json.loads((output / "storyboards" / "first-descent.thumb.png.json").read_text())
    assert [frame["frame"] for frame in told["frames"]] == [0, 4, 7, 11]
    drawn = []
    draw = shooting.bare_picture

    def watched(*words, **more):
        drawn.append(words[2])
        return draw(*words, **more)

    monkeypatch.setattr(shooting, "bare_picture", watched)
    thalweg("film", scene, "--out", output)
    kept = {0, 4, 7, 11} | set(Timeline((8.0,), 1.5).looked_at(0))
    assert len(drawn) == 12 - len(kept)


def test_a_watched_scene_is_drawn_again_when_it_is_saved_and_a_mistake_loses_nothing(
    graphics, output, scene, monkeypatch
):
    text, preview, seen = scene.read_text(), output / "previews" / "mine.thumb.png", []
    saved = [text.replace("sweep: 50", "sweep: fifty"), text.replace("sweep: 50", "sweep: 20, azimuth: 10")]

    def save_or_end(seconds):
        seen.append(preview.read_bytes())
        if not saved:
            raise KeyboardInterrupt
        scene.write_text(saved.pop(0))

    monkeypatch.setattr(composing.time, "sleep", save_or_end)
    done = thalweg("preview", scene, "--at", "4s", "--watch", "--out", output, code=130)
    assert 'shots.0.camera.sweep: "fifty" is not a number' in done.stderr
    assert "drawn in " in done.stderr
    assert seen[0] == seen[1] != seen[2]


def test_what_is_taken_over_from_the_last_preview_changes_no_pixel(graphics, output, scene, monkeypatch):
    """Each change is drawn by a process that watches, from the stages of the one before, and alone."""
    text, preview, baked = scene.read_text(), output / "previews" / "mine.thumb.png", []
    plain = text[: text.index("\nlook:")] + text[text.index("\nshots:") :] if "\nlook:" in text else text
    looks = [
        "",
        "\nlook: {name: ember, sun: {azimuth: 40}}\n",
        "\nlook: {name: glacier}\n",
        "\nlook: {name: ember, relief: [{clip: {percentile: 90}}, {exaggeration: 0.2}]}\n",
        "\nlook: {name: porcelain, relief: [{clip: {percentile: 90}}, {exaggeration: 0.2}]}\n",
        "\nlook: {name: ink}\n",
    ]
    saved = [plain.replace("sweep: 50", f"sweep: {20 + number}") + look for number, look in enumerate(looks)]
    taken, left = [], list(saved)

    def save_or_end(seconds):
        taken.append(preview.read_bytes())
        if not left:
            raise KeyboardInterrupt
        scene.write_text(left.pop(0))

    skies = baked_field.bake.bake_sky
    monkeypatch.setattr(baked_field.bake, "bake_sky", lambda *what, **how: baked.append(1) or skies(*what, **how))
    monkeypatch.setattr(composing.time, "sleep", save_or_end)
    thalweg("preview", scene, "--at", "4s", "--watch", "--out", output, code=130)
    watched = len(baked)
    baked.clear()
    for written, seen in zip(saved, taken[1:], strict=True):
        scene.write_text(written)
        preview.unlink()
        thalweg("preview", scene, "--at", "4s", "--out", output)
        assert preview.read_bytes() == seen, written[-200:]
    assert watched < len(baked)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("preview", "--at", "9s"), "--at 9s: is after the end of the shots, 8 s"),
        (("preview", "--at", "soon"), "--at: "),
        (("preview", "--angles", "99"), "--angles 99: write 1 to 36"),
        (("preview", "--watch", "--json"), "choose one"),
        (("storyboard", "--count", "1"), "--count 1: write 2 to 200"),
    ],
)
def test_what_cannot_be_previewed_is_a_usage_error(output, scene, words, said):
    done = thalweg(words[0], scene, *words[1:], "--out", output, code=2)
    assert said in done.stderr + done.stdout


@pytest.mark.parametrize("count", [2, 5, 40])
def test_moments_of_a_storyboard_are_even_and_none_comes_twice(count):
    moments = moments_of(Timeline((2.0,), 10), count)
    assert (moments[0].number, moments[-1].number) == (0, 19)
    assert len({moment.number for moment in moments}) == len(moments) == min(count, 20)
