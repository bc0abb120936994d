"""Drawing films: what is kept is not drawn again, and one process, several, shares and a failure come to one film."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.film import shooting
from render.film.choice import FrameChoice
from render.film.timeline import Timeline
from render.progress import Reporter
from render.sampling.team import processes
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.works import drawers
from render.works.bench import Bench
from render.works.frames_work import FramesWork
from render.works.of_scene import films_of
from render.works.order import Order
from tests.conftest import SCENE
from tests.faults import seem_slow

runner = CliRunner()
FILM = "films/first-descent.thumb.mp4"
FRAMES = "frames/first-descent.thumb"


def words(output: Path, *more: object, command: str = "film") -> list[str]:
    return [str(word) for word in (command, SCENE, "--quality", "thumb", "--out", output, *more)]


def film(output: Path, *more: object, code: int = 0, command: str = "film") -> list[dict]:
    done = runner.invoke(app, words(output, "--json", *more, command=command))
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return json.loads(done.stdout).get("results", [json.loads(done.stdout)])


def contents(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output / FRAMES).glob("*.png"))}


def pixels(output: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted((output / FRAMES).glob("*.png"))]


@pytest.fixture(scope="module")
def made(graphics, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("made")
    film(output)
    return output


@pytest.fixture
def copy(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / "output")
    return tmp_path / "output"


@pytest.fixture
def bare(made, tmp_path) -> Path:
    """The output of all that a film needs, without its pictures and frames."""
    shutil.copytree(made, tmp_path / "output", ignore=shutil.ignore_patterns("frames", "films", "pictures"))
    return tmp_path / "output"


@pytest.fixture
def drawn(monkeypatch) -> list[float]:
    """The times of the pictures that are drawn."""
    times: list[float] = []
    draw = shooting.bare_picture

    def watched(take, stages, time, seed=0, **more):
        times.append(time)
        return draw(take, stages, time, seed, **more)

    monkeypatch.setattr(shooting, "bare_picture", watched)
    return times


def test_another_title_draws_nothing_again(copy, drawn):
    before = contents(copy)
    film(copy, "--set", "title=Another")
    assert drawn == []
    assert all(before[name] != frame for name, frame in contents(copy).items())


@pytest.mark.parametrize(
    "track",
    [
        "look.furniture.legend={keys: [{t: 0s, v: false}, {t: 4s, v: true}]}",
        "look.words.title.place={keys: [{t: 0s, v: lower-left}, {t: 4s, v: upper-left}]}",
        "look.words.title.size={keys: [{t: 0s, v: 1}, {t: 3s, v: 1}, {t: 4s, v: 1.4}]}",
    ],
)
def test_words_that_change_in_time_are_written_on_the_same_pictures(copy, drawn, track):
    before = pixels(copy)
    film(copy, "--set", track)
    after = pixels(copy)
    assert drawn == []
    same = [bool((one == other).all()) for one, other in zip(before, after, strict=True)]
    times = [number * 8 / 12 for number in range(12)]
    assert [each for each, time in zip(same, times, strict=True) if time <= 3] == [True] * 5
    assert [each for each, time in zip(same, times, strict=True) if time >= 4] == [False] * 6


def test_a_colour_of_words_goes_from_key_to_key(copy):
    before = pixels(copy)
    film(copy, "--set", 'look.text={keys: [{t: 0s, v: "#ffffff"}, {t: 7s, v: "#ff0000", ease: linear}]}')
    changed = [frame[(frame != plain).any(-1)] for plain, frame in zip(before, pixels(copy), strict=True)]
    reds = [int(((colours[:, 0] > 120) & (colours[:, 1:] < 60).all(1)).sum()) for colours in changed]
    assert reds[0] == 0 < reds[-1]


def test_going_back_to_a_former_look_draws_nothing_again(copy, drawn):
    before = contents(copy)
    film(copy, "--set", "look.rim=0.9")
    assert len(set(drawn)) == 12
    drawn.clear()
    film(copy)
    assert drawn == []
    assert contents(copy) == before


def test_a_picture_that_has_lost_its_bytes_is_drawn_again(copy, drawn):
    before, victim = contents(copy), next((copy / "pictures").glob("*/*.png"))
    victim.write_bytes(bytes(len(victim.read_bytes())))
    shutil.rmtree(copy / FRAMES)
    (copy / FILM).unlink()
    film(copy)
    assert len(drawn) == 1
    assert contents(copy) == before


def test_frames_are_drawn_by_their_numbers_and_no_film_is_made(bare, drawn, made):
    [told] = film(bare, "--frames", "2-6:2,9")
    assert (told["kind"], sorted(contents(bare))) == ("frames", [f"{number:06d}.png" for number in (2, 4, 6, 9)])
    assert not (bare / FILM).exists()
    film(bare)
    assert contents(bare) == contents(made)


@pytest.mark.parametrize(
    ("outputs", "shown"),
    [
        ("[{kind: poster, at: 4s}]", [6]),
        ("[{kind: contact-sheet, frames: 3}, {kind: poster, at: 99s}]", [0, 6, 11]),
        ("[{kind: poster, at: 4s}, {kind: gif, size: [320, 320]}]", [6]),
    ],
)
def test_a_poster_and_a_sheet_alone_draw_the_frames_that_they_show_and_no_others(bare, made, outputs, shown):
    told = film(bare, "--set", f"films.first-descent.outputs={outputs}")
    assert all(Path(each["path"]).exists() for each in told)
    assert sorted(contents(bare)) == [f"{number:06d}.png" for number in shown]
    assert not any(each["reused"] for each in told)
    assert all(each["reused"] for each in film(bare, "--set", f"films.first-descent.outputs={outputs}"))
    before = contents(bare)
    film(bare)
    assert before.items() <= contents(bare).items() and len(contents(bare)) == 12


@pytest.mark.slow
def test_three_shares_come_to_the_same_film(bare, made):
    for share in ("1/3", "2/3"):
        film(bare, "--shard", share)
    assert not (bare / FILM).exists()
    film(bare, "--shard", "3/3")
    assert contents(bare) == contents(made)
    assert (bare / FILM).read_bytes() == (made / FILM).read_bytes()


@pytest.mark.slow
def test_two_processes_come_to_the_same_film(bare, made, monkeypatch):
    asked = []
    monkeypatch.setattr(drawers, "processes", lambda *them: asked.append(them[0]) or processes(*them))
    seem_slow(bare)
    film(bare, "--workers", 2)
    assert asked == [2]
    assert contents(bare) == contents(made)
    assert (bare / FILM).read_bytes() == (made / FILM).read_bytes()


def test_one_process_draws_a_film_that_is_done_before_workers_have_begun(bare, made, monkeypatch):
    monkeypatch.setattr(drawers, "processes", lambda *them: pytest.fail("workers were started"))
    done = runner.invoke(app, words(bare, "--workers", 2))
    assert "film first-descent: so few frames are drawn by one process as soon as by 2 workers" in done.stderr
    assert contents(bare) == contents(made)


@pytest.mark.parametrize("numbers", [(4,), (4, 5)])
def test_frames_that_fail_are_tried_again_and_the_others_go_on(bare, monkeypatch, made, numbers):
    draw, tries = shooting.bare_picture, []

    def failing(take, stages, time, seed=0, **more):
        if seed - 7 in numbers:  # the scene's own seed is 7
            tries.append(time)
            raise RuntimeError("the driver has lost its context")
        return draw(take, stages, time, seed, **more)

    monkeypatch.setattr(shooting, "bare_picture", failing)
    [told] = film(bare, code=6)
    assert len(tries) == 2 * len(numbers)
    listed = ", ".join(map(str, numbers))
    said = f"film first-descent: {len(numbers)} of 12 frames could not be drawn ({listed}: RuntimeError: the driver"
    assert told["error"].startswith(said)
    assert sorted(contents(bare)) == [f"{number:06d}.png" for number in range(12) if number not in numbers]
    monkeypatch.setattr(shooting, "bare_picture", draw)
    film(bare)
    assert contents(bare) == contents(made)


def test_an_errand_whose_every_frame_fails_tells_so_and_leaves_the_others_to_go_on(bare, monkeypatch):
    order = Order(apply_quality(load(SCENE), "thumb"), "thumb", bare)
    work, bench = FramesWork(order, "first-descent"), Bench(Reporter.silent())
    draft = work.draft(work.shooting([bench.obtain(need) for need in work.needs], Reporter.silent()))
    monkeypatch.setattr(shooting, "bare_picture", lambda *words, **named: 1 / 0)
    failed = draft.draw([4, 5, 7], lambda count: None, lambda: 0)
    assert sorted(failed) == [4, 5, 7]
    assert set(failed.values()) == {"ZeroDivisionError: division by zero"}


def test_a_sun_that_grows_makes_pictures_brighter_although_exposure_is_automatic(bare):
    track = "look.sun.strength={keys: [{t: 0s, v: 0.8}, {t: 8s, v: 3.2, ease: linear}]}"
    scene = apply_quality(load(SCENE, [track, "look.exposure=auto"]), "thumb")
    work, bench = FramesWork(Order(scene, "thumb", bare), "first-descent"), Bench(Reporter.silent())
    shot = work.shooting([bench.obtain(need) for need in work.needs], Reporter.silent())
    early, middle, late = (shot.bare(work.programme.timeline.moment(0, number)).mean() for number in (0, 6, 11))
    shot.leave(())
    assert 1.1 * early < middle and 1.05 * middle < late


def test_a_mistake_that_every_frame_meets_keeps_its_traceback(bare, monkeypatch):
    monkeypatch.setattr(shooting, "bare_picture", lambda *words, **named: 1 / 0)
    done = runner.invoke(app, ["film", str(SCENE), "--quality", "thumb", "--out", str(bare)])
    assert isinstance(done.exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--frames", "0-12"), "the film has no frame 12; its frames are 0 to 11"),
        (("--frames", "5-2"), "holds no frame"),
        (("--frames", "all"), "is no range; write it like 1-100:2,200"),
        (("--shots", "overview"), "the film has no shot overview; known here: 1"),
        (("--shard", "4/3"), "4/3 is none"),
        (("--shard", "1/3", "--workers", "2"), "exclude each other"),
    ],
)
def test_frames_that_a_film_does_not_have_are_a_usage_error(copy, words, said):
    [told] = film(copy, *words, code=2)
    assert said in told["error"]


def test_numbers_of_frames_are_those_of_the_films_own_rate(tmp_path):
    outputs = ["films.first-descent.outputs=[h264, {kind: gif, fps: 15}]"]
    scene = load(SCENE, outputs)
    for choice, rates in ((FrameChoice("0,200"), [None]), (FrameChoice("", ("1",)), [None, 15])):
        frames = films_of(Order(scene, "final", tmp_path, choice=choice))
        assert [work.fps for work in frames] == rates


def test_a_shot_is_chosen_by_its_name_or_by_its_number():
    from render.scene.shot import Shot

    shots = [Shot(surface="main", duration=1.0, name="overview"), Shot(surface="main", duration=2.0)]
    timeline = Timeline((1.0, 2.0), 10)
    assert FrameChoice("", ("overview",)).of(timeline, shots) == list(range(10))
    assert FrameChoice("", ("2",)).of(timeline, shots) == list(range(10, 30))
    assert FrameChoice("5-14", ("2",)).of(timeline, shots) == list(range(10, 15))
