"""What encoders do besides encoding: fitting a size, padding, sound, single pictures, sequences, refusals."""

from __future__ import annotations

import re
import subprocess
import wave
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageSequence

from render.errors import MachineError, SceneError
from render.film import ffmpeg, lacking
from render.film.encoders import encode
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.fitting import fitted
from render.film.encoders.stream import FrameStream, in_depth, of_pictures
from render.scene import encoders as kinds
from render.stage.colour import srgb_of
from tests.streams import bars_stream, colour_bars, decoded, drifting


def sizes(*values):
    """Returns what encodes by a rung to a file of so many bytes, and the rungs that were tried."""
    tried = []

    def attempt(rung: int, place: Path) -> EncodedFilm:
        tried.append(rung)
        place.write_bytes(bytes(values[rung]))
        return EncodedFilm(1, (16, 16), 1.0)

    return attempt, tried


LADDER = [round(1e6 * 2 ** (-rung / 6)) for rung in range(40)]


@pytest.mark.parametrize("most", [2_000_000, 1_000_000, 999_999, 500_000, 123_456, 60_000, 11_100])
def test_the_best_rung_that_fits_is_found_in_few_tries(tmp_path, most):
    attempt, tried = sizes(*LADDER)
    target = tmp_path / "film.mp4"
    _, rung = fitted(target, most, range(len(LADDER)), attempt)
    assert rung == next(rung for rung, size in enumerate(LADDER) if size <= most)
    assert target.stat().st_size == LADDER[rung]
    assert len(tried) <= 5
    assert list(tmp_path.iterdir()) == [target]


def test_rungs_of_uneven_steps_are_climbed_too(tmp_path):
    values = [900, 890, 880, 400, 399, 398, 20, 19, 18]
    for most in (895, 400, 398, 25, 18):
        attempt, _ = sizes(*values)
        rung = fitted(tmp_path / "film.mp4", most, range(len(values)), attempt)[1]
        assert values[rung] == max(value for value in values if value <= most)


def test_a_size_that_cannot_be_met_is_refused_with_the_smallest(tmp_path):
    attempt, _ = sizes(900_000, 800_000, 700_000)
    with pytest.raises(SceneError, match=r"max_size: 5 kB cannot be met by film.mp4; the smallest is 700 kB"):
        fitted(tmp_path / "film.mp4", 5000, range(3), attempt)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "ending"),
    [
        (kinds.H264(preset="veryfast", max_size=12_000), "mp4"),
        (kinds.Gif(max_size=150_000), "gif"),
        (kinds.WebP(max_size=20_000), "webp"),
    ],
)
def test_a_film_is_no_larger_than_asked_and_no_worse_than_needed(tmp_path, settings, ending):
    stream = drifting(24, (160, 96), grain=12)
    whole, small = (tmp_path / f"{name}.{ending}" for name in ("whole", "small"))
    encode(stream, whole, settings.model_copy(update={"max_size": None}))
    film = encode(stream, small, settings)
    assert whole.stat().st_size > settings.max_size >= small.stat().st_size > 0.3 * settings.max_size
    assert film.settings
    assert film.frames == 24
    assert len(list(tmp_path.iterdir())) == 2


def test_a_palette_is_one_for_the_whole_film(tmp_path):
    target = tmp_path / "film.gif"
    encode(drifting(16, grain=20), target, kinds.Gif(colours=16))
    with Image.open(target) as film:
        palettes = {bytes(frame.palette.palette) for frame in ImageSequence.all_frames(film) if frame.mode == "P"}
        assert film.info["loop"] == 0
    content = target.read_bytes()
    assert len(palettes) <= 1
    assert content[10] & 0x80  # a palette for all, and no frame has one of its own
    assert not any(content[place + 9] & 0x80 for place in separators(content))


def separators(content: bytes) -> list[int]:
    """Returns where the pictures of a GIF begin, by walking through its blocks."""
    place, found = 13 + 3 * (2 << (content[10] & 7)), []
    while content[place] != 0x3B:
        if content[place] == 0x2C:
            found.append(place)
            place += 11
        else:
            place += 2
        while content[place]:
            place += content[place] + 1
        place += 1
    return found


@pytest.mark.parametrize(
    ("settings", "ending", "loop"),
    [(kinds.Gif(loop=False), "gif", None), (kinds.WebP(loop=False), "webp", 1), (kinds.Apng(loop=False), "apng", 1)],
)
def test_an_animation_may_play_once(tmp_path, settings, ending, loop):
    target = tmp_path / f"film.{ending}"
    encode(drifting(4), target, settings)
    with Image.open(target) as film:
        assert film.info.get("loop") == loop


