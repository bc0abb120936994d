"""Synthesis: voices become sound: pitch from the level of the loss, roughness from the curvature of the ground.

Each voice is a tone of six partials between 110 Hz, where the loss is lowest, and 880 Hz, where it is highest. Where
the ground bends, the tone beats 35 times a second and a second one, 3 % higher, joins it. A curvature that only one
moment in twenty exceeds is full roughness. The same descent sounds the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from render.film.sound import score
from render.film.sound.probing import RATE
from render.film.sound.score import Voice

LOWEST, OCTAVES = 110.0, 3.0  # Hz of a level of 0, and octaves from there to a level of 1
PARTIALS = 6
BEAT = 35.0  # Hz, where two tones grate most
ASIDE = 1.03  # pitch of the second tone / pitch of the first
GLIDE = 0.04  # seconds over which pitch and roughness are smoothed
REST = 0.3  # loudness at rest / at the fastest
SPREAD = 1.0007  # pitch at the right / at the left, which opens the sound
RELEASE = 0.35  # seconds in which what is let go falls to a third
COME, GO = 0.05, 0.6  # seconds in which the sound begins and ends


def sounded(voices: Sequence[Voice], seconds: float) -> np.ndarray:
    """Returns voices as samples (N, 2) of so many seconds, of no loudness yet."""
    count = round(seconds * RATE)
    strongest = max((float(np.percentile(voice.rough, score.STRONGEST)) for voice in voices), default=0.0)
    mixed = np.zeros((count, 2))
    for number, voice in enumerate(voices):
        pan = 0.5 if len(voices) == 1 else 0.2 + 0.6 * number / (len(voices) - 1)
        sides = np.array([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])
        mixed += _tone(voice, strongest, count) * sides
    return mixed * _edges(count)[:, None]


def _tone(voice: Voice, strongest: float, count: int) -> np.ndarray:
    """Returns one voice as samples (count, 2)."""
    heard = np.isfinite(voice.level)
    if not heard.any():
        return np.zeros((count, 2))
    moments = np.arange(len(voice.level))
    level = np.interp(moments, moments[heard], voice.level[heard])
    rough = np.clip(voice.rough / strongest, 0, 1) if strongest > 0 else np.zeros(len(level))
    loud = heard * (REST + (1 - REST) * np.sqrt(voice.pace))
    loud = _released(loud)
    calm = GLIDE * score.RATE
    pitch, rough, loud = (_fine(gaussian_filter1d(each, calm), count) for each in (level, rough, loud.astype(float)))
    frequency = LOWEST * 2 ** (OCTAVES * pitch)
    beat = 1 - 0.75 * rough * (0.5 - 0.5 * np.cos(2 * np.pi * BEAT * np.arange(count) / RATE))
    sides = []
    for spread in (1.0, SPREAD):
        first = _partials(2 * np.pi * np.cumsum(frequency * spread) / RATE, frequency)
        second = _partials(2 * np.pi * np.cumsum(frequency * spread * ASIDE) / RATE, frequency)
        sides.append(loud * beat * (first + 0.7 * rough * second))
    return np.stack(sides, axis=1)


def _released(loud: np.ndarray) -> np.ndarray:
    """Returns a loudness of moments that never falls faster than a string that is let go."""
    found, fall = loud.astype(float), np.exp(-1 / (RELEASE * score.RATE))
    for moment in range(1, len(found)):
        found[moment] = max(found[moment], fall * found[moment - 1])
    return found


def _partials(phase: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Returns a tone of partials that are the softer the higher they are; low tones have more of them."""
    bright = np.clip(440 / frequency, 0.35, 1.6)
    return np.asarray(sum(np.sin(n * phase) / n**1.6 * bright ** (n > 1) for n in range(1, PARTIALS + 1)))


def _fine(values: np.ndarray, count: int) -> np.ndarray:
    """Returns values of moments at every sample."""
    return np.asarray(np.interp(np.arange(count) / RATE, np.arange(len(values)) / score.RATE, values))


def _edges(count: int) -> np.ndarray:
    """Returns how a sound comes and goes, (count,)."""
    places = np.arange(count) / RATE
    end = count / RATE
    return np.asarray(np.clip(np.minimum(places / COME, (end - places) / GO), 0, 1))
