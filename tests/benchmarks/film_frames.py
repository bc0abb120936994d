"""What a film costs beside the stage's own pictures: keys, listing, words, saving; and two workers beside one.

    python tests/benchmarks/film_frames.py [--frames 16] [--size 1920 1080]

Beside each other in one run, medians of frames: the stage alone (a picture, nothing saved), the film (the same pictures
with words, kept and saved as frames), and the film again under another title, which draws none of them. Then the film,
and one in which the terrain rises, whose every frame is baked anew, by one process with all cores and by two: the whole
time, and that of a further frame, from the dates of the files of the later half, which leaves out how workers start.
Last, how long it takes to say which of 20,000 frames of a film are lacking. `--only` measures one of these three parts.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

SCENE = Path(__file__).parents[2] / "scenes" / "first-descent.yaml"
LISTED = 20_000  # frames
QUALITY = "final"
RISING = "look.relief.1.exaggeration={keys: [{t: 0s, v: 0.1}, {t: 8s, v: 0.34}]}"


def film(output: Path, size: tuple[int, int], frames: int, *changes: str, workers: int = 1):
    """Returns the frames of a film of the first scene as a work, and a bench."""
    from render.film.choice import FrameChoice
    from render.progress import Reporter
    from render.sampling.survey import Means
    from render.scene.language.load import load
    from render.scene.quality import apply_quality
    from render.works.bench import Bench
    from render.works.frames_work import FramesWork
    from render.works.order import Order

    scene = apply_quality(load(SCENE, [f"films.first-descent.size=[{size[0]}, {size[1]}]", *changes]), QUALITY)
    choice = FrameChoice(f"0-{frames - 1}" if frames else "")
    order = Order(scene, QUALITY, output, means=Means(workers=workers), choice=choice)
    return FramesWork(order, "first-descent"), Bench(Reporter.silent())


def seconds(act: Callable[[], object]) -> float:
    """Returns how long something takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def stage_alone(output: Path, size: tuple[int, int], frames: int) -> float:
    """Returns seconds for a picture of the stage, without words, the first one apart."""
    from render.film.timeline import Slice

    work, bench = film(output, size, frames)
    shooting = work.shooting([bench.obtain(need) for need in work.needs], bench.reporter)
    moments: list[Slice] = [work.programme.timeline.moment(0, number) for number in range(frames)]
    each = [seconds(lambda moment=moment: shooting.bare(moment)) for moment in moments]
    shooting.leave(())
    return statistics.median(each[1:])


def whole_film(output: Path, size: tuple[int, int], frames: int, *changes: str, workers: int = 1) -> float:
    """Returns seconds that all frames of a film take."""
    work, bench = film(output, size, frames, *changes, workers=workers)
    for need in work.needs:
        bench.obtain(need)
    return seconds(lambda: bench.obtain(work))


def dates(output: Path) -> list[float]:
    """Returns when each frame of the film was saved, seconds, in order."""
    return sorted(path.stat().st_mtime for path in output.glob("frames/*/*.png"))


def listing(output: Path) -> tuple[float, float]:
    """Returns seconds for saying which of many frames are lacking, of a new process's film and once more."""
    changes = (f'shots.0.duration="{LISTED}f"', "stills={}")
    work, _ = film(output, (320, 180), 0, *changes)
    first = seconds(lambda: (work.missing(), work.undrawn(work.wanted)))
    return first, seconds(lambda: (work.missing(), work.undrawn(work.wanted)))


def afresh(output: Path, size: tuple[int, int], frames: int, *changes: str, workers: int) -> float:
    """Returns seconds that all frames of a film take, of which none is kept."""
    for folder in ("frames", "pictures"):
        shutil.rmtree(output / folder, ignore_errors=True)
    return whole_film(output, size, frames, *changes, workers=workers)


def by_workers(output: Path, size: tuple[int, int], frames: int) -> None:
    """Prints what a film takes by one process with all cores and by two, which compile their kernels first."""
    for name, changes in {"plain": (), "rising terrain": (RISING,)}.items():
        ways = {}
        for workers in (1, 2):
            afresh(output, size, 4, *changes, workers=workers)
            whole, saved = afresh(output, size, frames, *changes, workers=workers), dates(output)
            ways[workers] = whole, (saved[-1] - saved[frames // 2]) / (frames - 1 - frames // 2)
        (one, each), (two, other) = ways[1], ways[2]
        print(f"{name}, {frames} frames: one process {one:.1f} s, two {two:.1f} s, {one / two:.2f} times as fast")
        print(f"{name}, a further frame: one process {each:.2f} s, two {other:.2f} s, {each / other:.2f} times as fast")


def beside_stage(output: Path, size: tuple[int, int], frames: int) -> None:
    """Prints what a frame takes of the stage alone, before and after, of a film, and of it under another title."""
    before = stage_alone(output, size, frames)
    each, again = (paced(output, size, frames, f"title={title}") for title in ("A title", "Another"))
    after = stage_alone(output, size, frames)
    alone = (before + after) / 2
    print(f"stage alone {before:.3f} and {after:.3f} s a picture")
    print(f"film {each:.3f} s a frame, {100 * (each / alone - 1):+.1f} %")
    print(f"under another title {again:.3f} s a frame, {alone / again:.1f} times as fast as drawing")


def paced(output: Path, size: tuple[int, int], frames: int, *changes: str) -> float:
    """Returns the median of seconds between two frames of a film."""
    whole_film(output, size, frames, *changes)
    return statistics.median(later - earlier for earlier, later in pairwise(dates(output)))


def listed(output: Path, *_: Any) -> None:
    """Prints how long it takes to say what is left of a long film."""
    first, later = listing(output)
    print(f"which of {LISTED:,} frames are lacking: {first:.2f} s, once more {later:.2f} s")


PARTS = {"stage": beside_stage, "workers": by_workers, "listing": listed}


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080])
    parser.add_argument("--only", choices=list(PARTS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in PARTS.items():
            if asked.only in (None, name):
                measure(Path(folder), (asked.size[0], asked.size[1]), asked.frames)


if __name__ == "__main__":
    main()
