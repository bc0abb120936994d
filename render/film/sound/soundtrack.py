"""The sound track of a film: a file that its scene names, or what is made of its descents; exactly as long as it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import DataError, MachineError
from render.film.lines.line_take import LineTake
from render.film.sound.loudness import Loudness, measured_loudness
from render.film.sound.probing import RATE, probed
from render.film.sound.score import voices
from render.film.sound.synthesis import sounded
from render.film.sound.wave_file import fitted, write_wave
from render.film.take import Take
from render.film.timeline import Timeline
from render.scene.output import Film

ALGORITHM = 1  # raise it when the same descent would sound otherwise
LOUD = -16.0  # LUFS of a sound that is made here
TOLERANCE = 0.5  # LU, by which it may be off
CEILING = 10 ** (-1.5 / 20)  # of samples, so that what is between them stays under −1 dBTP
TRIES = 6


def soundtrack(
    takes: Callable[[], Sequence[Take | LineTake]], timeline: Timeline, film: Film, target: Path
) -> Path | None:
    """Writes the sound track of a film as a wave file, 48 kHz stereo; returns it, or None where it has none.

    takes: gives its shots made ready, asked only where sound is made of them.
    """
    seconds = timeline.frame_count / float(film.fps)
    if film.sound:
        source = Path(film.sound)
        write_wave(target, fitted(source, probed(source), seconds))
        return target
    if film.sonify:
        _write_loud(target, sounded(voices(takes(), timeline), seconds), seconds)
        return target
    return None


def track_record(track: Path, film: Film) -> dict[str, Any]:
    """Returns what a record says of the sound track of a film: where it is from, and how loud it is."""
    seconds = round(track.stat().st_size / (4 * RATE), 3)
    loud = measured_loudness(track, seconds)
    said = {"from": film.sound} if film.sound else {"sonify": film.sonify, "asked": LOUD, "tolerance": TOLERANCE}
    known = {"lufs": loud.integrated} if math.isfinite(loud.integrated) else {}
    return {**said, **known, "peak": loud.peak if math.isfinite(loud.peak) else None, "seconds": seconds}


def _write_loud(target: Path, samples: np.ndarray, seconds: float) -> Loudness:
    """Writes samples at the loudness that is asked for, and measures it; raises MachineError where it is another."""
    largest = float(np.abs(samples).max(initial=0.0))
    if largest == 0:
        raise DataError("sonify: no shot of the film has a path with a loss, so there is nothing to hear; leave it out")
    gain = 0.25 / largest
    for _ in range(TRIES):
        write_wave(target, limited(gain * samples))
        found = measured_loudness(target, seconds)
        if abs(found.integrated - LOUD) <= TOLERANCE / 5:
            return found
        gain *= 10 ** ((LOUD - found.integrated) / 20)
    if abs(found.integrated - LOUD) > TOLERANCE:
        raise MachineError(
            f"{target.name}: is {found.integrated:.1f} LUFS and not {LOUD:g}", "lengthen the film; it is very short"
        )
    return found


def limited(samples: np.ndarray) -> np.ndarray:
    """Returns samples whose peaks bend before the ceiling; what is under two thirds of it stays as it is."""
    knee = CEILING * 2 / 3
    over = np.abs(samples) - knee
    bent = knee + (CEILING - knee) * np.tanh(np.maximum(over, 0) / (CEILING - knee))
    return np.asarray(np.where(over > 0, np.sign(samples) * bent, samples))
