"""Probing: whether a file is a sound that can be heard, found by decoding it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from render.errors import DataError
from render.film.ffmpeg import ffmpeg

RATE = 48_000  # samples a second of all sound tracks
PIECE = 60.0  # seconds of a file that are decoded to find out what it is


@dataclass(frozen=True)
class SoundFile:
    """What a sound file holds."""

    seconds: float | None  # None where the file does not say how long it is
    rate: int  # samples a second
    channels: str  # as ffmpeg names them: mono, stereo


def probed(file: Path) -> SoundFile:
    """Returns what a sound file holds; raises DataError where it is none, or its beginning cannot be decoded."""
    if not file.is_file():
        raise DataError(f"{file}: there is no such file")
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-xerror", "-i", str(file), "-t", str(PIECE)]
    ended = subprocess.run([*command, "-map", "0:a:0", "-f", "null", "-"], capture_output=True, check=False)
    said = ended.stderr.decode(errors="replace")
    stream = re.search(r"Audio: [^\n]*?(\d+) Hz, ([^,\n]+)", said)
    if stream is None:
        raise DataError(f"{file}: is no sound file; give one that ffmpeg reads, such as wav, flac, mp3 or m4a")
    if ended.returncode != 0:
        raise DataError(f"{file}: its sound cannot be decoded; export it again, as wav for instance")
    length = re.search(r"Duration: (\d+):(\d+):(\d+(?:\.\d+)?)", said)
    seconds = 3600 * int(length[1]) + 60 * int(length[2]) + float(length[3]) if length else None
    return SoundFile(seconds, int(stream[1]), stream[2].strip())