def test_frames_that_stand_still_keep_their_time(tmp_path):
    still = of_pictures([colour_bars()] * 30, Fraction(30))
    for ending, settings in (("gif", kinds.Gif()), ("webp", kinds.WebP()), ("apng", kinds.Apng())):
        film = encode(still, tmp_path / f"film.{ending}", settings)
        assert film.duration == pytest.approx(1.0, abs=0.02)


def test_an_odd_size_is_refused_or_padded_as_asked(tmp_path):
    picture = np.full((33, 47, 3), 200, np.uint8)
    stream = of_pictures([picture] * 3, Fraction(30))
    with pytest.raises(SceneError, match="47×33 is no size of h264, which needs even sides; use 46×32, or set pad"):
        encode(stream, tmp_path / "odd.mp4", kinds.H264())
    with pytest.raises(SceneError, match="hap, which needs sides that are multiples of 4;"):
        encode(stream, tmp_path / "odd.mov", kinds.Hap())
    film = encode(stream, tmp_path / "even.mkv", kinds.Ffv1())
    assert film.size == (47, 33)
    film = encode(stream, tmp_path / "even.mp4", kinds.H264(pad="#ff0000", crf=1))
    assert film.size == (48, 34)
    read = decoded(tmp_path / "even.mp4", (48, 34))[0, ..., :3].astype(int)
    assert np.abs(read[:30, :44] - 200).max() <= 12
    assert read[33, 20, 0] > read[33, 20, 1] + 60  # a row of red beside rows of grey, which share their colour


@pytest.mark.parametrize("settings", [kinds.H264(), kinds.Hevc(), kinds.Av1(), kinds.ProRes(), kinds.Hap()])
def test_a_transparent_ground_is_refused_where_it_would_become_black(tmp_path, settings):
    with pytest.raises(
        SceneError, match=r"has no transparency, and look.background.colour is transparent; vp9, prores"
    ):
        encode(bars_stream(alpha=True), tmp_path / "film.mp4", settings)


def test_a_gif_of_sixty_frames_a_second_is_refused(tmp_path):
    with pytest.raises(SceneError, match="60 frames per second are too many for gif; at most 50"):
        encode(bars_stream(fps=Fraction(60)), tmp_path / "film.gif", kinds.Gif())


def beep(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        tone = np.sin(np.arange(int(48_000 * seconds)) * 0.05) * 12_000
        file.writeframes(tone.astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("settings", "name", "codec"),
    [
        (kinds.H264(preset="ultrafast"), "film.mp4", "aac"),
        (kinds.Vp9(speed=5), "film.webm", "opus"),
        (kinds.ProRes(), "film.mov", "pcm_s24le"),
        (kinds.Ffv1(), "film.mkv", "pcm_s24le"),
    ],
)
@pytest.mark.parametrize("seconds", [0.2, 3.0])
def test_sound_goes_beside_the_picture_and_never_cuts_it(tmp_path, settings, name, codec, seconds):
    stream = drifting(30)
    film = encode(stream, tmp_path / name, settings, {}, beep(tmp_path / "beep.wav", seconds))
    assert (film.frames, film.sound) == (30, codec)
    told = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(tmp_path / name)], capture_output=True, check=False
    )
    length = re.search(rb"Duration: 00:00:(\d\d\.\d\d)", told.stderr)
    assert float(length[1]) == pytest.approx(1.0, abs=0.06)


def test_what_has_no_room_for_sound_is_written_without(tmp_path):
    film = encode(drifting(4), tmp_path / "film.gif", kinds.Gif(), {}, beep(tmp_path / "beep.wav", 1))
    assert film.frames == 4


def test_a_poster_is_the_frame_of_its_moment(tmp_path):
    stream = drifting(16)
    encode(stream, tmp_path / "film.png", kinds.Poster(at=0.2), {"title": "Drift"})
    with Image.open(tmp_path / "film.png") as poster:
        assert poster.text["Title"] == "Drift"
        assert np.array_equal(np.asarray(poster), list(stream.pictures())[6])


def test_a_contact_sheet_has_the_first_and_the_last_frame(tmp_path):
    pictures = [np.full((60, 80, 3), 10 * index, np.uint8) for index in range(21)]
    film = encode(of_pictures(pictures, Fraction(10)), tmp_path / "film.png", kinds.FrameSheet(frames=5, width=80))
    sheet = np.asarray(Image.open(tmp_path / "film.png"))
    assert film.size == (sheet.shape[1], sheet.shape[0])
    shown = {tuple(colour) for colour in sheet.reshape(-1, 3)[::7]}
    assert {(value,) * 3 for value in (0, 50, 100, 150, 200)} <= shown


