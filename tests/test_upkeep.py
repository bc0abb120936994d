"""Looking after what is there: verify names all damage, clean removes what nobody asks for, doctor what is lacking."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from render import compiler
from render.cli import app
from render.storage.files import locked
from render.upkeep import doctor
from tests.conftest import SCENE
from tests.test_damage import flip

SMALL = [*("--set", "surfaces.main.objective.examples=64"), *("--set", "runs.main.training.steps=30")]
runner = CliRunner()


def thalweg(*words: object, code: int = 0) -> str:
    done = runner.invoke(app, [str(word) for word in words])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(graphics, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("made")
    thalweg("render", SCENE, "--quality", "thumb", "--out", output, *SMALL)
    return output


@pytest.fixture
def copy(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / "output")
    return tmp_path / "output"


def verify(output: Path, code: int = 0) -> dict[str, str]:
    """Returns the state of everything by kind."""
    words = ["verify", SCENE, "--quality", "thumb", "--out", output, *SMALL, "--json"]
    return {item["kind"]: item["state"] for item in json.loads(thalweg(*words, code=code))["found"]}


ALL = ("run", "surface", "still", "frames", "film")


def test_what_is_whole_is_said_to_be_and_what_was_never_made_is_no_damage(made, tmp_path):
    assert verify(made) == dict.fromkeys(ALL, "whole")
    assert verify(tmp_path) == dict.fromkeys(ALL, "not made")


DAMAGED = {
    "runs/*/trajectory.zarr/parameters/c/0/0": "run",
    "runs/*/weights.safetensors": "run",
    "runs/*/run.json": "run",
    "surfaces/*/surface.zarr/loss/c/0/0": "surface",
    "surfaces/*/surface.zarr/zarr.json": "surface",
    "surfaces/*/path.npz": "surface",
    "frames/*/000003.png": "frames",
    "stills/*.png": "still",
    "stills/*.png.json": "still",
    "films/*.mp4": "film",
}


@pytest.mark.slow
def test_a_flipped_bit_anywhere_is_named_and_rendering_mends_it(made, copy):
    whole = {path.relative_to(made): path.read_bytes() for path in made.rglob("*") if path.is_file()}
    for pattern, kind in DAMAGED.items():
        (path,) = copy.glob(pattern)
        flip(path, 8 * (path.stat().st_size // 2) + 3)
        told = thalweg("verify", SCENE, "--quality", "thumb", "--out", copy, *SMALL, code=5)
        assert f"{kind} " in told and "damaged" in told and "1 of 5 are damaged" in told, pattern
        path.write_bytes(whole[path.relative_to(copy)])
    assert verify(copy) == dict.fromkeys(ALL, "whole")
    (path,) = copy.glob("films/*.mp4")
    flip(path, 1000)
    (other,) = copy.glob("surfaces/*/surface.zarr/loss/c/0/0")
    flip(other, 1000)
    assert verify(copy, code=5)["surface"] == "damaged"
    thalweg("render", SCENE, "--quality", "thumb", "--out", copy, *SMALL)
    assert verify(copy) == dict.fromkeys(ALL, "whole")
    assert path.read_bytes() == whole[path.relative_to(copy)]


def test_what_was_made_from_other_settings_or_was_cut_off_is_told_apart_from_damage(copy):
    words = ["verify", SCENE, "--quality", "thumb", "--out", copy, *SMALL, "--set", "title=Another", "--json"]
    states = {item["kind"]: item["state"] for item in json.loads(thalweg(*words))["found"]}
    assert (states["still"], states["film"], states["frames"]) == ("outdated", "outdated", "not finished")
    next(copy.glob("surfaces/*/surface.json")).unlink()
    assert verify(copy)["surface"] == "not finished"


@pytest.fixture
def small(tmp_path) -> Path:
    """The scene with the small settings written into it."""
    text = (
        SCENE.read_text(encoding="utf-8").replace("examples: 1024", "examples: 64").replace("steps: 400", "steps: 30")
    )
    path = tmp_path / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_cleaning_shows_first_and_removes_only_what_no_scene_asks_for(copy, small):
    (copy / "surfaces" / "mine").mkdir()
    (copy / "stills" / "holiday.png").write_bytes(b"mine")
    imported = copy / "runs" / "digits-mlp-00000000"
    shutil.copytree(next((copy / "runs").iterdir()), imported)
    (imported / "run.json").write_text('{"imported": {}}')
    before = sorted(copy.rglob("*"))
    assert "ask for all there is" in thalweg("clean", small, "--out", copy)
    other = small.with_name("other.yaml")
    other.write_text(small.read_text().replace("seed: 7", "seed: 8").replace("first-descent", "other"))
    told = thalweg("clean", other, "--out", copy)
    assert (
        "6 that none of 1 scenes asks for" in told
        and "12 pictures without words" in told
        and "nothing was removed; add --yes" in told
    )
    assert sorted(copy.rglob("*")) == before
    assert "ask for all" in thalweg("clean", other, "--keep", 1, "--out", copy)
    assert "ask for all" in thalweg("clean", other, small, "--out", copy)
    with locked(next((copy / "surfaces").glob("pca-*")), print):
        assert "1 are in use and were left" in thalweg("clean", other, "--out", copy, "--yes", code=4)
    thalweg("clean", other, "--out", copy, "--yes")
    left = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    kept = {name for name in left if not name.startswith("runs/digits-mlp-00000000")}
    assert kept - {"strategies.json", "paces.json"} == {
        "stills/holiday.png"
    }  # on a busy machine no strategy is clearly the fastest
    assert (copy / "surfaces" / "mine").is_dir() and imported.is_dir()


def test_cleaning_without_a_scene_or_with_a_broken_one_removes_nothing(copy, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "no scene was found" in thalweg("clean", "--out", copy, "--yes", code=2)
    (tmp_path / "empty" / "a.yaml").write_text("thalweg: 1\n")
    assert "title: is missing" in thalweg("clean", "--out", copy, "--yes", code=3)
    assert list(copy.glob("films/*.mp4"))


def test_a_scene_whose_data_are_not_here_keeps_whatever_may_be_its_own(copy, small, monkeypatch, tmp_path):
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "nowhere"))
    other = small.with_name("other.yaml")
    other.write_text(small.read_text().replace("{kind: digits}", "{kind: mnist}").replace("first-descent", "other"))
    told = thalweg("clean", other, "--out", copy)
    assert "run " in told and "surface" not in told.partition("that none")[0]


@pytest.mark.slow
def test_a_file_without_metadata_says_nothing_of_itself_and_its_record_everything(copy):
    frames = {path: path.stat().st_mtime_ns for path in copy.glob("frames/*/0*.png")}
    thalweg("render", SCENE, "--quality", "thumb", "--out", copy, *SMALL, "--no-metadata")
    (still,), (film,) = copy.glob("stills/*.png"), copy.glob("films/*.mp4")
    with Image.open(still) as picture:
        assert not picture.info
    assert b"First descent" not in film.read_bytes()
    for path in (still, film):
        record = json.loads(path.with_name(f"{path.name}.json").read_text())
        assert "24 × 24 points" in str(record["caption"]) and record["scene"]["title"] == "First descent"
    assert {path: path.stat().st_mtime_ns for path in frames} == frames
    thalweg("render", SCENE, "--quality", "thumb", "--out", copy, *SMALL)
    assert b"First descent" in film.read_bytes()


def test_the_scene_in_a_record_makes_the_same_picture_again(made, tmp_path):
    (still,) = made.glob("stills/*.png")
    record = json.loads(still.with_name(f"{still.name}.json").read_text())
    (tmp_path / "again.yaml").write_text(json.dumps(record["scene"]), encoding="utf-8")
    thalweg("still", tmp_path / "again.yaml", "--out", tmp_path / "output")
    again = tmp_path / "output" / "stills" / "first-descent.png"
    assert again.read_bytes() == still.read_bytes()


@pytest.mark.slow
def test_doctor_finds_a_good_machine_good(graphics, tmp_path):
    done = runner.invoke(app, ["doctor", "--out", str(tmp_path), "--json"])
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["graphics"]["state"] == "ok" and "OpenGL" in checks["graphics"]["said"]
    assert checks["encoder"]["state"] == checks["Python"]["state"] == checks["torch"]["state"] == "ok"
    assert done.exit_code == 0


def examined(output: Path) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine(output)}


def test_doctor_says_what_to_install(monkeypatch, tmp_path):
    def crash(*words, **options):
        if "render.stage.window.trial" in words[0]:
            return subprocess.CompletedProcess(words[0], -11, "", "")
        return run(*words, **options)

    run = subprocess.run
    monkeypatch.setattr(doctor.subprocess, "run", crash)
    monkeypatch.setattr(compiler, "_compiler", list)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    monkeypatch.setattr(doctor, "PINS", tmp_path / "constraints.txt")
    (tmp_path / "constraints.txt").write_text("numpy==0.1\nno-such-package==1\n")
    (tmp_path / "file").write_text("")
    found = examined(tmp_path / "file" / "output")
    assert found["graphics"].state == "fails"
    assert "libegl1 libgl1-mesa-dri" in str(found["graphics"])
    assert found["C++ compiler"].state == "note" and "apt install g++" in found["C++ compiler"].remedy
    assert found["compiled kernels"].state == "ok" and "kept in" in found["compiled kernels"].said
    assert found["encoder"].state == "fails" and "imageio-ffmpeg" in str(found["encoder"])
    assert found["versions"].state == "note" and "in place of 0.1" in found["versions"].said
    assert found["disk for results"].state == "fails" and "--out" in found["disk for results"].remedy


def test_without_a_home_folder_there_is_a_cache_all_the_same():
    code = "from render.storage.files import cache_folder; print(cache_folder())"
    environment = {
        key: value for key, value in os.environ.items() if key not in ("HOME", "THALWEG_CACHE", "XDG_CACHE_HOME")
    }
    script = f"import os, pwd; pwd.getpwuid = lambda uid: (_ for _ in ()).throw(KeyError()); {code}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip().endswith(f"thalweg-{os.getuid()}")
