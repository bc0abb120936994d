"""Pictures: what the pixels must show whatever the driver, and golden frames of made-up surfaces."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import maximum_filter

from render.scene.look import Look, preset_names
from render.stage import camera
from render.stage.body import mesh, relief
from render.stage.cast import Placed
from render.stage.lens import lens, tone
from render.stage.lens.lens import Exposure
from render.stage.light.bake import Sun
from render.stage.light.horizon import horizons
from render.stage.marks.trail import drape
from render.stage.stage import Stage
from render.stage.window.geometry import Geometry, GeometryPass, Kind

SIZE = (320, 180)
AGREE = 3  # codes; a pixel that differs by more is off
OFF = 0.02  # pixels away from edges that may be off, as a share of the object's
EDGE = 0.01  # picture widths; a step in depth between sub-pixels that is a silhouette
LOOKS = ["ember", "nocturne", "porcelain"]
SUN = Sun(120, 28, 2)
# Lines as wide in these small pictures as in large ones, and much bloom, or no golden frame would miss them.
GOLDEN = {"grain": 0.0, "bloom": 6.0, "contours": {"width": [8.0, 4.0]}, "path": {"width": [28.0, 12.0]}}
VIEW = camera.standing(200, 42, 1.35, np.array([0, 0, 0.06]), 30)  # the object fills the picture


@dataclass(frozen=True)
class Portrait:
    """A picture with what its pixels show."""

    pixels: np.ndarray  # (H, W, 3) uint8
    object: np.ndarray  # (H, W) bool
    edge: np.ndarray  # (H, W) bool, silhouettes and borders of the path, with the pixels around them


def portrait(stage: Stage) -> Portrait:
    pixels = stage.photograph(VIEW, 1)
    seen = stage._geometry.draw(VIEW)
    away = distance(seen, seen.depth.astype(float))
    edge = np.zeros(seen.kind.shape, bool)
    for axis in (0, 1):
        ends = [slice(None)] * 2
        for ends[axis] in (slice(1, None), slice(None, -1)):
            edge[tuple(ends)] |= (np.diff(seen.kind, axis=axis) != 0) | (np.abs(np.diff(away, axis=axis)) > EDGE)
    whole = (seen.kind > 0).reshape(SIZE[1], stage.factor, SIZE[0], stage.factor).any(axis=(1, 3))
    edge = edge.reshape(SIZE[1], stage.factor, SIZE[0], stage.factor).any(axis=(1, 3))
    return Portrait(pixels, whole, maximum_filter(edge, 3))


def distance(seen: Geometry, depth: np.ndarray) -> np.ndarray:
    """Returns how far ahead of the camera something lies, from its window depth."""
    return seen.near * seen.far / (seen.far - depth * (seen.far - seen.near))


def ground(seen: Geometry, view: camera.View) -> np.ndarray:
    """Returns the points (N, 3) that the pixels of the terrain show."""
    shape = seen.kind.shape
    rows, columns = np.nonzero(seen.kind == Kind.TERRAIN)
    right, up, forward = view.axes
    tangent = np.tan(np.radians(view.angle / 2))
    x, y = ((columns + 0.5) * 2 - shape[1]) / shape[0] * tangent, (1 - (rows + 0.5) / shape[0] * 2) * tangent
    along = distance(seen, seen.depth[rows, columns].astype(float))
    return view.position + along[:, None] * (forward + x[:, None] * right + y[:, None] * up)


def code(light: np.ndarray) -> np.ndarray:
    """Returns the code, not rounded, of linear light of a screen."""
    return 255 * tone.encoded(torch.as_tensor(light, dtype=torch.float64)).numpy()


def exposed(picture: torch.Tensor, glow: torch.Tensor | None = None) -> Exposure:
    """Returns a picture (3, H, W) as a whole exposure before nothing."""
    ones = torch.ones(picture.shape[1:])
    return Exposure(picture, torch.zeros(3), ones, ones, torch.zeros_like(picture) if glow is None else glow, ones)


def setting(loss: np.ndarray, name: str = "ember", **changes):
    steps = Look(name=name).steps
    made = relief.make(loss, steps, loss.shape[0] / loss.shape[1])
    look = Look(name=name, **changes).resolved
    path = drape(made, look.body, np.linspace([-0.3, 0.25], [0.05, 0.0], 60), None, 0.001)
    return made, look, path


def shot(stage: Stage, azimuth: float = 200, seed: int = 1) -> np.ndarray:
    return stage.photograph(camera.standing(azimuth, 33, 1.9, np.array([0, 0, 0.1]), 30), seed)


@pytest.fixture
def staged(graphics, crater):
    stages = []

    def make(factor: int = 2, size=SIZE, loss=None, sun=SUN, **changes):
        made, look, path = setting(crater if loss is None else loss, **changes)
        stages.append(Stage([Placed(made)], look, sun, size, factor))
        stages[-1].show_paths([[path.until(59.0)]])
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
    stage.show_paths([[path.until(20.0)]])
    before = shot(stage)
    stage.show_paths([[path.until(59.0)]])
    after = shot(stage)
    stage.show_paths([[]])
    without = shot(stage)
    assert (before != after).any() and (without != before).any()
    assert after.astype(int).sum() > before.astype(int).sum() > without.astype(int).sum()


def test_the_background_is_not_flat_and_does_not_band(staged):
    stage = staged(size=(640, 360), grain=0.0)
    corner = shot(stage)[:60, :200].astype(int)
    assert len(np.unique(corner.reshape(-1, 3), axis=0)) > 3
    rows = corner.mean(axis=(1, 2))
    assert np.ptp(rows) > 0


@pytest.mark.slow
def test_a_finer_picture_of_the_same_stage_has_the_same_mean(staged):
    means = [shot(staged(factor, grain=0.0)).mean(axis=(0, 1)) for factor in (1, 2, 4)]
    np.testing.assert_allclose(means[1], means[2], atol=1.0)
    np.testing.assert_allclose(means[0], means[2], atol=2.5)


def test_depth_read_back_is_where_the_geometry_is(graphics, crater):
    made, _, _ = setting(crater)
    view = camera.standing(180, 50, 2, np.zeros(3), 30)
    drawing = GeometryPass(200, 160)
    drawing.put("body", Kind.TERRAIN, mesh.terrain(made, "block"))
    points = ground(drawing.draw(view), view)
    drawing.close()
    inner = (np.abs(points[:, 0]) < 0.45) & (np.abs(points[:, 1]) < 0.45 * made.depth)
    error = np.abs(mesh.height_at(made, points[:, 0], points[:, 1]) - points[:, 2])
    assert np.quantile(error[inner], 0.99) < 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKS)
def test_a_shadow_is_dark_but_never_black(staged, crater, name):
    grey = {
        "transform": "filmic",
        "palette": [(0, "#808080"), (1, "#808080")],
        "contours": {"strength": 0},
        "walls": {"rim": 0, "bevel": 0},
    }
    grey |= {"transform": "standard", "exposure": 0.2, "material": {"index": 1.0}}
    stage = staged(factor=1, name=name, grain=0.0, vignette=0.0, bloom=0.0, **grey)
    stage.show_paths([[]])
    seen = stage._geometry.draw(VIEW)
    points, pixels = ground(seen, VIEW), stage.photograph(VIEW, 1)[seen.kind == Kind.TERRAIN]
    light = np.linspace(0, 4, 100_000)
    luminance = np.interp(pixels, code(light), light) @ [0.2126, 0.7152, 0.0722]
    made, look, _ = setting(crater, name)
    [horizon] = horizons(made, look.body, points, np.array([SUN.azimuth]))
    lit, dark = horizon < SUN.elevation - 2 * SUN.size, horizon > SUN.elevation + 2 * SUN.size
    share = luminance[dark] / np.median(luminance[lit])
    assert lit.sum() > 1000 and dark.sum() > 300
    assert 0.04 < np.median(share) < (0.5 if look.ground == "paper" else 0.3)  # paper throws light back
    assert share.min() > 0.02 and share.max() < 0.7


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


@pytest.mark.parametrize("light", [0.002, 0.0098, 0.01, 0.0103, 0.0107, 0.21])
def test_dither_keeps_a_mean_that_lies_between_two_codes(light):
    flat = torch.full((3, 300, 400), light)
    plain = lens.Lens(grain=0.0, vignette=0.0, bloom=0.0)
    codes = lens.develop([exposed(flat)], plain, 5).numpy()
    assert abs(codes.mean() - code(np.array(light))) < 0.01  # 12 standard errors of 360,000 codes that differ by 1


def golden(**changes) -> dict:
    """Returns the changes that every golden frame makes of its look, and more."""
    contours = {**GOLDEN["contours"], **changes.pop("contours", {})}
    return {**GOLDEN, **changes, "contours": contours}


@pytest.mark.parametrize("name", preset_names())
def test_golden_frames(staged, name, request):
    compare_golden(portrait(staged(factor=3, name=name, **golden())), f"crater-{name}", request)


def test_golden_frame_of_a_square_with_cells_that_diverged(staged, crater, request):
    loss = crater.copy()
    loss[10:25, 70:100] = np.nan
    compare_golden(portrait(staged(factor=3, loss=loss, **golden(body="block"))), "square-diverged", request)


CHANGES = {
    "contours off": lambda look: {"contours": {"strength": 0}},
    "rim lit": lambda look: {"rim": look.rim + 0.5},
    "bloom off": lambda look: {"bloom": 0.0},
    "sun moved by 10 degrees": lambda look: {"sun": Sun(SUN.azimuth + 10, SUN.elevation, SUN.size)},
}
SEEN = [
    (name, what) for name in LOOKS for what in CHANGES if name != "porcelain" or what not in ("bloom off", "rim lit")
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "what"), SEEN)
def test_a_golden_frame_would_show_a_change(staged, name, what):
    reference = portrait(staged(factor=3, name=name, **golden())).pixels
    changed = portrait(staged(factor=3, name=name, **golden(**CHANGES[what](Look(name=name)))))
    assert share_off(changed, reference) > 1.5 * OFF


def test_a_golden_frame_lets_a_few_codes_pass_and_edges_that_moved(staged):
    new, rng = portrait(staged(factor=3, **golden())), np.random.default_rng(0)
    noise = rng.integers(-AGREE, AGREE + 1, new.pixels.shape)
    noise[rng.random(new.object.shape) < 0.5 * OFF] = 20
    noise[new.edge] = 50
    assert share_off(new, new.pixels) == 0
    assert 0 < share_off(new, np.clip(new.pixels + noise, 0, 255)) <= OFF


def test_most_of_a_golden_frame_is_compared(staged):
    new = portrait(staged(factor=3, **golden()))
    assert new.object.mean() > 0.6
    assert (new.object & ~new.edge).sum() > 0.8 * new.object.sum()


def compare_golden(new: Portrait, name: str, request) -> None:
    """Compares away from edges; on a failure reference, new and difference are written to tests/failures."""
    folder = request.path.parent
    reference_file = folder / "golden" / f"{name}.png"
    if request.config.getoption("--regenerate"):
        Image.fromarray(new.pixels).save(reference_file, optimize=True)
    reference = np.asarray(Image.open(reference_file))
    share = share_off(new, reference)
    if share > OFF:
        failures = folder / "failures"
        failures.mkdir(exist_ok=True)
        difference = np.clip(difference_of(new, reference) * 8, 0, 255).astype(np.uint8)
        for kind, picture in {"reference": reference, "new": new.pixels, "difference": difference}.items():
            Image.fromarray(picture).save(failures / f"{name}.{kind}.png")
    assert share <= OFF, f"{share:.1%} of the object differs; see tests/failures, or pass --regenerate"


def share_off(new: Portrait, reference: np.ndarray) -> float:
    """Returns the pixels that differ, background too, since an object may vanish, as a share of the object's."""
    off = (difference_of(new, reference) > AGREE) & ~new.edge
    return float(off.sum() / (new.object & ~new.edge).sum())


