"""Faults: processes killed and ended at any moment, two at once, disks that fill up, folders that vanish."""

import itertools
import random
import shutil
import signal

import pytest
from typer.testing import CliRunner

from render.cli import app
from tests import faults
from tests.conftest import SCENE
from tests.faults import end_in, finish, made, small_disk, start, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(graphics, tmp_path_factory):
    """What an uninterrupted render gives."""
    output = tmp_path_factory.mktemp("whole")
    done = finish(output)
    assert done.returncode == 0, done.stderr
    return made(output)


def test_a_render_that_is_killed_in_every_stage_ends_with_the_same_bytes(whole, tmp_path):
    rng = random.Random(5)
    for stage in faults.STAGES:
        end_in(stage, tmp_path, signal.SIGKILL, rng)
    done = finish(tmp_path)
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == whole  # and no file is left that an uninterrupted one does not leave


def test_a_render_that_is_asked_to_end_in_any_stage_says_how_to_go_on(whole, tmp_path):
    rng = random.Random(6)
    for stage, number in zip(faults.STAGES, itertools.cycle([signal.SIGINT, signal.SIGTERM]), strict=False):
        code, told = end_in(stage, tmp_path, number, rng)
        assert "Traceback" not in told, told
        assert code in (0, 130), (stage, told)
        assert code == 0 or told.rstrip().endswith("the same command goes on where it was"), (stage, told)
    assert finish(tmp_path).returncode == 0
    assert made(tmp_path) == whole


def test_two_renders_at_once_make_what_one_makes(whole, tmp_path):
    together = [start(tmp_path) for _ in range(2)]
    told = [process.communicate(timeout=faults.PATIENCE)[1] for process in together]
    assert [process.returncode for process in together] == [0, 0], told
    assert any("another process is at work there; waiting" in words for words in told)
    assert made(tmp_path) == whole


def test_a_folder_that_vanishes_is_a_sentence_and_what_is_made_again_is_the_same(whole, tmp_path):
    for stage in ("sample", "frames"):
        output = tmp_path / stage
        process = start(output)
        assert until(process, lambda output=output, stage=stage: any(output.glob(faults.STAGES[stage])))
        output.rename(tmp_path / f"{stage} elsewhere")
        _, told = process.communicate(timeout=faults.PATIENCE)
        assert "Traceback" not in told, told
        assert process.returncode in (0, 4, 5), told
        assert finish(output).returncode == 0
        assert made(output) == whole
        shutil.rmtree(output)


def render(output) -> tuple[int, str]:
    words = faults.command(output)[3:]
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done.exit_code, done.stderr


def test_a_disk_that_is_full_at_any_moment_is_a_sentence_and_keeps_what_was_done(whole, tmp_path):
    needed = sum((len(data) + 4095) // 4096 * 4 for data in whole.values())  # kB, in pages
    with small_disk(tmp_path / "disk", 64) as remount:
        if remount is None:
            pytest.skip("no disk can be mounted here")
        output = tmp_path / "disk" / "output"
        for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9):
            remount(f"size={max(16, int(needed * share))}k")
            code, told = render(output)
            assert code == 4 and "the disk is full; make room" in told, (share, told)
        remount("size=64m")
        assert render(output)[0] == 0
        assert made(output) == whole


def test_a_disk_that_cannot_be_written_is_a_sentence(tmp_path):
    with small_disk(tmp_path / "disk", 64) as remount:
        if remount is None:
            pytest.skip("no disk can be mounted here")
        remount("ro")
        code, told = render(tmp_path / "disk" / "output")
        assert code == 4 and "choose another folder with --out" in told


def test_a_link_in_place_of_a_result_is_replaced_and_never_followed(graphics, tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    (tmp_path / "output" / "stills").mkdir(parents=True)
    (tmp_path / "output" / "stills" / "first-descent.thumb.png").symlink_to(precious)
    words = ["still", str(SCENE), "--quality", "thumb", "--out", str(tmp_path / "output")]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert precious.read_text() == "mine"
    assert not (tmp_path / "output" / "stills" / "first-descent.thumb.png").is_symlink()
