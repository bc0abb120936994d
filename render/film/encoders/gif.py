"""GIF: one palette for the whole film, found in a first pass over all of its frames, so that no colour flickers.

A palette has 256 colours at most, one of them for what is transparent, and a pixel is there or is not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from render.film.encoders.animated import AnimationCall, write_animation
from render.film.encoders.container import raw_frames, raw_input
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.fitting import fitted
from render.film.encoders.stream import FrameStream
from render.film.ffmpeg import feed
from render.scene.encoders import Gif

DITHERS = {"none": "none", "bayer": "bayer:bayer_scale=3", "sierra": "sierra2_4a"}
COLOURS = (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8)  # that are tried where a file has to be small
PLAINEST = ((32, "none"), (16, "none"), (8, "none"))
TICK = 0.01  # seconds


class GifPalette(NamedTuple):
    """How many colours there are, and how those between are made."""

    colours: int
    dither: str


def write_gif(
    stream: FrameStream, target: Path, settings: Gif, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as a GIF; where it has to be small, with fewer colours, and at last without dither."""
    if settings.max_size is None:
        return _write(stream, target, GifPalette(settings.colours, settings.dither), settings.loop)

    def attempt(palette: GifPalette, place: Path) -> EncodedFilm:
        return _write(stream, place, palette, settings.loop)

    film, palette = fitted(target, settings.max_size, _ladder(settings), attempt)
    return replace(film, settings=palette._asdict())


def _ladder(settings: Gif) -> Sequence[GifPalette]:
    fewer = (count for count in COLOURS if count < settings.colours)
    dithered = [GifPalette(count, settings.dither) for count in (settings.colours, *fewer)]
    return [*dithered, *(GifPalette(*each) for each in PLAINEST if each[0] <= settings.colours)]


def _write(stream: FrameStream, target: Path, palette: GifPalette, loop: bool) -> EncodedFilm:
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "palette.png")
        kept = f"reserve_transparent={int(stream.alpha)}"
        command = [*raw_input(stream), "-vf", f"palettegen=max_colors={palette.colours}:stats_mode=full:{kept}"]
        feed([*command, "-frames:v", "1", "-update", "1", str(found)], raw_frames(stream))
        drawn = f"paletteuse=dither={DITHERS[palette.dither]}:diff_mode=rectangle:alpha_threshold=128"
        call = AnimationCall(
            inputs=("-i", str(found)),
            options=("-filter_complex", f"[0][1]{drawn}", "-loop", "0" if loop else "-1"),
            pixels="pal8",
            tick=TICK,
            loop=loop,
        )
        return write_animation(stream, target, call)
