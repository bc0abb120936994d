"""What this machine lacks for a kind of output, told before anything is made."""

from __future__ import annotations

import importlib.util

from render.errors import MachineError
from render.film.ffmpeg import REMEDY, encoders, ffmpeg

NEEDED = {  # encoders of ffmpeg
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "prores": "prores_ks",
    "ffv1": "ffv1",
    "hap": "hap",
    "gif": "gif",
    "webp": "libwebp_anim",
    "apng": "apng",
}
EXR = "exr needs OpenImageIO, which is not installed; `pip install 'thalweg[exr]'`, or use tiff"


def lacking(kind: str) -> str | None:
    """Returns what is lacking for a kind of output and what to do, or None; raises MachineError without any ffmpeg."""
    if kind == "exr" and importlib.util.find_spec("OpenImageIO") is None:
        return EXR
    program = ffmpeg()  # which every kind is read back with
    if kind in NEEDED and NEEDED[kind] not in encoders(program):
        return f"the ffmpeg that was found has no {NEEDED[kind]}; {REMEDY}"
    return None


def require_encoder(kind: str = "h264") -> None:
    """Raises MachineError where this machine lacks what a kind of output needs."""
    sentence = lacking(kind)
    if sentence:
        raise MachineError(sentence)
