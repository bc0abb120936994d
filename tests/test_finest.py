"""The finest surfaces on disk: a lower quality draws what is measured already, and its keys and records say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.scene.spec import Scene
from render.works import finest as finer_surfaces
from render.works.file import picture_key
from render.works.order import Order
from tests.conftest import SCENE
from tests.kept import kept_surface, surface_asked

SETTINGS = [
    "runs.main.network.widths=[6]",
    "runs.main.training.steps=70",
    "surfaces.main.objective={examples: 64}",
    "surfaces.main.points=[40, 30]",
    "surfaces.main.margin=null",
]


def finest(whole: Scene, quality: str, output: Path) -> tuple[Scene, list[str]]:
    """Returns the scene that is drawn at a quality, and the names of its surfaces that are finer."""
    order, names = finer_surfaces.finest(whole, Order(apply_quality(whole, quality), quality, output))
    return order.scene, names


@pytest.fixture(scope="module")
def whole() -> Scene:
    return load(SCENE, SETTINGS)


@pytest.fixture(scope="module")
def measured(whole, tmp_path_factory) -> Path:
    """A folder with the scene's own surface, which a thumbnail would measure with 24 × 18 points after 60 steps."""
    output = tmp_path_factory.mktemp("measured")
    kept_surface(whole, output)
    return output


def test_a_surface_that_is_whole_on_disk_is_drawn_with_its_own_run_and_points(whole, measured):
    scene, names = finest(whole, "thumb", measured)
    assert names == ["main"]
    assert (scene.surfaces, scene.runs) == (whole.surfaces, whole.runs)
    assert scene.stills["first-descent"].size == (160, 90)
    assert kept_surface(scene, measured).record["points"] == [40, 30]


def test_nothing_is_finer_in_an_empty_folder_or_than_the_whole_scene(whole, measured, tmp_path):
    assert finest(whole, "thumb", tmp_path) == (apply_quality(whole, "thumb"), [])
    assert finest(whole, "final", measured) == (whole, [])
    assert finest(whole, "preview", measured) == (apply_quality(whole, "preview"), [])  # which asks for all points


def test_a_damaged_surface_is_not_taken(whole, measured, tmp_path):
    output = tmp_path / "output"
    shutil.copytree(measured, output)
    (surface_asked(whole, output).path / "path.npz").write_bytes(b"")
    assert finest(whole, "thumb", output) == (apply_quality(whole, "thumb"), [])


def test_pictures_of_the_finer_and_of_the_coarser_surface_have_different_keys(whole, measured):
    finer, coarser = finest(whole, "thumb", measured)[0], apply_quality(whole, "thumb")
    still = coarser.stills["first-descent"]
    keys = {picture_key(Order(scene, "thumb", measured), still) for scene in (finer, coarser)}
    assert len(keys) == 2


def test_a_surface_beside_one_that_is_whole_is_still_measured_as_coarsely_as_asked(whole, measured):
    two = whole.model_copy(update={"surfaces": {**whole.surfaces, "other": whole.surfaces["main"].model_copy(
        update={"margin": 0.5})}})  # fmt: skip
    scene, names = finest(two, "thumb", measured)
    assert names == ["main"]
    assert (scene.surfaces["main"].points, scene.surfaces["other"].points) == ((40, 30), (24, 18))


def test_a_command_says_that_it_takes_the_finer_surface_and_measures_nothing(measured):
    words = ["sample", str(SCENE), "--quality", "thumb", "--out", str(measured)]
    words += [part for setting in SETTINGS for part in ("--set", setting)]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0
    assert told.output.count("surface main: the finer one that is measured already is drawn, 40 × 30 points") == 1
    [result] = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["results"]
    assert result["reused"] and result["counts"]["measured"] == 1200
