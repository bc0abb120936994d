"""The preflight: what would end a command in the end is said before anything is trained or measured."""

import stat

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.errors import MachineError
from render.film import preflight
from render.progress import Reporter
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.works.bench import Bench
from render.works.of_scene import films_of, stills_of
from render.works.order import Order
from render.works.still_work import StillWork
from tests.conftest import SCENE

runner = CliRunner()


class Notices:
    """A display that keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)

    def begin(self, task):
        pytest.fail(f"{task.label} was begun")


def answer(command, folder, *words):
    """Returns what a command at thumb quality says, and what is in its folder afterwards."""
    done = runner.invoke(app, [command, str(SCENE), "--quality", "thumb", "--out", str(folder), *words])
    return done.exit_code, done.stderr, sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("command", ["render", "still", "film"])
def test_a_machine_that_cannot_draw_is_told_before_anything_is_made(command, tmp_path, monkeypatch):
    def refuse():
        raise MachineError("no window; unset it")

    monkeypatch.setattr(preflight, "require_gl", refuse)
    assert answer(command, tmp_path) == (4, "no window; unset it\n", [])


@pytest.mark.parametrize("command", ["render", "film"])
def test_a_machine_without_an_encoder_is_told_before_anything_is_made(command, tmp_path, monkeypatch):
    encoder = tmp_path / "ffmpeg"
    encoder.write_text("#!/bin/sh\nexit 0\n")
    encoder.chmod(encoder.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(encoder))
    monkeypatch.setattr(preflight, "require_gl", lambda: "")
    (tmp_path / "output").mkdir()
    code, said, files = answer(command, tmp_path / "output")
    assert (code, files) == (4, []) and "has no libx264; unset IMAGEIO_FFMPEG_EXE" in said


@pytest.mark.parametrize("folder", ["stills", "films"])
def test_a_folder_of_results_that_cannot_be_written_is_told_before_anything_is_made(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "require_gl", lambda: "")
    (tmp_path / folder).write_text("a file where a folder is to be")
    code, said, files = answer("render", tmp_path)
    assert (code, files) == (4, [folder])
    assert "cannot be written" in said and "choose another folder with --out" in said


def test_what_the_drawing_has_to_say_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "require_gl", lambda: "another window is used")
    display = Notices()
    order = Order(apply_quality(load(SCENE), "thumb"), "thumb", tmp_path)
    Bench(Reporter(display)).look_ahead([StillWork(order, "first-descent")], tmp_path)
    assert display.said == ["another window is used"]


def test_a_disk_that_is_likely_to_fill_up_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "require_gl", lambda: "")
    display = Notices()
    preflight.say_of_room(1e12, tmp_path, Reporter(display))
    (said,) = display.said
    assert "take about 1,000,000,000,000 MB" in said and "choose another folder with --out" in said


def test_a_scene_lacks_its_still_and_all_frames_of_its_film_before_the_film(tmp_path):
    order = Order(apply_quality(load(SCENE), "thumb"), "thumb", tmp_path)
    lacking = list(Bench(Reporter.silent()).lacking([*stills_of(order), *films_of(order)]))
    assert [work.kind for work in lacking] == ["still", "frames", "film"]
    still, frames, film = (work.left() for work in lacking)
    assert (still.amount, frames.amount, film.amount) == (1, 12, 0)
    assert frames.megabytes == pytest.approx(2 * 12 * still.megabytes)  # with words and without
