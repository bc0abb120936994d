"""Seconds to encode 300 frames at 1920×1080, beside plain ffmpeg from PNG files, in the same run.

    python tests/benchmarks/encode_film.py [FRAMES] [--kinds h264,hevc] [--count 300]

FRAMES is a folder of PNG that a film has left; without it frames with grain are made up. They go to and fro until there
are enough. Ours decodes the PNG, feeds raw frames, looks for flashes, and decodes the film once more to read it back;
ffmpeg alone reads the files itself, by the same encoder and the same filters, and reads nothing back.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from render.film.encoders import encode
from render.film.encoders.container import yuv
from render.film.encoders.watching import watching
from render.film.ffmpeg import ffmpeg
from render.film.reel import reel_of
from render.scene.encoders import H264
from render.scene.outputs import KINDS

SIZE = (1920, 1080)
MADE_UP = 30  # frames
RATE = Fraction(30)


def made_up(folder: Path, count: int = MADE_UP, size: tuple[int, int] = SIZE) -> list[Path]:
    """Writes frames of a hill that turns, with grain, as a film leaves them."""
    width, height = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    noise = np.random.default_rng(0)
    paths = [folder / f"{index:06d}.png" for index in range(count)]
    for index, path in enumerate(paths):
        turn = index / 40
        hill = np.exp(-2 * ((x - 0.4 * np.cos(turn)) ** 2 + (y - 0.3 * np.sin(turn)) ** 2))
        lines = 0.15 * (np.sin(60 * hill) > 0.9)
        shade = np.stack([hill, hill**2 + lines, 0.3 + 0.2 * y + lines], axis=2) * 220
        grain = noise.normal(0, 2.5, (height, width, 1)).astype(np.float32)
        Image.fromarray((shade + grain).clip(0, 255).astype(np.uint8)).save(path, compress_level=1)
    return paths


def to_and_fro(paths: Sequence[Path], count: int) -> list[Path]:
    """Returns so many frames, forwards and backwards in turn."""
    there_and_back = [*paths, *paths[-2:0:-1]]
    return [there_and_back[index % len(there_and_back)] for index in range(count)]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Returns the seconds that pass, and those of all cores together, which others on the machine do not lengthen."""
    start, spent = time.perf_counter(), _spent()
    work()
    return time.perf_counter() - start, _spent() - spent


def _spent() -> float:
    users = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in users)


def ours(frames: Sequence[Path], target: Path, kind: str) -> None:
    """Makes a film by this program."""
    encode(watching(reel_of(frames, RATE), loop=False).watched, target, KINDS[kind]())


def plain(frames: Sequence[Path], target: Path) -> None:
    """Makes a film by ffmpeg alone, H.264, which reads the frames by their numbers."""
    with tempfile.TemporaryDirectory() as folder:
        for index, path in enumerate(frames):
            Path(folder, f"{index:06d}.png").symlink_to(path.resolve())
        settings = H264()
        command = [ffmpeg(), "-v", "error", "-y", "-framerate", str(RATE), "-i", f"{folder}/%06d.png"]
        command += ["-vf", yuv("yuv420p"), "-c:v", "libx264", "-crf", str(settings.crf), "-preset", settings.preset]
        subprocess.run([*command, str(target)], check=True)


def main() -> None:
    """Encodes and tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("frames", nargs="?", type=Path)
    parser.add_argument("--kinds", default="h264")
    parser.add_argument("--count", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        drawn = sorted(asked.frames.glob("[0-9]*.png")) if asked.frames else made_up(place)
        frames = to_and_fro(drawn, asked.count)
        with Image.open(frames[0]) as first:
            million = first.width * first.height / 1e6 * asked.count
        wall, cores = timed(lambda: plain(frames, place / "plain.mp4"))
        print(f"plain ffmpeg from PNG, x264 medium: {wall:.1f} s, {cores:.1f} s of all cores")
        for kind in asked.kinds.split(","):
            target = place / f"{kind}.{KINDS[kind].ending or 'folder'}"
            wall, cores = timed(partial(ours, frames, target, kind))
            files = target.iterdir() if target.is_dir() else [target]
            megabytes = sum(file.stat().st_size for file in files) / 1e6
            print(
                f"{kind}: {wall:.1f} s, {cores:.1f} s of all cores, {megabytes:.1f} MB; "
                f"of a million pixels {cores / million:.3f} s of all cores, {megabytes / million:.3f} MB"
            )


if __name__ == "__main__":
    main()
