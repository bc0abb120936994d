"""What commands make of a scene beside what it asks for, prints, passes and exports, is looked after like the rest."""

import json

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.storage.records import read_json, write_record
from tests.test_damage import flip
from tests.test_drawing_ready import WAY, home, scene_of, written  # noqa: F401
from tests.test_prints import QUIET

pytestmark = pytest.mark.slow

KINDS = ("print", "passes", "export")
FILES = {
    "print": "stills/given.200x120px.tif",
    "passes": "stills/given.passes.exr",
    "export": "exports/scene.obj",
}


def thalweg(*words, code=0):
    done = CliRunner().invoke(app, [*map(str, words), "--out", "output"])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout + done.stderr


def states(*words, code=0):
    """Returns the state of everything that was made beside, by its kind."""
    found = json.loads(thalweg("verify", "scene.yaml", "--json", *words, code=code))["found"]
    return {item["kind"]: item["state"] for item in found if item["kind"] in KINDS}


@pytest.fixture
def made(home, graphics):  # noqa: F811
    """An output folder with a print, passes and an export."""
    pytest.importorskip("OpenImageIO")
    pytest.importorskip("trimesh")
    scene_of(home, written(home, **WAY), extra=QUIET)
    thalweg("still", "scene.yaml", "--passes")
    thalweg("still", "scene.yaml", "--print", "200x120px", "--format", "tiff")
    thalweg("export", "scene.yaml", "--to", "obj")
    return home / "output"


def test_all_that_was_made_is_whole_until_a_bit_is_flipped_or_the_scene_is_another(made):
    assert states() == dict.fromkeys(KINDS, "whole")
    assert "print" not in thalweg("plan", "scene.yaml")
    for kind, name in FILES.items():
        for path in (made / name, made / f"{name}.json"):
            whole = path.read_bytes()
            flip(path, 8 * (path.stat().st_size // 2) + 3)
            assert states(code=5) == {**dict.fromkeys(KINDS, "whole"), kind: "damaged"}, path
            path.write_bytes(whole)
    (texture,) = made.glob("exports/*.terrain.png")
    flip(texture, 999)
    assert states(code=5)["export"] == "damaged"
    assert "export scene.obj (damaged): 1 file" in thalweg("plan", "scene.yaml")
    thalweg("export", "scene.yaml", "--to", "obj")
    assert states() == dict.fromkeys(KINDS, "whole")
    other = ["--set", "look.relief=[{exaggeration: 0.5}]"]
    assert states(*other) == dict.fromkeys(KINDS, "outdated")
    told = thalweg("plan", "scene.yaml", *other)
    assert all(f"{kind} " in told and "(outdated)" in told for kind in KINDS)
    assert states("--quality", "thumb") == {}


def test_cleaning_takes_what_belongs_to_no_scene_with_all_its_files(made, home):  # noqa: F811
    (made / "exports" / "mine.obj").write_bytes(b"mine")
    plate = made / "stills" / "given.A3-300dpi.tif.plate"
    plate.mkdir()
    (plate / "light").write_bytes(bytes(1000))
    found = json.loads(thalweg("verify", "scene.yaml", "--json"))["found"]
    assert {"print", "not finished"} <= {str(part) for item in found for part in item.values()}
    assert "ask for all there is" in thalweg("clean", "scene.yaml")
    (home / "other.yaml").write_text((home / "scene.yaml").read_text().replace("given:", "another:"))
    (home / "scene.yaml").unlink()
    told = thalweg("clean", "other.yaml", "--yes")
    assert "begun print" in told and "export " in told
    assert {path.name for path in made.rglob("*") if path.is_file()} == {"mine.obj", "paces.json"}


def test_a_record_that_leads_out_of_the_folder_leads_nowhere(made, home):  # noqa: F811
    (home / "mine.txt").write_text("mine")
    record = made / "exports" / "scene.obj.json"
    told = {key: value for key, value in read_json(record).items() if key != "seal"}
    write_record(record, {**told, "files": {"../../mine.txt": "0" * 64}, "asked": ["no", "mapping"]})
    assert states(code=5)["export"] == "damaged"
    (home / "other.yaml").write_text((home / "scene.yaml").read_text().replace("given:", "another:"))
    (home / "scene.yaml").unlink()
    thalweg("clean", "other.yaml", "--yes")
    assert (home / "mine.txt").read_text() == "mine"
