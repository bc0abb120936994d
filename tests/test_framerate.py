"""Frame rates: fractions stay exact from the scene to the header of the film."""

import json
import struct
from fractions import Fraction

import pytest
from PIL import Image

from render.film.encoders import encode
from render.film.reel import reel_of
from render.film.timeline import Timeline
from render.scene.encoders import H264
from render.scene.framerate import frame_rate, plain
from render.scene.language.load import load
from render.scene.output import Film
from render.scene.quality import apply_quality
from render.scene.spec import Scene, resolved
from tests.test_scene_problems import GOOD

RATES = [
    # as a scene has it, what it is, as JSON has it
    ("24000/1001", Fraction(24000, 1001), "24000/1001"),
    ("30000 / 1001", Fraction(30000, 1001), "30000/1001"),
    (23.976, Fraction(2997, 125), 23.976),
    (30, Fraction(30), 30.0),
    ("48/2", Fraction(24), 24.0),
    (12.5, Fraction(25, 2), 12.5),
    ("1/3", Fraction(1, 3), "1/3"),
]


@pytest.mark.parametrize(("written", "rate", "json_of_it"), RATES, ids=[str(written) for written, _, _ in RATES])
def test_a_frame_rate_is_what_is_written(written, rate, json_of_it):
    assert frame_rate(written) == rate
    assert plain(rate) == json_of_it
    film = Film(size=(16, 16), fps=written)
    assert json.loads(film.model_dump_json())["fps"] == json_of_it
    assert Film.model_validate(film.model_dump(mode="json")) == film


def test_a_scene_may_have_a_fraction_and_keeps_it(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD.replace("fps: 30", "fps: 30000/1001"), encoding="utf-8")
    scene = load(path)
    assert scene.films["one"].fps == Fraction(30000, 1001)
    assert Scene.model_validate(resolved(scene)) == scene
    assert load(path, ["films.one.fps=24000/1001"]).films["one"].fps == Fraction(24000, 1001)


def test_a_thumbnail_of_seven_seconds_has_twelve_frames_and_a_draft_no_more_than_its_rate(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD.replace("8s", "7s").replace("fps: 30", "fps: 24000/1001"), encoding="utf-8")
    scene = load(path)
    assert apply_quality(scene, "thumb").films["one"].fps == Fraction(12, 7)
    assert apply_quality(scene, "draft").films["one"].fps == 12
    assert apply_quality(scene, "final").films["one"].fps == Fraction(24000, 1001)


def test_after_an_hour_a_frame_is_where_the_fraction_says_and_not_a_frame_away():
    exact, decimal = (Timeline((3600.0,), frame_rate(rate)) for rate in ("24000/1001", 23.976))
    assert exact.time(86_313) == 86_313 * 1001 / 24_000
    assert abs(exact.time(86_313) - decimal.time(86_313)) == pytest.approx(0.0036, abs=1e-4)
    assert exact.frame_count == round(3600 * 24_000 / 1001)


def times_in(film: bytes) -> tuple[int, int, int]:
    """Returns ticks a second, frames and ticks a frame, from the headers of an mp4 (ISO 14496-12)."""
    clock, table = film.index(b"mdhd") + 4, film.index(b"stts") + 4
    _, _, _, ticks = struct.unpack(">4I", film[clock : clock + 16])
    _, entries, frames, each = struct.unpack(">4I", film[table : table + 16])
    assert entries == 1
    return ticks, frames, each


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "60000/1001", 24, 23.976, "12/7", 0.5])
def test_the_film_has_exactly_the_rate_in_its_header(tmp_path, rate):
    frames = [tmp_path / f"{index}.png" for index in range(3)]
    for index, frame in enumerate(frames):
        Image.new("RGB", (32, 16), (80 * index, 40, 20)).save(frame)
    told = encode(reel_of(frames, frame_rate(rate)), tmp_path / "a.mp4", H264(crf=30, preset="ultrafast"))
    ticks, count, each = times_in((tmp_path / "a.mp4").read_bytes())
    assert Fraction(ticks, each) == frame_rate(rate)
    assert count == told.frames == 3
    assert told.duration == pytest.approx(3 / float(frame_rate(rate)))
