"""Prints: drawn in tiles they are the picture drawn whole, and no seam, grain or bleed tells where a tile ended."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from PIL import Image

from render.errors import MachineError, UsageError
from render.film.preparing import prepare, redrawn
from render.film.prints import exposing, keeping, press
from render.film.prints.developing import Development, developed, linear
from render.film.prints.exposing import areas_of, expose
from render.film.prints.patches import lay, lettered, patches
from render.film.prints.plate import Plate, enlarged, plate_for, reduction
from render.film.words.ground import Dress
from render.film.words.overlay import Words, draw_words, sheet_of
from render.film.words.wording import caption_of
from render.landscape import ready
from render.progress import Reporter
from render.scene.printing import PrintRequest, print_of
from render.stage.body.refine import refined
from render.stage.colour import light_of, linear_of
from render.stage.lens.lens import Exposure, Lens, develop, halo, lens_of
from render.stage.lens.tiles import CanvasBox, CanvasTile, tiles
from render.works.bench import Bench
from render.works.order import Order
from render.works.print_work import print_work
from tests.exr import read_exr
from tests.test_drawing_ready import BOWL, WAY, home, scene_of, written  # noqa: F401

SILENT = Reporter.silent()
SIZE = (320, 210)
SMALL = 64 + 2 * exposing.MARGIN  # pixels of a tile
QUIET = ("look.grain=0",)


@pytest.fixture
def scene(home, graphics):  # noqa: F811
    """A bowl with a path in a file."""
    return scene_of(home, written(home, **WAY), extra=QUIET)


def printed(size=SIZE, bleed=None, depth=8):
    return print_of(PrintRequest("{}x{}px".format(*size), 300, bleed, depth), SIZE)


def plated(take, made, most, tmp_path, *, key="a", reporter=None):
    """Returns a plate of a take at the end of its shot, in memory; what was kept of it is gone."""
    with plate_for(made.size, tmp_path / "print.png", key, press.further_of(take.look)) as made_plate:
        expose(made_plate, take, 2.0, made, reporter or Reporter.silent(), most)
        copied = replace(made_plate, light=made_plate.light.copy(), glow=made_plate.glow.copy(), kept=None)
    keeping.discard(tmp_path / "print.png")
    return copied


def codes(of, lens, depth=8, seed=1, ground=None):
    return np.concatenate(list(developed(of, Development(lens, seed, depth, ground=ground))))


def ground_of(take):
    return tuple(linear_of(take.look.background.colour))


def exposed(light, glow, cover):
    return Exposure(light, torch.zeros(3), torch.ones(light.shape[1:]), cover, glow, cover)


def taken_for(scene, size=SIZE):
    shot = scene.shots[0]
    found = [ready.load(scene.surfaces[name]) for name in shot.surfaces]
    return prepare(shot, scene.look, found, size[0] / len(found) / size[1], together=len(found) < 2)


@pytest.mark.slow
def test_tiled_equals_whole(scene, tmp_path):
    take = taken_for(scene)
    lens = lens_of(take.look)
    tiled = codes(plated(take, printed(), SMALL, tmp_path), lens, ground=ground_of(take)).astype(int)
    stage = take.stage((0,), SIZE, exposing.FINE)
    stage.show_paths([take.trails(take.panels[0], 2.0)])
    whole = develop([stage.expose(take.view(2.0))], lens, 1).numpy().astype(int)
    stage.close()
    apart = np.abs(tiled - whole).max(axis=2)
    assert apart.max() <= 1, np.unique(apart, return_counts=True)
    assert whole.std() > 20


@pytest.mark.slow
def test_grain_and_dither_know_nothing_of_tiles_and_bands(scene, tmp_path, monkeypatch):
    take = taken_for(scene)
    lens = replace(lens_of(take.look), grain=0.05)
    first = codes(plated(take, printed(), SMALL, tmp_path), lens, 16, ground=ground_of(take))
    monkeypatch.setattr("render.film.prints.developing.PIXELS", 7 * SIZE[0])
    second = codes(plated(take, printed(), 150, tmp_path), lens, 16, ground=ground_of(take))
    apart = np.abs(first.astype(int) - second) / 257
    assert apart.max() <= 1 and first.std() > 3000
    third = codes(plated(take, printed(), 150, tmp_path), lens, 16, seed=2, ground=ground_of(take))
    assert (third != second).mean() > 0.9


@pytest.mark.slow
def test_the_bleed_adds_a_rim_and_changes_nothing_within(scene, tmp_path):
    take = taken_for(scene)
    plain = plated(take, printed(), 150, tmp_path)
    bled = plated(take, printed(bleed="10px"), 150, tmp_path)
    assert bled.size == (SIZE[0] + 20, SIZE[1] + 20)
    np.testing.assert_allclose(bled.light[:3, 10:-10, 10:-10], plain.light[:3], atol=5e-3)
    assert bled.light[:3, :10].min() > 0  # the ground goes on


@pytest.mark.slow
def test_panels_share_a_sheet_and_its_bleed(home, graphics, tmp_path):  # noqa: F811
    scene = scene_of(home, written(home, **WAY), written(home, "b.npz", BOWL[::-1].copy()), extra=QUIET)
    take = taken_for(scene)
    areas = areas_of(printed(bleed="10px"), 2)
    assert areas[0] == (CanvasBox(0, 0, 170, 230), CanvasBox(10, 10, 170, 220))
    assert areas[1] == (CanvasBox(170, 0, 340, 230), CanvasBox(170, 10, 330, 220))
    tiled = codes(plated(take, printed(), SMALL, tmp_path), lens_of(take.look), ground=ground_of(take)).astype(int)
    seen = []
    for number, panel in enumerate(take.panels):
        stage = take.stage((number,), (SIZE[0] // 2, SIZE[1]), exposing.FINE)
        stage.show_paths([take.trails(panel, 2.0)])
        seen.append(stage.expose(take.view(2.0)))
        stage.close()
    whole = develop(seen, lens_of(take.look), 1).numpy().astype(int)
    apart = np.abs(tiled - whole)
    assert apart.max() <= 1, np.argwhere(apart > 1)[:12].tolist()


def test_an_empty_tile_that_should_not_be_empty_is_no_print(scene, tmp_path, monkeypatch):
    take = taken_for(scene)
    stage_of, calls = exposing._stage, []

    @dataclass
    class Failing:
        stage: object

        def expose(self, view, crop, **more):
            found = self.stage.expose(view, crop, **more)
            if len(calls) == 7:
                found = replace(found, cover=torch.zeros_like(found.cover))
            calls.append(crop)
            return found

        def close(self):
            self.stage.close()

    monkeypatch.setattr(exposing, "_stage", lambda *of: Failing(stage_of(*of)))
    with pytest.raises(MachineError, match="returned an empty tile where the print has something"):
        plated(take, printed(), SMALL, tmp_path)


def test_glow_is_gathered_as_means_of_squares():
    glow = torch.rand(3, 37, 53)
    one = Plate(np.zeros((4, 37, 53), np.float32), np.zeros((3, 10, 14), np.float32), 4)
    for tile in tiles(CanvasBox(0, 0, 53, 37), 12, 1):
        around = torch.nn.functional.pad(glow, (1, 60, 1, 60))
        rows, columns = (slice(part.start + 1, part.stop + 1) for part in tile.drawn.slices)
        shown = around[:, rows, columns]
        one.put(tile, exposed(shown, shown, torch.ones(shown.shape[1:])))
    padded = torch.nn.functional.pad(glow, (0, 3, 0, 3))
    np.testing.assert_allclose(one.glow, torch.nn.functional.avg_pool2d(padded, 4).numpy(), rtol=1e-5)
    np.testing.assert_array_equal(one.light[:3], glow.numpy())


def test_bands_of_an_enlargement_are_those_of_the_whole():
    coarse = torch.rand(3, 11, 9)
    whole = torch.nn.functional.interpolate(coarse[None], scale_factor=4.0, mode="bilinear", align_corners=False)[0]
    parts = [enlarged(coarse, range(top, min(42, top + 5)), 4, 33) for top in range(0, 42, 5)]
    np.testing.assert_allclose(torch.cat(parts, 1), whole[:, :42, :33], atol=1e-6)


@pytest.mark.slow
def test_haloes_of_coarse_glow_are_those_of_fine_glow():
    assert [reduction(rows) for rows in (1080, 5999, 6000, 7016, 16_384)] == [1, 1, 2, 2, 4]
    shining = torch.zeros(3, 6000, 64)
    shining[:, 2001:2014, 16:48] = 4.0  # a line as wide as a path is, in a print of as few rows as are coarser
    fine = halo(shining)
    means = torch.nn.functional.avg_pool2d(shining[None], 2)[0]
    coarse = enlarged(halo(means), range(6000), 2, 64)
    assert float((coarse - fine).abs().max()) < 0.005 * float(fine.max())
    assert float(fine.max()) > 0.1


def test_straight_alpha_over_any_ground_is_the_light_over_that_ground():
    """Of what does not glow: over black it is the toned light, over another ground the ground shows through."""
    height, width = 8, 16
    alpha = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (height, width))
    light = np.stack([*(alpha * np.float32(share) for share in (0.2, 0.4, 0.1)), alpha, alpha])
    one = Plate(light, np.zeros((3, height, width), np.float32), 1, ("alpha", "own"))
    bare = Lens(1.0, 0.0, 0.0)
    made = codes(one, bare, 16) / 65535
    solid = (
        codes(replace(one, light=light[:, :, -1:].copy(), glow=one.glow[:, :, -1:].copy()), bare, 16, ground=(0, 0, 0))
        / 65535
    )
    np.testing.assert_allclose(made[..., 3], alpha, atol=1e-4)
    for ground in (0.0, 0.5, 1.0):
        over = made[..., :3] * made[..., 3:] + ground * (1 - made[..., 3:])
        np.testing.assert_allclose(over, solid * alpha[..., None] + ground * (1 - alpha[..., None]), atol=2e-4)


def test_a_halo_beyond_the_object_covers_what_it_outshines():
    shining = np.zeros((3, 64, 64), np.float32)
    shining[:, 30:34, 30:34] = 5.0
    lens = Lens(1.0, 0.0, 0.0)
    dark = Plate(np.zeros((5, 64, 64), np.float32), shining, 1, ("alpha", "own"))
    opaque, straight = (codes(dark, lens, 16, ground=ground) / 65535 for ground in ((0, 0, 0), None))
    shown = light_of(straight[..., :3]) * straight[..., 3:]
    np.testing.assert_allclose(shown, light_of(opaque), atol=2e-3)
    assert straight[32, 40, 3] > straight[32, 60, 3] and straight[0, 0, 3] < 0.05


def write(pixels):
    sheet = sheet_of((pixels.shape[1], pixels.shape[0]))
    return draw_words(pixels, Words("Descent", "log height · clipped at 99.7 %"), Dress("#c8a070"), sheet)


def test_words_on_bands_are_words_on_the_whole():
    size = 640, 400
    ground = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    values = torch.from_numpy(ground.astype(np.float32) / 255).permute(2, 0, 1).contiguous()
    ink = patches(write, size)
    laid = torch.cat(
        [lay(ink, values[:, top : top + 17].clone(), range(top, top + 17)) for top in range(0, 400, 17)], 1
    )
    shown = np.rint(laid.permute(1, 2, 0).numpy() * 255)
    expected = write(ground)
    assert np.abs(shown - expected).max() <= 2 and (expected != ground).any()
    assert ink[0].top > 200 and sum(patch.black.size for patch in ink) < 3 * 640 * 200


def test_words_stand_on_a_picture_without_a_ground():
    pixels = np.zeros((400, 640, 4), np.uint8)
    pixels[:, :100] = (10, 200, 90, 255)
    made = lettered(pixels, write)
    opaque = write(np.ascontiguousarray(pixels[..., :3]))
    apart = np.abs(made[:, :100, :3].astype(int) - opaque[:, :100])  # of codes 10 in the dark, where light has no steps
    assert apart.max() <= 4 and (apart > 2).mean() < 1e-3
    assert (made[:, :100, 3] == 255).all()
    bare = made[:, 100:].astype(float)
    assert 150 < bare[..., 3].max() <= 255 and (bare[:100, :, 3] == 0).all()
    solid = bare[bare[..., 3] > 140]
    np.testing.assert_allclose(solid[:, :3], np.broadcast_to((200, 160, 112), solid[:, :3].shape), atol=4)


def test_a_finer_relief_is_told_of(scene):
    take = taken_for(scene)
    assert "refined" not in caption_of(scene, take)
    finer = redrawn(take, [refined(take.panels[0].relief, 3)])
    assert "refined ×3 for drawing" in caption_of(scene, finer)
    assert "contours smoothed over 0.4 cells" in caption_of(scene, finer)
    assert finer.drawing.refined == 3 and len(finer.panels[0].walks) == len(take.panels[0].walks)


@pytest.mark.slow
def test_a_print_is_made_once_and_tells_what_it_is(scene, tmp_path):
    order = Order(scene, "final", tmp_path)
    work, first, second = (print_work(order, "given", PrintRequest("8x6cm", 100, "3mm")), *map(Bench, [SILENT, SILENT]))
    made = first.obtain(work)
    assert made.path == tmp_path / "stills" / "given.8x6cm-100dpi.png" and not first.was_there(work)
    assert second.obtain(work).record == made.record and second.was_there(work)
    assert not list(tmp_path.glob("stills/*.plate"))
    with Image.open(made.path) as read:
        assert read.size == (315 + 24, 236 + 24) and read.info["dpi"] == pytest.approx((100, 100), abs=0.01)
        assert read.text["Title"] == "Given" and "linear height" in read.text["Description"]
    told = json.loads((tmp_path / "stills" / "given.8x6cm-100dpi.png.json").read_text())
    assert told["print"]["millimetres"] == [80.01, 59.94] and told["print"]["bleed"] == 12
    assert told["refined"] > 1 and f"refined ×{told['refined']} for drawing" in told["caption"]
    without = print_work(Order(scene, "final", tmp_path, metadata=False), "given", PrintRequest("8x6cm", 100, "3mm"))
    bare = Bench(SILENT).obtain(without)
    with Image.open(bare.path) as read:
        assert not read.text
    before = made.path.read_bytes()
    Bench(SILENT).obtain(print_work(order, "given", PrintRequest("8x6cm", 100, "0")))
    assert made.path.read_bytes() != before


def test_a_linear_print_is_the_light_with_its_haloes(scene, tmp_path):
    pytest.importorskip("OpenImageIO")
    made = Bench(SILENT).obtain(
        print_work(Order(scene, "final", tmp_path), "given", PrintRequest(format="exr", depth=32))
    )
    assert made.path.name == "given.exr"
    read = read_exr(made.path)
    assert set(read) == {"R", "G", "B"} and read["R"].shape == (90, 160)
    own = print_of(PrintRequest(), (160, 90))
    take = press.in_linear_light(press.refined_for(taken_for(scene, (160, 90)), 2.0, own))
    one = plated(take, own, exposing.MOST_SIDE, tmp_path)
    expected = np.concatenate(list(linear(one, lens_of(take.look))))
    np.testing.assert_allclose(np.stack([read[name] for name in "RGB"], -1), expected, rtol=1e-6)


def test_a_print_larger_than_the_disk_is_refused_before_the_work(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(press.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 30}))
    order = Order(scene, "final", tmp_path)
    with pytest.raises(MachineError, match=r"can need 7\.0 GB and 1\.1 GB are free; make room") as error:
        print_work(order, "given", PrintRequest("16384x16384px")).look_ahead(SILENT.say)
    assert error.value.exit_code == 4 and not list(tmp_path.glob("stills/*"))
    print_work(order, "given", PrintRequest("A5")).look_ahead(SILENT.say)
    with pytest.raises(UsageError, match="--print A9"):
        print_work(order, "given", PrintRequest("A9"))


def test_a_plate_that_finds_no_room_is_a_sentence(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeping.os, "posix_fallocate", full)
    with pytest.raises(MachineError, match="the disk is full"), plate_for((64, 64), tmp_path / "p.png"):
        pass


def test_a_tile_lays_down_only_what_it_keeps():
    one = Plate(np.zeros((4, 10, 10), np.float32), np.zeros((3, 10, 10), np.float32), 1)
    ones = torch.ones(3, 6, 6)
    one.put(CanvasTile(CanvasBox(2, 3, 6, 7), CanvasBox(1, 2, 7, 8)), exposed(ones, 0 * ones, ones[0]))
    assert one.light[:3].sum() == 48 and one.light[:3, 3:7, 2:6].all()
