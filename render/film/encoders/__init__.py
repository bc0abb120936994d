"""Encoders: what writes each kind of output from a stream of frames, and reads it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from render.errors import SceneError
from render.film.encoders.apng import write_apng
from render.film.encoders.av1 import write_av1
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.ffv1 import write_ffv1
from render.film.encoders.gif import write_gif
from render.film.encoders.glimpses import write_contact_sheet, write_poster
from render.film.encoders.h264 import write_h264
from render.film.encoders.hap import write_hap
from render.film.encoders.hevc import write_hevc
from render.film.encoders.numbered import write_exr_sequence, write_png_sequence, write_tiff_sequence
from render.film.encoders.prores import write_prores
from render.film.encoders.stream import FrameStream, in_depth, padded
from render.film.encoders.vp9 import write_vp9
from render.film.encoders.webp import write_webp
from render.scene import encoders as kinds
from render.scene.encoders.encoder import EncoderPart
from render.scene.encoders.suited import misfits

Encode = Callable[[FrameStream, Path, Any, Mapping[str, str], Path | None], EncodedFilm]

ENCODERS: dict[type[EncoderPart], Encode] = {
    kinds.H264: write_h264,
    kinds.Hevc: write_hevc,
    kinds.Av1: write_av1,
    kinds.Vp9: write_vp9,
    kinds.ProRes: write_prores,
    kinds.Ffv1: write_ffv1,
    kinds.Hap: write_hap,
    kinds.Gif: write_gif,
    kinds.WebP: write_webp,
    kinds.Apng: write_apng,
    kinds.PngSequence: write_png_sequence,
    kinds.TiffSequence: write_tiff_sequence,
    kinds.ExrSequence: write_exr_sequence,
    kinds.Poster: write_poster,
    kinds.FrameSheet: write_contact_sheet,
}


def encode(
    stream: FrameStream,
    target: Path,
    settings: EncoderPart,
    titles: Mapping[str, str] | None = None,
    sound: Path | None = None,
) -> EncodedFilm:
    """Writes a stream as settings ask, whole or not at all; returns what was read back. Same frames, same bytes.

    titles: title, comment and the like, for the file itself. sound: a file that is heard with the picture, where the
    format has room for it. Raises SceneError for what the format cannot have, MachineError where ffmpeg fails.
    """
    faults = [sentence for _, sentence in misfits(settings, stream.size, stream.fps, stream.alpha)]
    if faults:
        raise SceneError(faults)
    if settings.pad:
        stream = padded(stream, settings.multiples, settings.pad)
    stream = in_depth(stream, settings.frame_depth)
    return ENCODERS[type(settings)](stream, target, settings, titles or {}, sound if settings.hears else None)
