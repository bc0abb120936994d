"""Animated pictures, read back by imageio with Pillow, which had no part in their making.

Times are whole hundredths of a second in a GIF and whole thousandths in a WebP, and neighbours that are alike may have
become one picture; so it is the sum of their times that tells whether a frame is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio

from render.errors import MachineError
from render.film.encoders.container import raw_frames, raw_input
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.film.ffmpeg import feed
from render.storage.files import replacing


@dataclass(frozen=True)
class AnimationCall:
    """What a call of ffmpeg is made of beside its frames."""

    options: Sequence[str]  # filters, codec, format
    pixels: str  # of the file, as ffmpeg calls them
    tick: float  # seconds; what the times of its pictures are multiples of
    loop: bool
    inputs: Sequence[str] = ()  # options of a second input


def write_animation(stream: FrameStream, target: Path, call: AnimationCall) -> EncodedFilm:
    """Writes a stream as an animated picture, whole or not at all; raises MachineError where it is another one."""
    with replacing(target) as temporary:
        command = [*raw_input(stream), *call.inputs, *call.options, "-map_metadata", "-1", "-fflags", "+bitexact"]
        feed([*command, "-flags:v", "+bitexact", str(temporary)], raw_frames(stream))
        return _read(temporary, stream, call, target.name)


def _read(path: Path, stream: FrameStream, call: AnimationCall, name: str) -> EncodedFilm:
    """Decodes every picture of a file and returns what it holds."""
    times: list[float] = []
    try:
        with iio.imopen(path, "r", plugin="pillow") as file:
            for index, picture in enumerate(file.iter()):  # noqa: B007, the last one tells of its shape
                said = file.metadata(index=index, exclude_applied=False)
                times.append(float(said.get("duration") or 0) / 1000)
    except (OSError, EOFError, SyntaxError, ValueError) as error:
        raise MachineError(f"{name}: the animation cannot be read back: {error}") from error
    (height, width), count = picture.shape[:2], len(times)
    seconds = sum(times) or float(stream.duration)  # a single picture has no time
    wrong = []
    if (width, height) != stream.size or count > stream.count:
        wrong.append(f"{count} pictures of {(width, height)}, not {stream.count} of {stream.size}")
    if abs(seconds - float(stream.duration)) > 2 * call.tick:
        wrong.append(f"{seconds:.3f} s, not {float(stream.duration):.3f} s")
    if count > 1 and (said.get("loop") == 0) != call.loop:
        wrong.append("a loop" if not call.loop else "no loop")
    if picture.shape[2:] != (4,) and _shows_through(stream):
        wrong.append("no transparency")
    if wrong:
        raise MachineError(f"{name}: ffmpeg made {'; '.join(wrong)}", "report this with the version of ffmpeg")
    return EncodedFilm(count, (width, height), seconds, path.suffix[1:], call.pixels)


def _shows_through(stream: FrameStream) -> bool:
    """Whether the first frame of a stream has pixels that are less than half there."""
    first = next(stream.pictures([0]))
    return stream.alpha and bool((first[..., 3] < 1 << (stream.depth - 1)).any())
