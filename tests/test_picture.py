"""Pictures: what the pixels must show whatever the driver, and golden frames of made-up surfaces."""

import numpy as np
import pytest
import torch
from PIL import Image

from render.scene.look import Look
from render.stage import camera, lens, relief
from render.stage.bake import Sun
from render.stage.geometry import GeometryPass, Kind
from render.stage.stage import Stage
from render.stage.trail import drape

SIZE = (320, 180)
AGREE = 6  # codes; a pixel that differs by more is off
OFF = 0.01  # share of pixels away from edges that may be off


def setting(loss: np.ndarray, name: str = "ember", **changes):
    steps = Look(name=name).relief
    made = relief.make(loss, steps, loss.shape[0] / loss.shape[1])
    look = Look(name=name, **changes).resolved
    path = drape(made, look.shape, np.linspace([-0.3, 0.25], [0.05, 0.0], 60), None, 0.5 * look.path.radius)
    return made, look, path


def shot(stage: Stage, azimuth: float = 200, seed: int = 1) -> np.ndarray:
    return stage.photograph(camera.standing(azimuth, 33, 1.9, np.array([0, 0, 0.1]), 30), seed)


@pytest.fixture
def staged(graphics, crater):
    stages = []

    def make(factor: int = 2, size=SIZE, loss=None, **changes):
        made, look, path = setting(crater if loss is None else loss, **changes)
        stages.append(Stage(made, look, Sun(120, 28, 2), size, factor))
        stages[-1].show_path(path.until(59.0))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def test_the_same_picture_has_the_same_bytes(staged):
    first, second = staged(), staged()
    np.testing.assert_array_equal(shot(first), shot(second))


def test_consecutive_frames_of_a_move_differ(staged):
    stage = staged()
    assert (shot(stage, 200) != shot(stage, 202)).mean() > 0.1


def test_a_longer_path_is_seen_at_once(staged, crater):
    stage = staged()
    _, _, path = setting(crater)
    stage.show_path(path.until(20.0))
    before = shot(stage)
    stage.show_path(path.until(59.0))
    after = shot(stage)
    stage.show_path(None)
    without = shot(stage)
    assert (before != after).any() and (without != before).any()
    assert after.astype(int).sum() > before.astype(int).sum() > without.astype(int).sum()


def test_the_background_is_not_flat_and_does_not_band(staged):
    stage = staged(size=(640, 360), grain=0.0)
    corner = shot(stage)[:60, :200].astype(int)
    assert len(np.unique(corner.reshape(-1, 3), axis=0)) > 3
    rows = corner.mean(axis=(1, 2))
    assert np.ptp(rows) > 0


def test_a_finer_picture_of_the_same_stage_has_the_same_mean(staged):
    means = [shot(staged(factor, grain=0.0)).mean(axis=(0, 1)) for factor in (1, 2, 4)]
    np.testing.assert_allclose(means[1], means[2], atol=1.0)
    np.testing.assert_allclose(means[0], means[2], atol=2.5)


def test_depth_read_back_is_where_the_geometry_is(graphics, crater):
    made, _, _ = setting(crater)
    from render.stage import mesh

    surface = mesh.terrain(made, "square")
    view = camera.standing(180, 50, 2, np.zeros(3), 30)
    drawing = GeometryPass(200, 160)
    drawing.put(Kind.TERRAIN, surface)
    seen = drawing.draw(view)
    drawing.close()
    rows, columns = np.nonzero(seen.kind == Kind.TERRAIN)
    right, up, forward = view.axes
    near, far, depth = seen.near, seen.far, seen.depth[rows, columns].astype(float)
    along = near * far / (far - depth * (far - near))
    tangent = np.tan(np.radians(15))
    x, y = ((columns + 0.5) / 200 * 2 - 1) * tangent * 200 / 160, (1 - (rows + 0.5) / 160 * 2) * tangent
    points = view.position + along[:, None] * (forward + x[:, None] * right + y[:, None] * up)
    ground = mesh.height_at(made, points[:, 0], points[:, 1])
    inner = (np.abs(points[:, 0]) < 0.45) & (np.abs(points[:, 1]) < 0.45 * made.depth)
    assert np.quantile(np.abs(ground - points[:, 2])[inner], 0.99) < 2e-3


