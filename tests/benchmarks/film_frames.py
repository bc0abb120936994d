"""What a film costs beside the stage's own pictures: keys, listing, words, saving; and two workers beside one.

    python tests/benchmarks/film_frames.py [--frames 16] [--size 1920 1080]

Beside each other in one run, medians of frames: the stage alone (a picture, nothing saved), the film (the same pictures
with words, kept and saved as frames), and the film again under another title, which draws none of them. Then a film in
which the terrain rises, whose every frame is baked anew, by one process with all cores and by two. Last, how long it
takes to say which of 20,000 frames of a film are lacking.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SCENE = Path(__file__).parents[2] / "scenes" / "first-descent.yaml"
LISTED = 20_000  # frames
QUALITY = "final"


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


def listing(output: Path) -> tuple[float, float]:
    """Returns seconds for saying which of many frames are lacking, of a new process's film and once more."""
    changes = (f"shots.0.duration={LISTED / 30}s", "stills={}")
    work, _ = film(output, (320, 180), 0, *changes)
    first = seconds(lambda: (work.missing(), work.undrawn(work.wanted)))
    return first, seconds(lambda: (work.missing(), work.undrawn(work.wanted)))


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, nargs=2, default=[1920, 1080])
    asked = parser.parse_args()
    size = (asked.size[0], asked.size[1])
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        alone = stage_alone(output, size, asked.frames)
        few = whole_film(output, size, asked.frames // 2)
        shutil.rmtree(output / "frames")
        shutil.rmtree(output / "pictures")
        many = whole_film(output, size, asked.frames)
        each = (many - few) / (asked.frames - asked.frames // 2)
        print(f"stage alone {alone:.3f} s a picture; film {each:.3f} s a frame, {100 * (each / alone - 1):+.1f} %")
        again = whole_film(output, size, asked.frames, "title=Another title") / asked.frames
        print(f"under another title {again:.3f} s a frame, {alone / again:.1f} times as fast as drawing")
        rising = "look.relief.1.exaggeration={keys: [{t: 0s, v: 0.1}, {t: 8s, v: 0.34}]}"
        ways = {}
        for workers in (1, 2):
            shutil.rmtree(output / "frames", ignore_errors=True)
            shutil.rmtree(output / "pictures", ignore_errors=True)
            ways[workers] = whole_film(output, size, asked.frames, rising, workers=workers)
        print(f"rising terrain, {asked.frames} frames: one process {ways[1]:.1f} s, two {ways[2]:.1f} s", end="")
        print(f", {ways[1] / ways[2]:.2f} times as fast")
        first, later = listing(output)
        print(f"which of {LISTED:,} frames are lacking: {first:.2f} s, once more {later:.2f} s")


if __name__ == "__main__":
    main()
