"""ffmpeg: the program that encodes, found, asked what it knows, started, fed and listened to."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence

import imageio_ffmpeg

from render.errors import MachineError

REMEDY = "unset IMAGEIO_FFMPEG_EXE, or install imageio-ffmpeg again"
QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y")


def ffmpeg() -> str:
    """Returns the path of an ffmpeg that can be run; raises MachineError where there is none."""
    try:
        path: str = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise MachineError("ffmpeg was not found", "install imageio-ffmpeg again") from error
    if shutil.which(path) is None:
        name = path.rpartition("/")[2]
        raise MachineError(f"{name} was not found", "unset IMAGEIO_FFMPEG_EXE or install imageio-ffmpeg again")
    return path


@functools.lru_cache(maxsize=4)
def encoders(program: str) -> frozenset[str]:
    """Returns the names of the encoders that an ffmpeg has."""
    listed = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, check=False)
    return frozenset(re.findall(r"^ [VAS][A-Z.]{5} ([\w-]+)", listed.stdout, re.MULTILINE))


def feed(command: Sequence[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Runs ffmpeg with pieces on its standard input; raises MachineError, with its last words, where it fails."""
    with tempfile.TemporaryFile() as messages:
        process = _start([ffmpeg(), *QUIET, *command], messages.fileno())
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # why it ended early is asked below
                for piece in pieces:
                    pipe.write(piece)
        except BaseException:
            process.kill()
            raise
        finally:
            status = process.wait()
        messages.seek(0)
        if status != 0:
            raise MachineError(f"ffmpeg failed ({status}): {last_line(messages.read())}")


def _start(command: Sequence[str], messages: int) -> subprocess.Popen[bytes]:
    """Starts ffmpeg, its standard input open and its words going to a file descriptor."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            env={**os.environ, "SVT_LOG": "1"},  # else its settings are the last words of a failure
            start_new_session=True,  # Ctrl-C is for whoever started it, who then ends it
        )
    except OSError as error:
        raise MachineError(f"ffmpeg cannot be started ({error.strerror})", "install imageio-ffmpeg again") from error


def last_line(output: bytes) -> str:
    """Returns the last line that ffmpeg printed."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