def test_a_sequence_of_exr_is_light_and_light_times_alpha(tmp_path):
    oiio = pytest.importorskip("OpenImageIO")
    stream = bars_stream(16, alpha=True)
    film = encode(stream, tmp_path / "bars", kinds.ExrSequence(), {"title": "Bars"})
    assert (film.frames, film.has_alpha) == (6, True)
    pixels = oiio.ImageBuf(str(tmp_path / "bars" / "000003.exr")).get_pixels()
    assert pixels.shape == (64, 256, 4)
    half = pixels[40, 8::16]
    assert half[:, 3] == pytest.approx(128 / 255, abs=1e-3)
    codes = srgb_of(half[:, :3] / half[:, 3:]) * 255
    assert np.abs(codes - colour_bars()[40, 8::16]).max() < 0.5


def test_a_shorter_sequence_leaves_no_picture_of_a_longer_one(tmp_path):
    for count in (6, 4):
        encode(bars_stream(count=count), tmp_path / "bars", kinds.PngSequence(depth=8))
    assert sorted(path.name for path in (tmp_path / "bars").iterdir()) == [f"{k:06d}.png" for k in range(4)]


def test_frames_of_sixteen_bits_become_eight_with_a_dither_and_whole_codes_stay():
    flat = of_pictures([np.full((64, 64, 3), 1000, np.uint16)] * 2, Fraction(30))  # 3.89 codes of 255
    first, second = in_depth(flat, 8).pictures()
    assert set(np.unique(first)) == {3, 4}
    assert first.mean() == pytest.approx(1000 / 257, abs=0.03)
    assert not np.array_equal(first, second)
    whole = of_pictures([np.arange(256, dtype=np.uint16).repeat(3).reshape(16, 16, 3) * 257], Fraction(30))
    assert np.array_equal(next(in_depth(whole, 8).pictures()) * np.uint16(257), next(whole.pictures()))
    assert np.array_equal(next(in_depth(in_depth(whole, 8), 16).pictures()), next(whole.pictures()))


def test_ten_bits_hold_steps_that_eight_bits_do_not(tmp_path):
    ramp = np.broadcast_to(np.linspace(20_000, 24_000, 256).astype(np.uint16)[None, :, None], (64, 256, 3)).copy()
    stream = of_pictures([ramp] * 3, Fraction(30))
    levels = {}
    for name, settings, pixels in (
        ("f.mp4", kinds.Hevc(crf=4), "yuv420p10le"),
        ("g.mp4", kinds.H264(crf=4), "yuv420p"),
    ):
        encode(stream, tmp_path / name, settings)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(tmp_path / name), "-frames:v", "1"]
        raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", pixels, "-"], capture_output=True, check=True)
        luma = np.frombuffer(raw.stdout, "<u2" if "10" in pixels else "u1")[: 64 * 256].reshape(64, 256)
        levels[name] = len(np.unique(np.median(luma, axis=0).round()))
    assert levels["f.mp4"] > 2.5 * levels["g.mp4"]


def test_frames_of_two_sizes_are_refused(tmp_path):
    mixed = of_pictures([np.zeros((32, 32, 3), np.uint8), np.zeros((32, 64, 3), np.uint8)], Fraction(30))
    with pytest.raises(MachineError, match="frames of one size"):
        encode(mixed, tmp_path / "two.mp4", kinds.H264())
    assert not list(tmp_path.iterdir())


def test_a_stream_that_ends_early_is_noticed(tmp_path):
    whole = drifting(5)
    short = FrameStream(64, 48, 7, Fraction(30), 8, False, lambda wanted: whole.draw(range(5)))
    with pytest.raises(MachineError, match="5 frames came, not 7"):
        encode(short, tmp_path / "film.mp4", kinds.H264())
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_this_ffmpeg_lacks_is_named(monkeypatch):
    monkeypatch.setattr(lacking, "encoders", lambda program: frozenset({"libx264"}))
    lacking.require_encoder("h264")
    with pytest.raises(MachineError, match="the ffmpeg that was found has no libsvtav1; unset"):
        lacking.require_encoder("av1")


def test_the_encoders_of_an_ffmpeg_are_read_from_its_own_list():
    found = ffmpeg.encoders(ffmpeg.ffmpeg())
    assert {"libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks", "ffv1", "hap", "gif", "apng"} <= found
    assert "=" not in found
