"""The encoder: numbered frames become an H.264 film whose colours any player shows as they were drawn.

Left to itself ffmpeg converts by the BT.601 matrix and says nothing of it; here the BT.709 matrix is asked for, all
four tags are written, and size, tags and number of frames are read back before the film gets its name.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

from render.errors import MachineError, SceneError
from render.scene.framerate import told
from render.storage.files import replacing

COLOURS = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p,"
    "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
)
SOUND = ("-c:a", "aac", "-b:a", "256k", "-flags:a", "+bitexact")
TAGGED = "yuv420p(tv, bt709"  # ffmpeg names a colour space once where matrix, primaries and transfer agree


@dataclass(frozen=True)
class EncodedFilm:
    """What was read back from a finished film."""

    frames: int
    size: tuple[int, int]  # width, height in pixels
    duration: float  # seconds


def encode(
    frames: Sequence[Path],
    target: Path,
    fps: float | Fraction,
    crf: int,
    preset: str,
    metadata: Mapping[str, str] | None = None,
    sound: Path | None = None,
) -> EncodedFilm:
    """Writes frames (PNG, one size, even sides) as an H.264 mp4, whole or not at all; same frames, same bytes.

    fps: frames per second; a fraction such as 24000/1001 is in the file as it is.
    sound: a file that is heard with them, as long as they are.
    A crf of 16 to 18 is hard to tell from the frames, 23 is fit for the web; preset is x264's, medium or slow.
    Raises MachineError, with ffmpeg's last words, where it is missing or fails; SceneError for frames with alpha.
    """
    size = _common_size(frames)
    refuse_alpha(frames)
    with replacing(target) as temporary:
        _feed(frames, _command(temporary, fps, crf, preset, metadata or {}, sound))
        film = _read_back(temporary, fps)
        if (film.frames, film.size) != (len(frames), size):
            raise MachineError(
                f"{target.name}: ffmpeg made {film.frames} frames of {film.size}, not {len(frames)} of {size}",
                "remove the folder of its frames, then run the same command again",
            )
    return film


def _common_size(frames: Sequence[Path]) -> tuple[int, int]:
    """Returns width and height of all frames, which must agree and be even."""
    sizes = {_size_of(frame) for frame in frames}
    if len(sizes) != 1:
        raise MachineError(f"a film needs frames of one size, not {sorted(sizes)}", "remove the folder of its frames")
    width, height = size = sizes.pop()
    if width % 2 or height % 2:
        raise SceneError([f"film size {width}×{height}: H.264 needs even sides; use {width & ~1}×{height & ~1}"])
    return size


def refuse_alpha(frames: Sequence[Path]) -> None:
    """Raises SceneError for frames without a ground, which H.264 would lay on black without a word."""
    if any(_has_alpha(frame) for frame in frames):
        raise SceneError(
            [
                f"look.background.colour: transparent is nothing that H.264 knows; {len(frames):,} frames with "
                f"straight alpha are whole in {frames[0].parent}, and with a colour in its place there is a film"
            ]
        )


def _has_alpha(frame: Path) -> bool:
    """Whether a picture's header tells of alpha."""
    with Image.open(frame) as picture:
        return picture.mode == "RGBA"


def _size_of(frame: Path) -> tuple[int, int]:
    """Returns width and height from a picture's header."""
    with Image.open(frame) as picture:
        return picture.size


def _command(
    target: Path, fps: float | Fraction, crf: int, preset: str, metadata: Mapping[str, str], sound: Path | None = None
) -> list[str]:
    """Returns the call that reads PNG from standard input and writes target."""
    named = [part for key, value in metadata.items() for part in ("-metadata", f"{key}={value}")]
    return [
        *(ffmpeg(), "-nostdin", "-hide_banner", "-v", "error", "-y"),
        *("-f", "image2pipe", "-c:v", "png", "-framerate", str(told(fps)), "-i", "-"),
        *(("-i", str(sound), "-map", "0:v", "-map", "1:a", *SOUND) if sound else ()),
        *("-vf", COLOURS, "-c:v", "libx264", "-crf", str(crf), "-preset", preset),
        *("-map_metadata", "-1", *named, "-movflags", "+faststart"),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", str(target)),
    ]


def _feed(frames: Sequence[Path], command: Sequence[str]) -> None:
    """Runs the call with the frames on its standard input."""
    with tempfile.TemporaryFile() as messages:
        process = _start(command, messages.fileno())
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # why it ended early is asked below
                for frame in frames:
                    pipe.write(frame.read_bytes())
        except BaseException:
            process.kill()
            raise
        finally:
            status = process.wait()
        messages.seek(0)
        if status != 0:
            raise MachineError(f"ffmpeg failed ({status}): {_last_line(messages.read())}")


def _start(command: Sequence[str], messages: int) -> subprocess.Popen[bytes]:
    """Starts ffmpeg, its standard input open and its words going to a file descriptor."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            start_new_session=True,  # Ctrl-C is for whoever started it, who then ends it
        )
    except OSError as error:
        raise MachineError(f"ffmpeg cannot be started ({error.strerror})", "install imageio-ffmpeg again") from error


def _read_back(film: Path, fps: float | Fraction) -> EncodedFilm:
    """Decodes a film and returns what it holds; raises MachineError where its colours are not tagged BT.709."""
    command = [ffmpeg(), "-nostdin", "-hide_banner", "-xerror", "-i", str(film), "-map", "0:v", "-f", "null", "-"]
    ended = subprocess.run(command, capture_output=True, check=False)
    told = ended.stderr.decode(errors="replace")
    picture = re.search(r"Video: .*?, (\d+)x(\d+)", told)
    counts = re.findall(r"frame=\s*(\d+)", told)
    if ended.returncode != 0 or picture is None or not counts:
        raise MachineError(f"the film cannot be read back: {_last_line(ended.stderr)}")
    if TAGGED not in picture[0]:
        raise MachineError(f"the film's colours are not tagged BT.709: {picture[0]}")
    return EncodedFilm(int(counts[-1]), (int(picture[1]), int(picture[2])), float(int(counts[-1]) / fps))


def ffmpeg() -> str:
    """Returns the path of an ffmpeg that can be run; raises MachineError where there is none."""
    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise MachineError("ffmpeg was not found", "install imageio-ffmpeg again") from error
    if shutil.which(path) is None:
        raise MachineError(
            f"{Path(path).name} was not found", "unset IMAGEIO_FFMPEG_EXE or install imageio-ffmpeg again"
        )
    return path


def require_encoder() -> None:
    """Raises MachineError where no ffmpeg is there, or one that writes no H.264."""
    listed = subprocess.run([ffmpeg(), "-hide_banner", "-encoders"], capture_output=True, text=True, check=False)
    if "libx264" not in listed.stdout:
        raise MachineError(
            "the ffmpeg that was found has no libx264", "unset IMAGEIO_FFMPEG_EXE, or install imageio-ffmpeg again"
        )


def _last_line(output: bytes) -> str:
    """Returns the last line that ffmpeg printed."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