def test_a_shadow_is_dark_but_never_black(staged, crater):
    pixels = shot(staged(grain=0.0, vignette=0.0))
    luminance = pixels.astype(float) @ [0.2126, 0.7152, 0.0722]
    assert luminance.max() > 150
    assert np.quantile(luminance, 0.01) > 1


def test_a_blur_keeps_the_light_and_its_place():
    image = torch.zeros(3, 200, 300)
    image[:, 90, 140] = 1.0
    for sigma in (1.0, 3.0, 9.0, 20.0):
        spread = lens.blur(image, sigma)
        assert abs(float(spread[0].sum()) - 1) < 0.02
        rows = (spread[0].sum(1) * torch.arange(200)).sum() / spread[0].sum()
        assert abs(float(rows) - 90) < 0.1
        deviation = torch.sqrt((spread[0].sum(1) * (torch.arange(200) - rows) ** 2).sum() / spread[0].sum())
        assert abs(float(deviation) / sigma - 1) < 0.2


def test_dither_keeps_a_mean_that_lies_between_two_codes():
    flat = torch.full((3, 300, 400), 0.0103)
    plain = lens.Lens(grain=0.0, vignette=0.0, bloom=0.0)
    codes = lens.develop(flat, torch.zeros_like(flat), plain, 5).numpy()
    assert len(np.unique(codes)) >= 2
    brighter = lens.develop(flat * 1.02, torch.zeros_like(flat), plain, 5).numpy()
    assert brighter.mean() > codes.mean()


@pytest.mark.parametrize("name", ["ember", "nocturne", "porcelain"])
def test_golden_frames(staged, name, request):
    compare_golden(shot(staged(factor=3, name=name, grain=0.0)), f"crater-{name}", request)


def test_golden_frame_of_a_square_with_cells_that_diverged(staged, crater, request):
    loss = crater.copy()
    loss[10:25, 70:100] = np.nan
    compare_golden(shot(staged(factor=3, loss=loss, shape="square", grain=0.0)), "square-diverged", request)


def compare_golden(pixels: np.ndarray, name: str, request) -> None:
    """Compares away from edges; on a failure reference, new and difference are written to tests/failures."""
    folder = request.path.parent
    reference_file = folder / "golden" / f"{name}.png"
    if request.config.getoption("--regenerate"):
        Image.fromarray(pixels).save(reference_file)
    reference = np.asarray(Image.open(reference_file))
    difference = np.abs(pixels.astype(int) - reference.astype(int)).max(axis=2)
    off = (difference > AGREE) & ~near_edges(reference)
    if off.mean() > OFF:
        failures = folder / "failures"
        failures.mkdir(exist_ok=True)
        pictures = {
            "reference": reference,
            "new": pixels,
            "difference": np.clip(difference * 8, 0, 255).astype(np.uint8),
        }
        for kind, picture in pictures.items():
            Image.fromarray(picture).save(failures / f"{name}.{kind}.png")
    assert off.mean() <= OFF, f"{off.mean():.1%} of the pixels differ; see tests/failures, or pass --regenerate"


def near_edges(picture: np.ndarray) -> np.ndarray:
    grey = picture.astype(float).mean(axis=2)
    low = np.minimum.reduce([np.roll(grey, (i, j), (0, 1)) for i in (-2, 0, 2) for j in (-2, 0, 2)])
    high = np.maximum.reduce([np.roll(grey, (i, j), (0, 1)) for i in (-2, 0, 2) for j in (-2, 0, 2)])
    return high - low > 24


def test_kernels_are_compiled_where_a_compiler_is_required(capsys):
    from render import compiler
    from tests.conftest import REQUIRED

    if compiler.strategy() == "eager" and "compiler" not in REQUIRED:
        pytest.skip("no C++ compiler was found")
    doubled = compiler.fuse(lambda x: torch.sin(x) * 2 + 1, "compiled")
    values = torch.linspace(0, 1, 1000)
    np.testing.assert_allclose(doubled(values), np.sin(values.numpy()) * 2 + 1, atol=1e-6)
    assert "could not be compiled" not in capsys.readouterr().err