def difference_of(new: Portrait, reference: np.ndarray) -> np.ndarray:
    return np.abs(new.pixels.astype(int) - reference.astype(int)).max(axis=2)


def test_kernels_are_compiled_where_a_compiler_is_required(capsys):
    from render import compiler
    from tests.conftest import REQUIRED

    if compiler.strategy() == "eager" and "compiler" not in REQUIRED:
        pytest.skip("no C++ compiler was found")
    doubled = compiler.fuse(lambda x: torch.sin(x) * 2 + 1, "compiled")
    values = torch.linspace(0, 1, 1000)
    np.testing.assert_allclose(doubled(values), np.sin(values.numpy()) * 2 + 1, atol=1e-6)
    assert "could not be compiled" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_path_below_the_surface_is_faintly_seen_through_it(graphics, crater):
    steps = Look(name="ember").steps
    made = relief.make(crater, steps, crater.shape[0] / crater.shape[1])
    look = Look(name="ember", grain=0.0).resolved
    places = np.linspace([-0.3, 0.25], [0.05, 0.0], 60)
    buried = drape(made, "disc", places, np.zeros(60), 0.0)
    pictures = {}
    for through in (False, True):
        stage = Stage([Placed(made)], look, SUN, SIZE, 2, through=through)
        stage.show_paths([[buried.until(59.0)]])
        stage._lit = [cast.dark for cast in stage._cast]  # the light on the ground is the same with and without
        pictures[through] = stage.photograph(VIEW, 1).astype(int)
        stage.show_paths([[]])
        pictures["none"] = stage.photograph(VIEW, 1).astype(int)
        stage.close()
    added = (pictures[True] - pictures[False]).sum(axis=2)
    assert (added > 20).sum() > 100
    assert (added < -3).sum() == 0
    assert (pictures[True] != pictures["none"]).any()


