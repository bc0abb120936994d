"""Layers of a film: passes add up to its frames, mattes part them, and words laid on their plates are the frames."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation, maximum_filter
from typer.testing import CliRunner

from render.cli import app
from render.film.compositing import layered, layering
from render.film.compositing.layered import MOST_SIDE, parts_of
from render.film.compositing.lettered_apart import plate_of, words_apart
from render.film.compositing.mattes import codes
from render.film.framefile import read_picture
from render.film.words import ink
from render.progress import Reporter
from render.scene.language.load import load
from render.scene.outputs import LAYERS, files_of
from render.scene.quality import apply_quality
from render.stage.colour import light_of, srgb_of
from render.stage.lens.tiles import CanvasBox
from render.works.bench import Bench
from render.works.encoding_cost import LAYERS as COSTS
from render.works.layers_work import layers_ready
from render.works.of_scene import films_of
from render.works.order import Order
from tests.exr import read_exr
from tests.faults import seem_slow
from tests.test_drawing_ready import BOWL, WAY, written

runner = CliRunner()
MATTES = ("path", "body", "ground", "shadow", "words")
PLAIN = "transform: standard, bloom: 0, vignette: 0, grain: 0, exposure: 0.5, sun: {elevation: 20}, air: {focus: 0}"
SCENE = """\
thalweg: 1
title: Given
look: {{{look}}}
surfaces:
  a: {{source: {{surface: a.npz}}}}
  b: {{source: {{surface: b.npz}}}}
shots:
  - {{surface: a, duration: 1s, name: one{more}}}
  - {{surface: b, duration: 1s, name: two}}
films:
  f: {{size: [160, 90], fps: 2, {film}outputs: [{outputs}]}}
