"""What was read back from a finished film, and whether it is what was asked for.

Every frame is decoded and its time compared with index / fps, so that a film of another rate, or one in which a frame
is lost or stands twice, is noticed whatever its header says.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from render.errors import MachineError
from render.film.ffmpeg import ffmpeg, last_line

STREAM = re.compile(r"Stream #0:\d+.*?: Video: (\w+).*?, (\w+)(?:\(([^)]*)\))?, (\d+)x(\d+)")
SOUND = re.compile(r"Stream #0:\d+.*?: Audio: (\w+)")
ALPHA = re.compile(r"yuva|gbrap|ya|rgba|bgra|argb|abgr")


@dataclass(frozen=True)
class EncodedFilm:
    """What was read back from a finished film."""

    frames: int
    size: tuple[int, int]  # width, height in pixels
    duration: float  # seconds
    codec: str = ""
    pixels: str = ""  # as ffmpeg calls them, such as yuv420p10le
    colours: str = ""  # range and matrix, as ffmpeg calls them, such as tv, bt709
    sound: str = ""  # the codec of its sound, or none
    settings: Mapping[str, Any] = field(default_factory=dict)  # those that were found by trying

    @property
    def depth(self) -> int:
        """Bits of a channel."""
        found = re.search(r"p(\d+)(?:le|be)$", self.pixels)
        deep = re.search(r"(?:rgb|bgr)48|(?:rgba|bgra)64", self.pixels)
        return int(found[1]) if found else 16 if deep else 8

    @property
    def has_alpha(self) -> bool:
        """Whether its pixels have alpha."""
        return ALPHA.match(self.pixels) is not None

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it beside size, rate and number of frames."""
        told = {"codec": self.codec, "pixels": self.pixels, "colours": self.colours, "sound": self.sound}
        return {key: value for key, value in {**told, "settings": dict(self.settings)}.items() if value}


def read_film(reading: Sequence[str], fps: Fraction) -> EncodedFilm:
    """Decodes a film and returns what it holds; reading: ffmpeg's options of its input, with -i and its path.

    Raises MachineError where it cannot be decoded, or a frame is not at its time, within a tick of the file's clock.
    """
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-xerror", *reading, "-map", "0:v:0"]
    command += ["-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "-"]
    ended = subprocess.run(command, capture_output=True, check=False)
    told = ended.stderr.decode(errors="replace").partition("\nOutput #")[0]
    picture, clock = STREAM.search(told), re.search(rb"#tb 0: (\d+)/(\d+)", ended.stdout)
    times = [int(line.split(b",")[2]) for line in ended.stdout.splitlines() if line[:1].isdigit()]
    if ended.returncode != 0 or picture is None or clock is None or not times:
        raise MachineError(f"the film cannot be read back: {last_line(ended.stderr)}")
    _require_times([time - times[0] for time in times], Fraction(int(clock[1]), int(clock[2])), fps)
    sound = SOUND.search(told)
    return EncodedFilm(
        frames=len(times),
        size=(int(picture[4]), int(picture[5])),
        duration=float(len(times) / fps),
        codec=picture[1],
        pixels=picture[2],
        colours=(picture[3] or "").removesuffix("progressive").strip(", "),
        sound=sound[1] if sound else "",
    )


def _require_times(times: Sequence[int], tick: Fraction, fps: Fraction) -> None:
    """Raises MachineError where frames do not follow each other at a rate; times: ticks after the first."""
    for index, time in enumerate(times):
        if abs(time * tick - index / fps) > tick:
            raise MachineError(
                f"the film cannot be read back: frame {index} is at {float(time * tick):.4f} s, "
                f"not at {float(index / fps):.4f} s"
            )


def path_of_reading(path: Path) -> list[str]:
    """Returns the options that read a file."""
    return ["-i", f"file:{path}"]
