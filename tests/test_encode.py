"""Films of frames on disk: what is in the file, and what happens when something is missing, damaged or stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from render.errors import MachineError
from render.film.encoders import encode
from render.film.encoders.container import ContainerCall, write_film, yuv
from render.film.reel import reel_of
from render.scene.encoders import H264
from tests.faults import until
from tests.streams import bars_stream, colour_bars

QUICK = H264(preset="veryfast", crf=12)


def frames_in(folder, pictures):
    paths = [folder / f"{index:06d}.png" for index in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path, compress_level=1)
    return paths


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    film = folder / "bars.mp4"
    reel = reel_of(frames_in(folder, [colour_bars()] * 5), Fraction(25))
    return film, encode(reel, film, QUICK, {"title": "Bars", "comment": "α·β"})


def test_what_is_told_of_a_film_is_what_went_in(bars):
    assert (bars[1].frames, bars[1].size, bars[1].duration) == (5, (256, 64), 0.2)


def test_all_four_colour_tags_and_the_metadata_can_be_read(bars):
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-hide_banner",
        "-i",
        str(bars[0]),
        "-vf",
        "showinfo",
        "-f",
        "null",
        "-",
    ]
    told = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    assert re.search(r"color_range:tv color_space:bt709 color_primaries:bt709 color_trc:bt709", told)
    assert re.search(r"title\s*: Bars", told)
    assert re.search(r"comment\s*: α·β", told)


def test_a_film_begins_with_its_index_and_names_no_folder(bars):
    content = bars[0].read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert str(bars[0].parent).encode() not in content


def test_the_same_frames_give_the_same_bytes(tmp_path):
    noise = np.random.default_rng(3).integers(0, 256, (12, 96, 128, 3), dtype=np.uint8)
    paths = frames_in(tmp_path, noise)
    films = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for film in films:
        encode(reel_of(paths, Fraction(30)), film, H264(crf=20))
    assert films[0].read_bytes() == films[1].read_bytes()
    content = films[0].read_bytes()
    for box in (b"mvhd", b"tkhd", b"mdhd"):  # their times, in seconds, which two films of one second would share anyway
        start = content.index(box) + 8
        assert content[start : start + 8] == bytes(8)


def test_a_failing_encoder_is_quoted_and_leaves_nothing(tmp_path):
    call = ContainerCall(("-c:v", "libx264", "-preset", "no-such-preset"), yuv("yuv420p"), ("yuv420p",))
    with pytest.raises(MachineError, match=r"ffmpeg failed \(\d+\): \S+"):
        write_film(bars_stream(count=40), tmp_path / "film.mp4", call, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", [60, 20, 0])
@pytest.mark.parametrize("index", [0, 2])
def test_a_damaged_frame_is_named(tmp_path, index, length):
    paths = frames_in(tmp_path, [colour_bars()] * 4)
    paths[index].write_bytes(paths[index].read_bytes()[:length])
    with pytest.raises(MachineError, match=rf"00000{index}.png .*; remove it, then run the same command again"):
        encode(reel_of(paths, Fraction(30)), tmp_path / "film.mp4", QUICK)
    assert sorted(tmp_path.iterdir()) == paths


def test_a_film_that_is_not_what_was_asked_for_does_not_get_its_name(tmp_path):
    call = ContainerCall(("-c:v", "libx264"), "scale=out_color_matrix=smpte170m,format=yuv422p", ("yuv420p",))
    with pytest.raises(
        MachineError, match=r"film.mp4: ffmpeg made pixels yuv422p, not yuv420p; colours tagged .*not tv"
    ):
        write_film(bars_stream(), tmp_path / "film.mp4", call, {})
    call = ContainerCall(("-c:v", "libx264", "-r", "12"), yuv("yuv420p"), ("yuv420p",))
    with pytest.raises(MachineError, match=r"frame 1 is at 0.08\d\d s, not at 0.0417 s"):
        write_film(bars_stream(), tmp_path / "film.mp4", call, {})
    assert not list(tmp_path.iterdir())


def test_a_missing_encoder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "/nowhere/ffmpeg")
    with pytest.raises(MachineError, match="ffmpeg was not found"):
        encode(bars_stream(), tmp_path / "film.mp4", QUICK)


def test_a_film_killed_half_way_has_no_name(tmp_path):
    frames_in(tmp_path, np.random.default_rng(5).integers(0, 256, (4, 720, 1280, 3), dtype=np.uint8))
    script = (
        "import sys; from pathlib import Path; from fractions import Fraction\n"
        "from render.film.encoders import encode; from render.film.reel import reel_of\n"
        "from render.scene.encoders import H264\n"
        "folder = Path(sys.argv[1]); paths = sorted(folder.glob('0*.png')) * 40\n"
        "print('begun', flush=True); encode(reel_of(paths, Fraction(30)), folder / 'film.mp4', H264())"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    assert until(process, lambda: any(tmp_path.glob(".film.*.mp4")))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "film.mp4").exists()
