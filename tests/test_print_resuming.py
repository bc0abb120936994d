"""A print that was stopped goes on from its finished tiles, and ends with the very bytes of one that was not."""

import json
import shutil
import signal
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.errors import MachineError
from render.film.prints import exposing, keeping, press
from render.film.prints.exposing import expose
from render.film.prints.plate import Plate, plate_for
from render.progress import Reporter
from tests.faults import PATIENCE, small_disk, until
from tests.test_damage import flip
from tests.test_drawing_ready import WAY, home, scene_of, written  # noqa: F401
from tests.test_prints import QUIET, SIZE, SMALL, plated, printed, taken_for

pytestmark = pytest.mark.slow

TILES = 20  # of SIZE
SOON = """
import functools, sys
from render.cli import app
from render.film.prints import exposing, press
press.expose = functools.partial(exposing.expose, most=int(sys.argv.pop(1)))
app()
"""
COMMAND = ["still", "scene.yaml", "--print", "320x210px", "--format", "tiff", "--out", "output"]


class Stopped(Exception):
    """What ends a print in the middle."""


@pytest.fixture
def drawn(monkeypatch):
    """The tiles that are drawn, as they are."""
    boxes, put = [], Plate.put

    def counted(self, tile, exposure):
        boxes.append(tile.kept)
        put(self, tile, exposure)

    monkeypatch.setattr(Plate, "put", counted)
    return boxes


@pytest.fixture
def take(home, graphics):  # noqa: F811
    """A bowl with a path in a file."""
    return taken_for(scene_of(home, written(home, **WAY), extra=QUIET))


def begin(take, tmp_path, count, drawn, key="a"):
    """Draws so many tiles of a print and stops."""
    before = len(drawn)

    class Stopping(Reporter):
        def task(self, *words, **more):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *what):
            return None

        def advance(self, amount):
            if len(drawn) - before == count:
                raise Stopped

        def say(self, sentence):
            pass

    made = printed()
    with (
        pytest.raises(Stopped),
        plate_for(made.size, tmp_path / "print.png", key, press.further_of(take.look)) as plate,
    ):
        expose(plate, take, 2.0, made, Stopping.silent(), SMALL)


def test_what_was_stopped_goes_on_and_ends_alike(take, tmp_path, drawn):
    whole = plated(take, printed(), SMALL, tmp_path)
    assert len(drawn) == TILES and whole.glow.any()
    begin(take, tmp_path, 7, drawn)
    drawn.clear()
    again = plated(take, printed(), SMALL, tmp_path)
    assert len(drawn) == TILES - 7
    assert again.light.tobytes() == whole.light.tobytes() and again.glow.tobytes() == whole.glow.tobytes()
    assert not list(tmp_path.glob("*.plate"))


def test_a_print_of_another_key_or_of_other_tiles_begins_anew(take, tmp_path, drawn):
    begin(take, tmp_path, 7, drawn)
    drawn.clear()
    plated(take, printed(), SMALL, tmp_path, key="b")
    assert len(drawn) == TILES
    begin(take, tmp_path, 7, drawn)
    drawn.clear()
    plated(take, printed(), 150, tmp_path)
    assert len(drawn) == 6


