"""Loudness: how loud a sound is to the ear, by EBU R 128, as ffmpeg measures it."""

from __future__ import annotations

import math
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from render.errors import MachineError
from render.film.ffmpeg import ffmpeg

SHORTEST = 3.0  # seconds; a shorter sound is repeated while it is measured, since loudness is that of whole blocks


@dataclass(frozen=True)
class Loudness:
    """How loud a sound is."""

    integrated: float  # LUFS; −∞ of silence
    peak: float  # dBTP, between the samples too


def measured_loudness(file: Path, seconds: float) -> Loudness:
    """Returns the loudness of a sound file of so many seconds; raises MachineError where it cannot be measured."""
    again = ["-stream_loop", str(math.ceil(SHORTEST / max(seconds, 0.01)))] if seconds < SHORTEST else []
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-nostats", *again, "-i", str(file)]
    ended = subprocess.run(
        [*command, "-map", "0:a:0", "-af", "ebur128=peak=true", "-f", "null", "-"], capture_output=True, check=False
    )
    said = ended.stderr.decode(errors="replace").rpartition("Summary:")[2]
    loud, peak = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", said), re.search(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said)
    if ended.returncode != 0 or loud is None or peak is None:
        raise MachineError(f"{file}: its loudness cannot be measured", "install imageio-ffmpeg again")
    integrated = float(loud[1])
    return Loudness(-math.inf if integrated <= -70.0 else integrated, float(peak[1]))
