"""PNG pictures of 16 bits a channel, of which Pillow keeps 8: ffmpeg decodes them whole.

Grey, grey with alpha, colour, and a transparent colour all become red, green, blue and alpha of 16 bits, exactly.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from render.errors import DataError, MachineError


def channels_of(path: Path, width: int, height: int) -> np.ndarray:
    """Returns red, green, blue and alpha (height, width, 4) uint16; raises DataError where the file is damaged."""
    words = ["-nostdin", "-hide_banner", "-v", "error", "-xerror", "-f", "png_pipe", "-i", f"file:{path.resolve()}"]
    target = ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgba64le", "pipe:1"]
    try:
        done = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words, *target], capture_output=True, check=False)
    except (OSError, RuntimeError) as error:
        raise MachineError(
            f"{path}: has 16 bits a channel, which ffmpeg decodes, and it was not found; install imageio-ffmpeg again"
        ) from error
    if done.returncode or len(done.stdout) != 8 * width * height:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DataError(f"{path}: cannot be read as a picture ({said[-1] if said else 'it is damaged'}); save it again")
    return np.frombuffer(done.stdout, "<u2").reshape(height, width, 4)
