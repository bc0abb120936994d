"""The encoder, by colour bars whose values are known, and by what happens when it is stopped."""

import os
import re
import signal
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from render.errors import MachineError, SceneError
from render.film.encode import encode
from tests.faults import until

PRIMARIES = np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)])
BARS = np.concatenate([PRIMARIES * 255, PRIMARIES * 191]).astype(np.uint8)  # 100 % and 75 %


def colour_bars(width=256, height=64):
    return np.broadcast_to(np.repeat(BARS, width // len(BARS), axis=0), (height, width, 3)).copy()


def frames_in(folder, pictures):
    paths = [folder / f"{index:06d}.png" for index in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path, compress_level=1)
    return paths


def decoded_bars(film, matrix):
    """Returns the colour in the middle of every bar of the first frame."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(film), "-frames:v", "1"]
    command += ["-vf", f"setparams=colorspace={matrix},scale=in_color_matrix={matrix}:in_range=tv:out_range=pc"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    picture = np.frombuffer(raw, np.uint8).reshape(64, 256, 3)
    return picture[32, 8::16].astype(int)


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    film = folder / "bars.mp4"
    told = encode(frames_in(folder, [colour_bars()] * 5), film, 25, 12, "veryfast", {"title": "Bars", "comment": "α·β"})
    return film, told


def test_colour_bars_come_back_as_they_went_in(bars):
    assert np.abs(decoded_bars(bars[0], "bt709") - BARS).max() <= 3


def test_colour_bars_read_by_the_other_matrix_would_be_wrong(bars):
    assert np.abs(decoded_bars(bars[0], "smpte170m") - BARS).max() > 10


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
        encode(paths, film, 30, 20, "medium")
    assert films[0].read_bytes() == films[1].read_bytes()
    content = films[0].read_bytes()
    for box in (b"mvhd", b"tkhd", b"mdhd"):  # their times, in seconds, which two films of one second would share anyway
        start = content.index(box) + 8
        assert content[start : start + 8] == bytes(8)


@pytest.mark.parametrize("size", [(33, 32), (32, 33)])
def test_odd_sides_are_refused(tmp_path, size):
    paths = frames_in(tmp_path, [np.zeros((*size, 3), np.uint8)])
    with pytest.raises(SceneError, match="even sides; use 32×32"):
        encode(paths, tmp_path / "odd.mp4", 30, 20, "medium")


def test_frames_of_two_sizes_are_refused(tmp_path):
    paths = frames_in(tmp_path, [np.zeros((32, 32, 3), np.uint8), np.zeros((32, 64, 3), np.uint8)])
    with pytest.raises(MachineError, match="frames of one size"):
        encode(paths, tmp_path / "two.mp4", 30, 20, "medium")


def test_a_failing_encoder_is_quoted_and_leaves_nothing(tmp_path):
    noise = np.random.default_rng(1).integers(0, 256, (3, 512, 512, 3), dtype=np.uint8)  # more than a pipe holds
    paths = frames_in(tmp_path, noise)
    with pytest.raises(MachineError, match=r"ffmpeg failed \(\d+\): \S+"):
        encode(paths, tmp_path / "film.mp4", 30, 20, "no-such-preset")
    assert sorted(tmp_path.iterdir()) == paths


def test_a_damaged_frame_is_noticed(tmp_path):
    paths = frames_in(tmp_path, [colour_bars()] * 4)
    paths[2].write_bytes(paths[2].read_bytes()[:60])
    with pytest.raises(MachineError, match=r"ffmpeg (made|failed)"):
        encode(paths, tmp_path / "film.mp4", 30, 20, "medium")
    assert not (tmp_path / "film.mp4").exists()


def test_a_missing_encoder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "/nowhere/ffmpeg")
    with pytest.raises(MachineError, match="ffmpeg was not found"):
        encode(frames_in(tmp_path, [colour_bars()]), tmp_path / "film.mp4", 30, 20, "medium")


def test_a_film_killed_half_way_has_no_name(tmp_path):
    frames_in(tmp_path, np.random.default_rng(5).integers(0, 256, (4, 720, 1280, 3), dtype=np.uint8))
    script = (
        "import sys; from pathlib import Path; from render.film.encode import encode\n"
        "folder = Path(sys.argv[1]); paths = sorted(folder.glob('0*.png')) * 40\n"
        "print('begun', flush=True); encode(paths, folder / 'film.mp4', 30, 18, 'medium')"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    assert until(process, lambda: any(tmp_path.glob(".film.*.mp4")))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "film.mp4").exists()


def test_frames_without_a_ground_stay_frames(tmp_path):
    picture = np.dstack([colour_bars(), np.full((64, 256), 128, np.uint8)])
    frames = frames_in(tmp_path, [picture] * 2)
    with pytest.raises(
        SceneError, match=r"transparent is nothing that H\.264 knows; 2 frames with straight alpha"
    ) as error:
        encode(frames, tmp_path / "film.mp4", 25, 20, "veryfast")
    assert error.value.exit_code == 3 and str(tmp_path) in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000.png", "000001.png"]
