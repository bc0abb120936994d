"""The commands as a user meets them: a table of calls, what is reused, what is made anew, what an error says."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.scene.language.load import load
from render.upkeep.clean import waste
from tests.conftest import ROOT, SCENE
from tests.faults import until
from tests.test_data_files import written_idx

SCENES = sorted((ROOT / "scenes").glob("*.yaml"))
runner = CliRunner()


def thalweg(*words: object, code: int = 0) -> str:
    """Runs a command in this process and returns what it printed on stdout."""
    done = runner.invoke(app, [str(word) for word in words])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout


def results(*words: object) -> list[dict]:
    return json.loads(thalweg(*words, "--json"))["results"]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder in which the first scene has been rendered at thumb quality."""
    output = tmp_path_factory.mktemp("made")
    thalweg("render", SCENE, "--quality", "thumb", "--out", output)
    return output


@pytest.fixture
def copy(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / "output")
    return tmp_path / "output"


@pytest.fixture(scope="module")
def made_up_data(tmp_path_factory) -> Path:
    """A data folder with made-up images where MNIST and Imagenette would lie."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    for part, count in (("train", 4200), ("t10k", 100)):
        written_idx(folder / "mnist" / f"{part}-images-idx3-ubyte.gz", rng.integers(0, 256, (count, 28, 28), np.uint8))
        written_idx(folder / "mnist" / f"{part}-labels-idx1-ubyte.gz", (np.arange(count) % 10).astype(np.uint8))
    for part, count in (("train", 8), ("val", 2)):
        for name in range(10):
            place = folder / "imagenette2-160" / part / f"n{name}"
            place.mkdir(parents=True)
            for number in range(count):
                pixels = rng.integers(0, 256, (40, 48, 3), np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.JPEG")
    return folder


SMALLER = {  # what convolutional networks do with less, so that they take seconds
    "imagenette-descent": [
        "runs.main.training.batch=8",
        "surfaces.main.objective.examples=20",
        "runs.main.data.size=16",
    ],
    "shortcuts": [
        *(f"runs.{run}.{change}" for run in ("residual", "plain") for change in ("training.batch=8", "data.size=16")),
        *(f"surfaces.{name}.objective.examples=10" for name in ("with-shortcuts", "without-shortcuts")),
    ],
    "ride-along": ["runs.main.training.batch=8", "runs.main.data.size=16", "series.ride.objective.examples=10"],
    "morph-shortcuts": [
        *("runs.main.training.batch=8", "runs.main.training.steps=12", "runs.main.data.size=16"),
        *("series.shortcuts.objective.examples=10", "series.shortcuts.points=[12, 12]"),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda path: path.stem)
def test_every_scene_renders_small(scene, tmp_path, graphics, made_up_data, monkeypatch):
    monkeypatch.setenv("THALWEG_DATA", str(made_up_data))
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
    changes = [word for change in SMALLER.get(scene.stem, []) for word in ("--set", change)]
    finished = results("render", scene, "--quality", "thumb", "--out", tmp_path, *changes)
    asked = load(scene)
    measured = {"line", "balls"} if asked.lines else set()
    measured |= {"series"} if asked.series else set()
    measured |= {"surface"} if asked.surfaces or asked.series else set()
    measured |= {"run"} if asked.runs else set()
    assert {item["kind"] for item in finished} == {*measured, "still", "film"}
    for number, item in enumerate(finished):
        assert Path(item["path"]).is_dir() or Path(item["path"]).stat().st_size > 400
        before = {other["key"] for other in finished[:number]}  # a series may vary a run from what it is
        assert not item["reused"] or item["key"] in before


def test_outputs_lie_where_the_design_says(graphics, made):
    assert (made / "films" / "first-descent.thumb.mp4").is_file()
    assert len(list((made / "frames" / "first-descent.thumb").glob("*.png"))) == 12
    assert [path.name.rsplit("-", 1)[0] for path in (made / "runs").iterdir()] == ["digits-mlp"]
    assert [path.name.rsplit("-", 1)[0] for path in (made / "surfaces").iterdir()] == ["pca"]
    with Image.open(made / "stills" / "first-descent.thumb.png") as still:
        assert still.size == (160, 90)
        assert still.mode == "RGB"


def test_a_second_render_reuses_everything_without_drawing(graphics, copy, monkeypatch):
    monkeypatch.setattr("render.stage.window.geometry.require_gl", lambda: pytest.fail("nothing was to be drawn"))
    assert all(item["reused"] for item in results("render", SCENE, "--quality", "thumb", "--out", copy))


WHAT_CHANGES = {
    "look.exposure=1.2": {"run": True, "surface": True, "film": False},
    "shots.0.camera.sweep=20": {"run": True, "surface": True, "film": False},
    "title=Another": {"run": True, "surface": True, "film": False},
    "surfaces.main.margin=0.5": {"run": True, "surface": False, "film": False},
    "surfaces.main.plane.kind=pca": {"run": True, "surface": True, "film": True},
    "films.first-descent.encoder.crf=20": {"run": True, "surface": True, "film": False},
    "seed=8": {"run": False, "surface": False, "film": False},
}


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "reused"), WHAT_CHANGES.items(), ids=WHAT_CHANGES)
def test_a_change_redoes_what_depends_on_it_and_nothing_else(graphics, copy, setting, reused):
    common = (SCENE, "--quality", "thumb", "--out", copy, "--set", setting)
    kinds = {"run": "train", "surface": "sample", "film": "film"}
    assert {kind: results(command, *common)[0]["reused"] for kind, command in kinds.items()} == reused


def test_another_encoding_keeps_the_frames(graphics, copy, monkeypatch):
    monkeypatch.setattr("render.stage.window.geometry.require_gl", lambda: pytest.fail("nothing was to be drawn"))
    common = (SCENE, "--quality", "thumb", "--out", copy, "--set", "films.first-descent.encoder.crf=30")
    assert not results("film", *common)[0]["reused"]


@pytest.mark.slow
def test_the_same_scene_gives_the_same_bytes(graphics, made, tmp_path):
    thalweg("render", SCENE, "--quality", "thumb", "--out", tmp_path)
    for name in (
        "films/first-descent.thumb.mp4",
        "stills/first-descent.thumb.png",
        "stills/first-descent.thumb.png.json",
    ):
        assert (tmp_path / name).read_bytes() == (made / name).read_bytes(), name
    stored = [path.relative_to(made) for path in (made / "surfaces").rglob("*") if path.is_file()]
    assert stored and all((made / path).read_bytes() == (tmp_path / path).read_bytes() for path in stored)


@pytest.mark.slow
def test_a_lost_frame_is_drawn_again_and_the_film_comes_out_the_same(graphics, copy):
    film = copy / "films" / "first-descent.thumb.mp4"
    before = film.read_bytes()
    film.unlink()
    ((copy / "frames" / "first-descent.thumb") / "000003.png").unlink()
    thalweg("film", SCENE, "--quality", "thumb", "--out", copy)
    assert film.read_bytes() == before


def test_the_record_tells_how_the_picture_came_about_and_nothing_of_who_made_it(graphics, made):
    text = (made / "films" / "first-descent.thumb.mp4.json").read_text()
    record = json.loads(text)
    assert record["frames"] == 12
    assert record["surfaces"]["main"]["counts"]["measured"] == 24 * 24
    assert "24 × 24 points, all measured" in record["caption"][0]
    assert "a random walk: 60.8 % + 15.2 %" in record["caption"][0]
    assert record["scene"]["title"] == "First descent"
    assert set(record["versions"]) >= {"torch", "numpy", "pyvista"}
    for path in made.rglob("*.json"):
        content = path.read_text()
        assert str(made) not in content and str(ROOT) not in content and os.uname().nodename not in content


def test_sample_and_train_say_what_they_made(graphics, made):
    (surface,) = results("sample", SCENE, "--quality", "thumb", "--out", made)
    assert surface["reused"] and surface["counts"]["measured"] == 576
    (run,) = results("train", SCENE, "--quality", "thumb", "--out", made)
    assert run["reused"] and 0 < run["test"]["accuracy"] <= 1


def test_a_plan_names_what_is_missing_and_is_empty_when_nothing_is(graphics, made, tmp_path):
    plan = json.loads(thalweg("plan", SCENE, "--quality", "draft", "--out", tmp_path, "--json"))["scenes"][0]
    assert [item["what"] for item in plan["missing"]] == [
        "run main", "surface main", "still first-descent", "film first-descent",
    ]  # fmt: skip
    assert plan["missing"][1]["amount"] == 200 * 200
    assert plan["missing"][3]["amount"] == 96
    assert plan["seconds"] > 0 and plan["megabytes"] > 0
    assert "nothing is missing" in thalweg("plan", SCENE, "--quality", "thumb", "--out", made)


def test_check_names_every_problem_of_every_scene_at_once(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(SCENE.read_text().replace("batch: 64", "bach: 64").replace("kind: pca", "kind: pcb"))
    done = runner.invoke(app, ["check", str(bad), str(tmp_path / "absent.yaml")])
    assert done.exit_code == 3
    lines = done.stderr.strip().splitlines()
    assert any("bad.yaml:" in line and "did you mean batch" in line for line in lines)
    assert any("pca" in line and "plane" in line for line in lines)
    assert any("absent.yaml" in line for line in lines)


def test_an_error_with_json_is_one_object_on_stdout(tmp_path):
    answer = json.loads(thalweg("check", tmp_path / "absent.yaml", "--json", code=3))
    assert answer["exit_code"] == 3 and "absent.yaml" in answer["error"]


def test_an_unknown_quality_and_an_unknown_option_are_usage_errors():
    thalweg("check", SCENE, "--quality", "huge", code=2)
    thalweg("check", SCENE, "--colour", code=2)


def test_more_examples_than_there_are_is_a_sentence(tmp_path):
    setting = "surfaces.main.objective.examples=5000"
    words = ["sample", str(SCENE), "--quality", "thumb", "--out", str(tmp_path), "--set", setting]
    done = runner.invoke(app, words)
    assert done.exit_code == 5
    assert "5000 were asked for" in done.stderr


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    done = runner.invoke(app, ["train", str(SCENE), "--quality", "thumb", "--out", str(tmp_path / "file")])
    assert done.exit_code == 4
    assert "--out" in done.stderr


def test_data_that_are_absent_are_named_and_taken_for_no_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "nowhere"))
    scene = ROOT / "scenes" / "mnist.yaml"
    done = runner.invoke(app, ["train", str(scene), "--quality", "thumb", "--out", str(tmp_path / "output")])
    assert done.exit_code == 5 and "thalweg data fetch mnist" in done.stderr
    assert "again" not in done.stderr.replace("run it again", "")


@pytest.mark.parametrize(
    "command",
    ["render", "train", "sample", "still", "film", "looks", "check", "plan", "schema", "verify", "clean", "doctor"],
)
def test_every_command_has_help_with_an_example(command):
    assert f"Example: thalweg {command}" in thalweg(command, "--help")


@pytest.mark.slow
def test_a_killed_render_goes_on_where_it_was_and_ends_with_the_same_bytes(graphics, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    pinned = "surfaces.main.strategy=dense-eager"  # on a busy machine now one, now another would be the fastest
    words = [sys.executable, "-m", "render", "render", str(SCENE), "--quality", "thumb", "--set", pinned, "--out"]
    subprocess.run([*words, str(whole)], check=True, capture_output=True)
    frames, command = (killed / "frames" / "first-descent.thumb"), [*words, str(killed)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert until(process, lambda: any(frames.glob("[0-9]*.png")))
    process.kill()
    process.wait()
    subprocess.run(command, check=True, capture_output=True)
    for name in ("films/first-descent.thumb.mp4", "stills/first-descent.thumb.png"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert not [path for path in killed.rglob(".*") if path.is_file() and "films" in path.parts]


def test_two_scenes_that_would_write_the_same_film_are_refused(tmp_path):
    other = tmp_path / "other.yaml"
    other.write_bytes(SCENE.read_bytes())
    done = runner.invoke(app, ["render", str(SCENE), str(other), "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "other.yaml" in done.stderr and "stills.first-descent" in done.stderr


def test_an_interrupt_is_a_sentence_and_exit_code_130(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("render.descent.session.train_run", interrupted)
    done = runner.invoke(app, ["train", str(SCENE), "--quality", "thumb", "--out", str(tmp_path)])
    assert done.exit_code == 130
    assert "goes on where it was" in done.stderr


def test_a_title_that_the_font_cannot_draw_is_refused_before_anything_is_measured(tmp_path):
    words = ["still", str(SCENE), "--quality", "thumb", "--out", str(tmp_path), "--set", "title=日本"]
    done = runner.invoke(app, words)
    assert done.exit_code == 3
    assert "日" in done.stderr and not list(tmp_path.iterdir())


def test_a_scene_without_pictures_is_still_measured(tmp_path):
    scene = tmp_path / "bare.yaml"
    scene.write_text(SCENE.read_text().split("shots:")[0])
    assert [item["kind"] for item in results("render", scene, "--quality", "thumb", "--out", tmp_path)] == [
        "run",
        "surface",
    ]


SHEETS = {
    "--print A9": (2, "--print A9: is not a size; write A0"),
    "--print A4 --bleed 3": (2, "--bleed 3: is not a length"),
    "--dpi 300": (2, "--dpi: is of a print; say its size too"),
    "--format jpeg": (2, "--format jpeg: is not a format of stills"),
    "--print A0 --dpi 2400": (2, "use --dpi 831, or a smaller size"),
    "--print A4 --depth 12": (2, "--depth 12: a channel of png has 8 or 16 bits"),
}


@pytest.mark.parametrize("options", SHEETS)
def test_a_print_that_cannot_be_is_told_in_one_sentence(options, tmp_path):
    code, said = SHEETS[options]
    done = runner.invoke(app, ["still", str(SCENE), "--out", str(tmp_path), *options.split()])
    assert done.exit_code == code and said in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_exr_without_its_library_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    done = runner.invoke(app, ["still", str(SCENE), "--out", str(tmp_path), "--format", "exr"])
    assert done.exit_code == 4 and "pip install 'thalweg[exr]'" in done.stderr and not list(tmp_path.iterdir())


def test_a_print_of_a_quality_is_a_proof_and_no_waste(copy):
    words = ["--quality", "thumb", "--out", copy, "--print", "A6", "--format", "tiff", "--depth", "8"]
    (printed,) = results("still", SCENE, *words)
    assert printed["path"] == str(copy / "stills" / "first-descent.thumb.A6-27dpi.tif")
    with Image.open(printed["path"]) as read:
        assert read.size == (160, 114)
    assert results("still", SCENE, *words)[0]["reused"]
    assert not waste([load(SCENE)], copy)
    assert [item.paths[0].suffix for item in waste([], copy) if item.kind == "still"] == [".tif", ".png"]
