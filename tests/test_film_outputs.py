"""A film with outputs, made by the real command: one file each, frames shared, made again only when needed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.film.framefile import read_picture
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.works.of_scene import films_of
from render.works.order import Order
from tests.conftest import SCENE
from tests.streams import decoded

OUTPUTS = """\
include: [first.yaml]
thalweg: 1
title: First descent
look: {{name: ember, body: block, ground: {ground}, background: {{colour: {colour}}}}}
films:
  first-descent:
    size: [1920, 1080]
    outputs: [{outputs}]
"""
runner = CliRunner()


def film(path: Path, output: Path, code: int = 0) -> list[dict]:
    done = runner.invoke(app, ["film", str(path), "--quality", "thumb", "--out", str(output), "--json"])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return json.loads(done.stdout)["results"] if code == 0 else []


def record_of(path: Path) -> dict:
    return json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))


def scene_in(folder: Path, outputs: str, ground: str = "floor", colour: str = "'#101820'") -> Path:
    path = folder / "multi.yaml"
    (folder / "first.yaml").write_text(SCENE.read_text(encoding="utf-8"), encoding="utf-8")
    path.write_text(OUTPUTS.format(outputs=outputs, ground=ground, colour=colour), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("outputs") / "output"


@pytest.mark.slow
def test_one_film_becomes_a_file_for_each_output_and_its_frames_are_drawn_once(graphics, tmp_path, output):
    path = scene_in(tmp_path, "h264, {kind: prores}, loop-gif, {preset: story, size: [540, 960]}, png, poster")
    made = film(path, output)
    names = [Path(each["path"]).name for each in made]
    assert names == [
        "first-descent.thumb.h264.mp4",
        "first-descent.thumb.mov",
        "first-descent.thumb.gif",
        "first-descent.thumb.story.mp4",
        "first-descent.thumb.png",
        "first-descent.thumb.poster.png",
    ]
    frames = sorted(folder.name for folder in (output / "frames").iterdir() if folder.is_dir())
    assert frames == ["first-descent.160x284.thumb", "first-descent.16bit.thumb"]
    records = {name: record_of(output / "films" / name) for name in names}
    assert records["first-descent.thumb.mov"]["encoded"]["pixels"] == "yuv422p10le"
    assert records["first-descent.thumb.story.mp4"]["size"] == [160, 284]
    assert records["first-descent.thumb.gif"]["loop"]["seamless"] is False  # an orbit that does not close
    assert all(record["flashing"]["passes"] for name, record in records.items() if "poster" not in name)
    first = read_picture(output / "frames" / frames[1] / "000000.png")
    assert first.dtype == np.uint16
    assert len(np.unique(first[..., 2])) > 1000
    shown = decoded(output / "films" / names[1], (160, 90))[0, ..., :3]
    assert np.abs(shown.astype(int) - first / 257).mean() < 3
    again = film(path, output)
    assert all(each["reused"] for each in again)
    order = Order(apply_quality(load(path), "thumb"), "thumb", output)
    assert {work.state().state for work in films_of(order)} == {"whole"}


@pytest.mark.slow
def test_a_sequence_that_has_lost_a_picture_is_damaged_and_made_again(graphics, tmp_path, output):
    path = scene_in(tmp_path, "{kind: png, depth: 8}")
    film(path, output)
    folder = output / "films" / "first-descent.thumb.png"
    (folder / "000003.png").unlink()
    done = runner.invoke(app, ["verify", str(path), "--quality", "thumb", "--out", str(output)])
    assert "first-descent.thumb.png: damaged" in done.stdout
    film(path, output)
    assert len(list(folder.iterdir())) == 12
    assert read_picture(folder / "000003.png").shape == (90, 160, 3)


@pytest.mark.slow
def test_a_transparent_ground_is_in_every_film_that_knows_it(graphics, tmp_path, output):
    outputs = "{kind: prores, profile: '4444'}, vp9, exr, {kind: webp, lossless: true}"
    made = film(scene_in(tmp_path, outputs, "void", "transparent"), output)
    frame = read_picture(next((output / "frames").glob("first-descent.16bit.thumb")) / "000005.png")
    assert frame.shape == (90, 160, 4) and 0 < (frame[..., 3] == 0).mean() < 1
    for result, reading in zip(made[:2], [(), ("-c:v", "libvpx-vp9")], strict=True):
        cover = decoded(Path(result["path"]), (160, 90), reading)[5, ..., 3].astype(int)
        assert np.abs(cover - frame[..., 3] / 257).mean() < 2
        assert record_of(Path(result["path"]))["encoded"]["pixels"].startswith("yuva")
