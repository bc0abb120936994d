"""Sound: what is none is refused, every track is as long as its film, and what is made is as loud as it says."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from render.cli.examination import examine
from render.cli.job import Job
from render.errors import DataError, SceneError
from render.film.sound import score
from render.film.sound.loudness import measured_loudness
from render.film.sound.probing import RATE, probed
from render.film.sound.score import Voice
from render.film.sound.soundtrack import CEILING, LOUD, TOLERANCE, _write_loud, limited
from render.film.sound.synthesis import sounded
from render.film.sound.wave_file import fitted, read_wave, write_wave
from render.progress import Reporter
from render.scene.language.load import load_placed


def tone(seconds, pitch=440.0, loud=0.2):
    wave = loud * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1)


def voice(seconds, level=0.5, rough=0.0, pace=1.0):
    fill = lambda value: np.full(round(seconds * score.RATE), value)  # noqa: E731
    return Voice(fill(level), fill(rough), fill(pace))


def pitch_of(samples):
    """Returns the lowest strong frequency of a sound, Hz."""
    part = samples[RATE // 2 : RATE // 2 + RATE, 0]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    return int(np.flatnonzero(power > 0.5 * power.max())[0])


def test_a_file_of_sound_is_known_by_decoding_it(tmp_path):
    write_wave(tmp_path / "a.wav", tone(1.5))
    found = probed(tmp_path / "a.wav")
    assert (found.seconds, found.rate, found.channels) == (1.5, RATE, "stereo")


@pytest.mark.parametrize("held", [b"", b"not a sound at all\n" * 40])
def test_a_file_that_is_no_sound_is_refused(tmp_path, held):
    (tmp_path / "a.wav").write_bytes(held)
    with pytest.raises(DataError, match="is no sound file; give one that ffmpeg reads"):
        probed(tmp_path / "a.wav")
    with pytest.raises(DataError, match="there is no such file"):
        probed(tmp_path / "b.wav")


def test_check_says_where_a_scene_names_a_file_that_is_no_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("noise.wav").write_text("words", encoding="utf-8")
    Path("a.yaml").write_text(
        "thalweg: 1\ntitle: T\nsurfaces: {main: {source: {surface: a.npz}}}\nshots: [{surface: main, duration: 2s}]\n"
        "films:\n  a:\n    size: [320, 180]\n    sound: noise.wav\n",
        encoding="utf-8",
    )
    np.savez("a.npz", x=np.linspace(0, 1, 9), y=np.linspace(0, 1, 9), z=np.eye(9) + 1)
    scene, document = load_placed(Path("a.yaml"))
    seen = [SimpleNamespace(document=document)]
    job = Job([(Path("a.yaml"), scene)], "final", Path("output"), Reporter.silent(), False, variants=seen)
    with pytest.raises(SceneError, match=r"a.yaml:8:12: films.a.sound: noise.wav: is no sound file"):
        examine(job)


def test_a_longer_sound_is_cut_and_fades_and_a_shorter_one_is_followed_by_silence(tmp_path):
    write_wave(tmp_path / "a.wav", tone(2.0))
    found = probed(tmp_path / "a.wav")
    short, long = (fitted(tmp_path / "a.wav", found, seconds) for seconds in (1.0, 3.0))
    assert len(short) == RATE and len(long) == 3 * RATE
    assert np.abs(short[-200:]).max() < 0.002 < 0.1 < np.abs(short[: RATE // 2]).max()
    assert np.abs(long[2 * RATE :]).max() == 0 and np.abs(long[int(1.9 * RATE) : int(1.95 * RATE)]).max() > 0.1


def test_written_samples_are_read_back(tmp_path):
    samples = tone(0.1)
    write_wave(tmp_path / "a.wav", samples)
    assert np.abs(read_wave(tmp_path / "a.wav") - samples).max() < 1e-4


def test_loudness_falls_by_as_many_units_as_the_sound_by_decibels(tmp_path):
    for name, loud in (("a.wav", 0.4), ("b.wav", 0.1)):
        write_wave(tmp_path / name, tone(4.0, 1000.0, loud))
    loud, soft = (measured_loudness(tmp_path / name, 4.0) for name in ("a.wav", "b.wav"))
    assert loud.integrated - soft.integrated == pytest.approx(20 * math.log10(4), abs=0.11)
    assert loud.peak == pytest.approx(20 * math.log10(0.4), abs=0.3)


@pytest.mark.parametrize("seconds", [0.5, 4.0])
def test_what_is_made_has_the_loudness_that_is_asked_for_and_no_clipped_peak(tmp_path, seconds):
    made = sounded([voice(seconds, 0.2, 1.0), voice(seconds, 0.9)], seconds)
    found = _write_loud(tmp_path / "a.wav", made, seconds)
    assert abs(found.integrated - LOUD) <= TOLERANCE and found.peak <= -1.0
    assert len(read_wave(tmp_path / "a.wav")) == round(seconds * RATE)


def test_the_same_descent_sounds_the_same_to_the_last_bit(tmp_path):
    for name in ("a.wav", "b.wav"):
        _write_loud(tmp_path / name, sounded([voice(1.0, 0.3, 0.5)], 1.0), 1.0)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize(("level", "pitch"), [(0.0, 110), (1 / 3, 220), (1.0, 880)])
def test_pitch_is_the_level_of_the_loss(level, pitch):
    assert pitch_of(sounded([voice(2.0, level)], 2.0)) == pytest.approx(pitch, abs=2)


def test_ground_that_bends_makes_the_tone_beat():
    def swing(rough):
        made = Voice(np.full(200, 0.3), np.where(np.arange(200) < 100, rough, 1.0), np.ones(200))
        part = np.abs(sounded([made], 2.0)[RATE // 4 : 3 * RATE // 4, 0]).reshape(-1, 240).max(1)
        return part.std() / part.mean()

    assert swing(1.0) > 3 * swing(0.0)


def test_without_a_loss_there_is_nothing_to_hear():
    with pytest.raises(DataError, match="there is nothing to hear"):
        _write_loud(Path("never.wav"), sounded([voice(1.0, math.nan)], 1.0), 1.0)


def test_peaks_bend_before_the_ceiling_and_the_rest_stays():
    samples = np.linspace(-3, 3, 601)
    bent = limited(samples)
    quiet = np.abs(samples) < 0.5
    assert (bent[quiet] == samples[quiet]).all() and np.abs(bent).max() <= CEILING and (np.diff(bent) >= 0).all()
