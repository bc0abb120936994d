"""Wave files: stereo of 48 kHz in 16 bits, and any sound file made one, as long as a film to the sample."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np

from render.errors import MachineError
from render.film.ffmpeg import ffmpeg
from render.film.sound.probing import RATE, SoundFile
from render.storage.files import replacing

FADE = 0.5  # seconds in which a sound ends that is cut
CLICK = 0.01  # seconds in which one ends that is padded


def write_wave(target: Path, samples: np.ndarray) -> None:
    """Writes samples (N, 2), −1 to 1, as a wave file, whole or not at all."""
    codes = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2")
    with replacing(target) as temporary, wave.open(str(temporary), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(codes.tobytes())


def read_wave(file: Path) -> np.ndarray:
    """Returns the samples (N, 2) of a wave file that was written here, −1 to 1."""
    with wave.open(str(file), "rb") as opened:
        codes = np.frombuffer(opened.readframes(opened.getnframes()), "<i2")
    return codes.reshape(-1, 2) / 32767


def fitted(source: Path, found: SoundFile, seconds: float) -> np.ndarray:
    """Returns the sound of a file as samples (N, 2) of exactly so many seconds.

    What is longer is cut and fades out, what is shorter is followed by silence.
    """
    wanted = round(seconds * RATE)
    samples = _decoded(source, seconds)[:wanted]
    longer = found.seconds is None or found.seconds > seconds
    tail = min(len(samples), round((FADE if longer and len(samples) == wanted else CLICK) * RATE))
    if tail:
        samples[-tail:] *= np.linspace(1, 0, tail)[:, None]
    return np.concatenate([samples, np.zeros((wanted - len(samples), 2))])


def _decoded(source: Path, seconds: float) -> np.ndarray:
    command = [ffmpeg(), "-nostdin", "-v", "error", "-i", str(source), "-map", "0:a:0", "-t", f"{seconds + 1:.6f}"]
    ended = subprocess.run(
        [*command, "-ac", "2", "-ar", str(RATE), "-f", "f32le", "-"], capture_output=True, check=False
    )
    if ended.returncode != 0:
        raise MachineError(f"{source}: ffmpeg failed while it read the sound", "export it again, as wav for instance")
    return np.frombuffer(ended.stdout, "<f4").reshape(-1, 2).astype(np.float64)
