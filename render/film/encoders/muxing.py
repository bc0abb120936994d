"""Muxing: a file of sound goes beside the picture, never longer than it, in the codec that the container takes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

CODECS = {  # by the ending of the film's name
    ".mp4": ("-c:a", "aac", "-b:a", "256k"),
    ".webm": ("-c:a", "libopus", "-b:a", "160k"),
    ".mov": ("-c:a", "pcm_s24le"),
    ".mkv": ("-c:a", "pcm_s24le"),
}


def muxed(sound: Path | None, ending: str, duration: Fraction) -> tuple[list[str], list[str]]:
    """Returns ffmpeg's options of a second input that is sound, and those of the file.

    What of the sound is longer than the film, duration seconds, is cut; where it is shorter the picture goes on in
    silence, which -shortest would cut.
    """
    if sound is None:
        return [], []
    return (
        ["-t", f"{float(duration):.6f}", "-i", f"file:{sound}"],
        ["-map", "0:v:0", "-map", "1:a:0", *CODECS[ending], "-flags:a", "+bitexact"],
    )