"""
ALL = ", ".join(["passes", *(f"{{kind: matte, of: {each}}}" for each in MATTES), "{kind: plate, depth: 8}"])


def scene_in(folder, outputs=ALL + ", {kind: png, depth: 8}", look=PLAIN, more="", film=""):
    steep = 4 * BOWL + np.sin(np.linspace(0, 12, BOWL.shape[1])) ** 2
    for name, values in (("a.npz", steep), ("b.npz", BOWL)):
        if not (folder / name).exists():
            written(folder, name, values, **WAY)
    path = folder / "scene.yaml"
    path.write_text(SCENE.format(look=look, outputs=outputs, more=more, film=film), encoding="utf-8")
    return path


def command(*words, code=0):
    done = runner.invoke(app, [str(word) for word in words])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout


def film(folder, *words, code=0):
    told = command("film", "scene.yaml", "--out", folder, "--json", *words, code=code)
    return json.loads(told)["results"]


@pytest.fixture(scope="module")
def made(graphics, tmp_path_factory):
    """A folder in which a film of four frames was made in all of its layers."""
    pytest.importorskip("OpenImageIO")
    folder = tmp_path_factory.mktemp("compositing")
    scene_in(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        film("output")
    return folder


@pytest.fixture
def copy(made, tmp_path, monkeypatch):
    """A copy of that folder, to be spoilt."""
    shutil.copytree(made, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


def grey(path):
    pixels = np.asarray(Image.open(path))
    return pixels / np.float64(255 if pixels.dtype == np.uint8 else 65_535)


def layers_of(made, number):
    films = made / "output/films"
    mattes = {each: grey(films / f"f.matte-{each}/{number:06d}.png") for each in MATTES if each != "words"}
    return read_exr(films / f"f.passes/{number:06d}.exr"), mattes


def colour(read, layer):
    return np.stack([read[f"{layer}.{letter}"] for letter in "RGB"], axis=-1)


def added(read):
    falling = sum(colour(read, name) for name in ("sun", "sky", "bounce", "lamp"))
    rest = sum(colour(read, name) for name in ("gloss", "path", "ground", "rest"))
    return colour(read, "albedo") * falling + rest


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.glob("films/*/*"))}


@pytest.mark.slow
def test_the_sum_of_the_passes_is_the_frame_where_no_lens_and_no_path_has_changed_it(made):
    for number in range(4):
        read, mattes = layers_of(made, number)
        light = added(read)
        np.testing.assert_allclose(light, np.stack([read[letter] for letter in "RGB"], axis=-1), atol=1e-5)
        plate = read_picture(made / f"output/films/f.plate/{number:06d}.png") / 255
        apart = np.abs(srgb_of(np.clip(light, 0, 1)) - plate).max(axis=2)
        beside = binary_dilation(mattes["path"] > 0, iterations=2)
        bright = maximum_filter(light.max(axis=2), 5) > 0.75  # some of its sub-pixels may be brighter than white
        plain = ~beside & ~bright
        assert plain.mean() > 0.9
        assert apart[plain].max() <= 1 / 255 + 1e-6


@pytest.mark.slow
def test_mattes_part_the_frame_and_shadow_lies_on_the_body(made):
    shaded = []
    for number in range(4):
        read, mattes = layers_of(made, number)
        whole = mattes["path"] + mattes["body"] + mattes["ground"]
        np.testing.assert_allclose(whole, 1, atol=1.5 / 65_535)
        name, other = "ab" if number < 2 else "ba"
        assert not read[f"matte_body_{other}.V"].any()
        np.testing.assert_allclose(mattes["body"], read[f"matte_body_{name}.V"], atol=1 / 65_535)
        np.testing.assert_allclose(mattes["path"], read["matte_path.V"], atol=1 / 65_535)
        assert (mattes["shadow"] <= mattes["body"] + 1 / 65_535).all()
        shaded.append((mattes["shadow"] > 0.95).mean())
        dark = mattes["shadow"] > 0.999
        assert not colour(read, "sun")[dark].max(initial=0) > 5e-3
    assert max(shaded) > 0.01  # the waves of the first surface throw some


@pytest.mark.slow
def test_words_laid_on_the_plates_are_the_frames(made):
    for number in range(4):
        plate, frame = (
            read_picture(made / f"output/films/f.{each}/{number:06d}.png") / 255 for each in ("plate", "png")
        )
        words = read_picture(made / f"output/films/f.matte-words/{number:06d}.png") / 65_535
        alpha = words[..., 3:]
        assert (frame != plate).any() and (alpha == 0).mean() > 0.5
        laid = srgb_of(light_of(words[..., :3]) * alpha + light_of(plate) * (1 - alpha))
        assert np.abs(np.rint(255 * laid) - 255 * frame).max() < 1.01
        assert not words[..., :3][alpha[..., 0] == 0].any()


@pytest.mark.slow
def test_numbers_and_records_are_those_of_the_film(made):
    for each in ("passes", "plate", *(f"matte-{name}" for name in MATTES)):
        folder = made / f"output/films/f.{each}"
        ending = "exr" if each == "passes" else "png"
        assert sorted(path.name for path in folder.iterdir()) == [f"{number:06d}.{ending}" for number in range(4)]
        told = json.loads((made / f"output/films/f.{each}.json").read_text(encoding="utf-8"))
        assert (told["frames"], told["fps"], told["size"]) == (4, 2.0, [160, 90])
    told = json.loads((made / "output/films/f.passes.json").read_text(encoding="utf-8"))
    read, _ = layers_of(made, 0)
    assert told["passes"] == list(read) and told["sum"].startswith("R, G, B = albedo * (sun")


@pytest.mark.slow
def test_one_picture_that_is_lost_and_one_whose_byte_is_flipped_are_drawn_again_alone(copy):
    before = contents(copy / "output")
    times = {path: path.stat().st_mtime_ns for path in copy.glob("output/films/*/*")}
    lost, spoilt = copy / "output/films/f.passes/000001.exr", copy / "output/films/f.matte-shadow/000002.png"
    lost.unlink()
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    told = command("verify", "scene.yaml", "--out", "output", code=5)
    assert "f.matte-shadow: damaged" in told and "f.passes: damaged" in told
    assert "f.final.layers: damaged (2 of 28: f.passes/000001.exr, f.matte-shadow/000002.png)" in told
    assert all(item["state"] != "missing" for item in film("output") if "state" in item)
    assert contents(copy / "output") == before
    fresh = {path for path in copy.glob("output/films/*/*") if path.stat().st_mtime_ns != times[path]}
    assert fresh == {lost, spoilt}
    assert all(item["reused"] for item in film("output"))
    command("verify", "scene.yaml", "--out", "output")


@pytest.mark.slow
def test_plan_verify_and_clean_know_them(copy):
    assert "nothing" in command("plan", "scene.yaml", "--out", "output").lower()
    assert command("clean", "scene.yaml", "--out", "output") == "1 scenes ask for all there is\n"
    order = Order(load(copy / "scene.yaml"), "final", Path("output"))
    assert {work.state().state for work in films_of(order)} == {"whole"}
    for path in copy.glob("output/films/f.passes/*"):
        path.unlink()
    assert "film f in layers: 4 frames" in command("plan", "scene.yaml", "--out", "output")
    scene_in(copy, "{kind: png, depth: 8}")
    told = command("clean", "scene.yaml", "--out", "output")
    assert "f.matte-words" in told and "f.final.layers" in told and "f.png" not in told


@pytest.mark.slow
def test_chosen_frames_and_shares_come_to_the_same_layers(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene_in(tmp_path)
    kinds = [(item["kind"], item["frames"]) for item in film("bare", "--frames", "1,3")]
    assert kinds == [("frames", 2), ("frames", 2)]
    assert sorted(path.name for path in tmp_path.glob("bare/films/f.matte-path/*")) == ["000001.png", "000003.png"]
    assert not list(tmp_path.glob("bare/films/*.json"))
    for share in ("1/2", "2/2", "1/2"):  # each work tells what is left for others, and is done when these are
        runner.invoke(app, ["film", "scene.yaml", "--out", "bare", "--shard", share])
    assert contents(tmp_path / "bare") == contents(made / "output")


@pytest.mark.slow
def test_two_processes_come_to_the_same_layers(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene_in(tmp_path)
    seem_slow(tmp_path / "bare")
    film("bare", "--workers", 2)
    assert contents(tmp_path / "bare") == contents(made / "output")
    damaged = tmp_path / "bare/films/f.matte-path/000001.png"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])  # as long as it was
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("bare/films/*/*")}
    film("bare", "--workers", 2)
    assert contents(tmp_path / "bare") == contents(made / "output")
    assert {path for path, time in times.items() if path.stat().st_mtime_ns != time} == {damaged}


@pytest.mark.slow
def test_layers_that_fail_are_tried_again_and_the_others_go_on(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene_in(tmp_path)
    draw, numbers, tries = layering.draw_frame, (1, 2), []

    def failing(draft, camera, number, times_asked):
        if number in numbers:
            tries.append(number)
            raise RuntimeError("the driver has lost its context")
        draw(draft, camera, number, times_asked)

    monkeypatch.setattr(layering, "draw_frame", failing)
    done = runner.invoke(app, ["film", "scene.yaml", "--out", "bare"])
    assert done.exit_code == 6 and sorted(tries) == sorted(2 * numbers)
    said = "layers of film f: 2 of 4 frames could not be drawn (1, 2: RuntimeError: the driver"
    assert said in " ".join(done.stderr.split())
    there = {path.name for path in tmp_path.glob("bare/films/f.matte-words/*")}
    assert there == {f"{number:06d}.png" for number in range(4) if number not in numbers}
    monkeypatch.setattr(layering, "draw_frame", draw)
    film("bare")
    assert contents(tmp_path / "bare") == contents(made / "output")


@pytest.mark.slow
def test_layers_of_which_a_second_interrupt_met_one_are_not_written(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene_in(tmp_path)
    work = films_of(Order(load(Path("scene.yaml")), "final", Path("bare")))[0].frames
    shooting = work.frames.shooting([Bench(Reporter.silent()).obtain(need) for need in work.needs], Reporter.silent())
    work.path.mkdir(parents=True)
    asked: list[int] = []
    planes = layered.LayerCamera.planes

    def interrupted(camera, place):
        asked.extend([1] * (place.number == 1) * 2)
        return planes(camera, place)

    monkeypatch.setattr(layered.LayerCamera, "planes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        layers_ready(work.frames, shooting, work.lacking()).draw(range(4), lambda count: None, lambda: len(asked))
    assert {path.name for path in tmp_path.glob("bare/films/*/*")} == {"000000.png", "000000.exr"}


@pytest.mark.slow
def test_layers_that_are_named_are_written_and_no_others(graphics, tmp_path, monkeypatch):
    pytest.importorskip("OpenImageIO")
    monkeypatch.chdir(tmp_path)
    scene_in(tmp_path, "{kind: passes, layers: [depth, mattes]}", film="shots: [one], ")
    film("output")
    read = read_exr(tmp_path / "output/films/f.passes/000001.exr")
    assert list(read) == ["R", "G", "B", "depth.Z", "matte_body_a.V", "matte_ground.V", "matte_path.V"]


@pytest.mark.slow
def test_pictures_side_by_side_and_a_shutter_have_their_mattes(graphics, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = ", ".join(f"{{kind: matte, of: {each}, depth: 8}}" for each in ("path", "body", "ground"))
    ride = ", beside: [b], camera: {kind: ride, blur: 0.5}"
    scene_in(tmp_path, outputs, more=ride, film="shots: [one], ")
    film("output")
    path, body, ground = (
        grey(tmp_path / f"output/films/f.matte-{each}/000001.png") for each in ("path", "body", "ground")
    )
    np.testing.assert_allclose(path + body + ground, 1, atol=1.01 / 255)
    assert body[:, :80].max() > 0.9 and body[:, 80:].max() > 0.9


@pytest.mark.slow
def test_words_of_a_dissolve_and_of_a_closing_card_are_those_of_the_frames(graphics, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outputs = "{kind: matte, of: words}, plate, png"
    path = scene_in(tmp_path, outputs, film="closing: 1s, ")
    path.write_text(path.read_text().replace("name: two", "name: two, transition: {kind: dissolve}"), encoding="utf-8")
    film("output")
    frames = len(list(tmp_path.glob("output/films/f.png/*")))
    assert frames == 5 == len(list(tmp_path.glob("output/films/f.matte-words/*")))
    for number in range(frames):
        plate, frame, words = (
            read_picture(tmp_path / f"output/films/f.{each}/{number:06d}.png") / 65_535
            for each in ("plate", "png", "matte-words")
        )
        alpha = words[..., 3:]
        laid = srgb_of(light_of(words[..., :3]) * alpha + light_of(plate) * (1 - alpha))
        assert np.abs(laid - frame).max() < 1 / 255


REFUSED = [  # what is asked, of which scene, and what is said
    ("passes", {"more": ", camera: {kind: orbit, blur: 0.5}"}, "shot 1 has camera.blur"),
    ("passes", {"more": ", camera: {kind: orbit, blur: {keys: [{t: 0s, v: 0}, {t: 1s, v: 1}]}}"}, "shot 1 has camera"),
    ("{kind: passes, size: [8192, 8192]}", {}, "passes of 8,192 × 8,192 pixels do not fit into memory"),
    ("{kind: matte, of: path, loop: true}", {}, "is checked of films"),
    ("{kind: plate, pad: '#000000'}", {}, "leave it out, since PNG and EXR can"),
    ("{kind: passes, layers: [deep]}", {}, '"deep" is not known; known here: depth, normal'),
    ("{kind: matte, of: sky}", {}, '"sky" is not known'),
    ("mattes", {}, '"mattes" is no output; did you mean matte?'),
    ("passes, passes", {}, "would be the same file as the output before it, f.passes"),
]


@pytest.mark.parametrize(("outputs", "scene", "said"), REFUSED)
def test_layers_that_cannot_be_are_a_sentence_with_its_place(tmp_path, outputs, scene, said):
    done = runner.invoke(app, ["check", str(scene_in(tmp_path, outputs, **scene))])
    told = [line for line in done.stderr.splitlines() if said in line]
    assert done.exit_code == 3 and len(told) == 1, done.stderr
    assert "scene.yaml:11:" in told[0] and "films.f.outputs." in told[0]


@pytest.mark.parametrize("manner", ["dissolve", "dip"])
def test_shots_that_run_into_each_other_have_words_and_no_passes(tmp_path, monkeypatch, manner):
    monkeypatch.chdir(tmp_path)
    path = scene_in(tmp_path, "passes, {kind: matte, of: body}, {kind: matte, of: words}, plate")
    path.write_text(path.read_text().replace("name: two", f"name: two, transition: {{kind: {manner}}}"))
    done = runner.invoke(app, ["check", str(path)])
    assert [line.split(": ")[1] for line in done.stderr.splitlines() if "begins with" in line] == [
        "films.f.outputs.0",
        "films.f.outputs.1",
    ]
    path.write_text(path.read_text().replace("fps: 2", "fps: 2, shots: [two]"))
    assert not runner.invoke(app, ["check", str(path)]).stderr


def test_every_layer_has_its_cost_and_its_name(tmp_path):
    assert set(LAYERS) == set(COSTS)
    film_of = apply_quality(load(scene_in(tmp_path)), "draft").films["f"]
    names = [file.file_name("f", ".draft") for file in files_of(film_of)]
    assert names == [
        "f.draft.passes",
        *(f"f.draft.matte-{each}" for each in MATTES),
        "f.draft.plate",
        "f.draft.png",
    ]


def test_words_apart_are_what_is_drawn_wherever_they_are_laid():
    rng = np.random.default_rng(3)
    spot = ink.Ink(np.arange(40), np.arange(40), np.linspace(0, 1, 40))

    def draw(pixels):
        made = pixels.copy()
        ink.shade(made, np.linspace(0, 0.6, 40), 0.0)
        ink.paint(made, spot, "#ff8000")
        ink.paint(made, spot.moved(0, 3).faded(0.004), "#ff8000")  # as thin as code by code
        return made

    plate = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
    words = words_apart(draw, plate, 16)
    assert words.shape == (40, 40, 4) and words.dtype == np.uint16
    values = words / 65_535
    alpha = values[..., 3:]
    laid = srgb_of(light_of(values[..., :3]) * alpha + light_of(plate / 255) * (1 - alpha))
    assert np.abs(laid * 255 - draw(plate)).max() < 1.6  # two roundings to 8 bits, one over the other


def test_plates_are_as_deep_as_they_are_asked_for():
    deep = np.full((4, 6, 3), 257 * 90, np.uint16)
    np.testing.assert_array_equal(plate_of(deep, 3, 8), np.full((4, 6, 3), 90, np.uint8))
    assert plate_of(deep, 3, 16) is deep
    half = plate_of(np.full((50, 60, 3), 257 * 90 + 128, np.uint16), 3, 8)
    assert set(np.unique(half)) == {90, 91}


def test_codes_of_mattes_are_shares_and_no_colours():
    np.testing.assert_array_equal(codes(np.array([[-0.1, 0.5, 2.0]]), 8)[..., 0], [[0, 128, 255]])
    assert codes(np.array([[1.0]]), 16)[0, 0, 0] == 65_535


def test_large_pictures_are_drawn_in_parts_that_cover_them():
    assert len(parts_of(CanvasBox(100, 0, 1060, 1080))) == 1
    area, seen = CanvasBox(0, 0, 4096, 2160), np.zeros((2160, 4096), int)
    for part in parts_of(area):
        seen[part.kept.slices] += 1
        assert max(part.drawn.size) <= MOST_SIDE
    assert (seen == 1).all()