def test_paths_shine_in_their_own_colours(graphics, crater):
    made = relief.make(crater, Look(name="ember").steps, crater.shape[0] / crater.shape[1])
    look = Look.model_validate(
        {"name": "ember", "path": {"colour": "#ff0000", "others": ["#00ff00", "#0000ff"], "width": [50, 50]}}
    )
    ways = [np.linspace([-0.3, y], [0.3, y], 40) for y in (-0.2, 0.0, 0.2)]
    trails = [drape(made, "disc", way, None, 0.02).until(39.0) for way in ways]
    stage = Stage([Placed(made)], look.resolved, SUN, SIZE, 2)
    stage.show_paths([trails])
    shining = stage.expose(VIEW).glow
    kind, line = (getattr(stage._geometry.draw(VIEW), name) for name in ("kind", "line"))
    on = (kind >= Kind.PATH).reshape(SIZE[1], 2, SIZE[0], 2).all(axis=(1, 3))
    which = line[::2, ::2]
    for index in range(3):
        colour = shining[:, torch.from_numpy(on & (which == index))].mean(1)
        assert int(colour.argmax()) == index and (on & (which == index)).sum() > 20
    stage.show_paths([trails[:1]])
    stage.expose(VIEW)
    assert set(np.unique(stage._geometry.draw(VIEW).line)) == {0}
    stage.close()


def test_panels_are_developed_as_one_picture():
    light = torch.rand(3, 60, 100, generator=torch.Generator().manual_seed(1))
    shining = (light > 0.98).float()
    whole = lens.develop([exposed(light, shining)], lens.Lens(), 3)
    halves = [exposed(light[:, :, part], shining[:, :, part]) for part in (slice(0, 50), slice(50, 100))]
    assert torch.equal(lens.develop(halves, lens.Lens(), 3), whole)
