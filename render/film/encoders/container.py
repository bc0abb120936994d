"""A film in a container: raw frames go into ffmpeg, a file comes out, and it is read back before it gets its name.

Left to itself ffmpeg converts by the BT.601 matrix and says nothing of it; here the BT.709 matrix is asked for, all
four tags are written, and they are read back with size, rate, number of frames, depth, alpha and sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render.errors import MachineError
from render.film.encoders.encoded import EncodedFilm, path_of_reading, read_film
from render.film.encoders.muxing import muxed
from render.film.encoders.stream import FrameStream
from render.film.ffmpeg import feed
from render.scene.framerate import told
from render.storage.files import replacing

RAW = {(8, False): "rgb24", (8, True): "rgba", (16, False): "rgb48le", (16, True): "rgba64le"}
EXACT = "flags=bicubic+accurate_rnd+full_chroma_int"
BT709 = "tv, bt709"  # ffmpeg names a colour space once where matrix, primaries and transfer agree


@dataclass(frozen=True)
class ContainerCall:
    """What a call of ffmpeg is made of beside its frames."""

    codec: Sequence[str]  # options of the encoder
    filters: str  # from raw frames to the pixels of the file
    pixels: Sequence[str]  # of the file, as they may be called when it is read
    colours: str = BT709  # range and matrix, as they are called when it is read; "" is not looked at
    container: Sequence[str] = ()  # options of the file
    decoder: Sequence[str] = ()  # options that read it
    inputs: Sequence[str] = ()  # options of a second input


def yuv(pixels: str) -> str:
    """Returns the filters from sRGB codes to pixels of BT.709 video, of limited range."""
    return (
        f"scale=out_color_matrix=bt709:out_range=tv:{EXACT},format={pixels},"
        "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    )


def raw_input(stream: FrameStream) -> list[str]:
    """Returns the options that read a stream from standard input."""
    return [
        *("-f", "rawvideo", "-pix_fmt", RAW[stream.depth, stream.alpha]),
        *("-s", f"{stream.width}x{stream.height}", "-framerate", str(told(stream.fps)), "-i", "-"),
    ]


def write_film(
    stream: FrameStream, target: Path, call: ContainerCall, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as a film, whole or not at all; same frames, same bytes.

    Raises MachineError, with ffmpeg's last words, where it is missing or fails, or the film is not what was asked for.
    """
    named = [part for key, value in titles.items() for part in ("-metadata", f"{key}={value}")]
    with replacing(target) as temporary:
        inputs, audio = muxed(sound, target.suffix, stream.duration)
        command = [
            *(*raw_input(stream), *call.inputs, *inputs),
            *("-filter_complex" if call.inputs else "-vf", call.filters, *call.codec, *audio),
            *("-map_metadata", "-1", *named, *call.container),
            *("-fflags", "+bitexact", "-flags:v", "+bitexact", str(temporary)),
        ]
        feed(command, raw_frames(stream))
        film = read_film([*call.decoder, *path_of_reading(temporary)], told(stream.fps))
        require_as_asked(film, stream, target.name, call, bool(sound))
    return film


def raw_frames(stream: FrameStream) -> Iterator[memoryview]:
    """Gives the bytes of the frames of a stream, the next one drawn while ffmpeg takes the last."""
    with ThreadPoolExecutor(1, thread_name_prefix="frame") as ahead:
        pictures = stream.pictures()
        coming = ahead.submit(next, pictures, None)
        while (picture := coming.result()) is not None:
            coming = ahead.submit(next, pictures, None)
            yield np.ascontiguousarray(picture).data.cast("B")


def require_as_asked(film: EncodedFilm, stream: FrameStream, name: str, call: ContainerCall, sound: bool) -> None:
    """Raises MachineError where a film is not what was asked for."""
    wrong = []
    if (film.frames, film.size) != (stream.count, stream.size):
        wrong.append(f"{film.frames} frames of {film.size}, not {stream.count} of {stream.size}")
    if film.pixels not in call.pixels:
        wrong.append(f"pixels {film.pixels}, not {' or '.join(call.pixels)}")
    if not film.colours.startswith(call.colours):
        wrong.append(f"colours tagged {film.colours or 'not at all'}, not {call.colours}")
    if bool(film.sound) != sound:
        wrong.append("no sound" if sound else "a sound")
    if wrong:
        raise MachineError(f"{name}: ffmpeg made {'; '.join(wrong)}", "report this with the version of ffmpeg")