def test_a_tile_with_a_flipped_bit_is_drawn_anew(take, tmp_path, drawn):
    whole = plated(take, printed(), SMALL, tmp_path)
    folder = tmp_path / "print.png.plate"
    glowing = 0
    for ending in ("light", "0-0.json", "*.glow"):
        begin(take, tmp_path, TILES, drawn)
        (path, *_) = sorted(folder.glob(ending))
        flip(path, 8 * (path.stat().st_size // 2) + 3 if ending != "light" else 5)
        glowing += ending == "*.glow"
        drawn.clear()
        again = plated(take, printed(), SMALL, tmp_path)
        assert len(drawn) == 1, ending
        assert again.light.tobytes() == whole.light.tobytes() and again.glow.tobytes() == whole.glow.tobytes(), ending
    assert glowing == 1


def test_a_killed_command_goes_on_and_ends_with_the_same_bytes(home, graphics, monkeypatch):  # noqa: F811
    scene_of(home, written(home, **WAY))
    words = [sys.executable, "-c", SOON, str(SMALL), *COMMAND]
    target, folder = home / "output/stills/given.320x210px.tif", home / "output/stills/given.320x210px.tif.plate"
    subprocess.run(words, check=True, capture_output=True, timeout=PATIENCE)
    whole = target.read_bytes()
    assert not folder.exists()
    for path in target.parent.iterdir():
        path.unlink()
    for records in (2, 9):
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert until(process, partial(_has, folder, records))
            process.send_signal(signal.SIGKILL)
        assert not target.exists()
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=PATIENCE)
    assert f"of {TILES} tiles of the print are there from an earlier start" in done.stderr
    assert target.read_bytes() == whole
    assert not [path for path in target.parent.iterdir() if not path.name.startswith(target.name) or path.is_dir()]


def _has(folder, records):
    return len(list(folder.glob("*.json"))) >= records


def test_a_plate_that_was_left_beside_a_whole_print_goes(home, graphics):  # noqa: F811
    scene_of(home, written(home, **WAY))
    for _ in range(2):
        done = CliRunner().invoke(app, COMMAND)
        assert done.exit_code == 0, done.stderr
        folder = home / "output/stills/given.320x210px.tif.plate"
        assert not folder.exists()
        folder.mkdir()
        (folder / "light").write_bytes(b"old")
    assert "unchanged" in done.stdout


def test_a_full_disk_ends_a_print_with_a_sentence_and_what_is_finished_stays(take, tmp_path, drawn):
    with small_disk(tmp_path / "small", 4000) as remount:
        if remount is None:
            pytest.skip("no small disk can be mounted here")
        begin(take, tmp_path / "small", 9, drawn)
        (tmp_path / "small" / "ballast").write_bytes(bytes(_room(tmp_path / "small")))
        with pytest.raises(MachineError, match=r"print\.png.*the disk is full; make room"):
            plated(take, printed(), SMALL, tmp_path / "small")
        remount("size=9000k")
        drawn.clear()
        plated(take, printed(), SMALL, tmp_path / "small")
        assert len(drawn) <= TILES - 9


def _room(folder):
    """Returns the bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def test_what_lies_in_the_way_is_a_sentence_or_goes(take, tmp_path):
    elsewhere = tmp_path / "mine"
    elsewhere.write_bytes(b"mine")
    folder = tmp_path / "print.png.plate"
    folder.mkdir()
    (folder / "light").symlink_to(elsewhere)
    (folder / "0-0.json").write_text(json.dumps({"key": "a", "box": [0, 0, 9, 9], "light": 1, "glow": 1}))
    with plate_for(SIZE, tmp_path / "print.png", "a") as plate:
        assert not plate.light.any()
    assert elsewhere.read_bytes() == b"mine"
    keeping.discard(tmp_path / "print.png")
    folder.write_bytes(b"a file")
    with pytest.raises(MachineError, match="cannot be written"), plate_for(SIZE, tmp_path / "print.png", "a"):
        pass


def test_tiles_do_not_share_what_glows(take, tmp_path, monkeypatch):
    """Or the order in which they come back would be seen in the last bits."""
    monkeypatch.setattr("render.film.prints.plate.COARSE", 50)
    assert exposing.MARGIN * 2 < SMALL
    begun = plated(take, printed(), SMALL, tmp_path)
    assert begun.factor == 4
    backwards = exposing.tiles
    monkeypatch.setattr(exposing, "tiles", lambda *of: list(backwards(*of))[::-1])
    again = plated(take, printed(), SMALL, tmp_path)
    np.testing.assert_array_equal(again.glow, begun.glow)
