"""Surfaces in files as they are drawn and told of: their paths, their holes, the scale that fits their values."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from render import exchange
from render.errors import DataError
from render.exchange.given import Given
from render.film.preparing import prepare
from render.film.take import places_on
from render.film.words.remarks import remarks, remarks_on_ready
from render.film.words.wording import caption_of, words_of
from render.landscape import ready
from render.landscape.landscape import Landscape
from render.sampling.status import Status
from render.sampling.surface import Surface
from render.scene.existing import ReadySurface
from render.scene.language.load import load
from render.space.grid import Grid
from render.space.path import Path
from render.space.plane import Plane
from render.stage.body import mesh
from render.stage.marks.arrow import LONGEST, SHORTEST
from tests.test_caption import RECORD

AXIS = np.linspace(-1, 1, 33)
BOWL = (1 + AXIS**2 + 2 * AXIS[:, None] ** 2).astype(np.float32)
LOG = "look.relief=[{log: {floor: 1.0e-4}}]"
WAY = {"path_alpha": np.array([0.5, 0.2, 0.0]), "path_beta": np.array([0.3, 0.1, 0.0])}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scene_of(home, *files, extra=()):
    """Returns a scene that draws files side by side."""
    names = [file.split(".")[0] for file in files]
    sources = "".join(f"  {name}: {{source: {{surface: {file}}}}}\n" for name, file in zip(names, files, strict=True))
    (home / "scene.yaml").write_text(
        f"thalweg: 1\ntitle: Given\nsurfaces:\n{sources}"
        f"shots:\n  - {{surface: {names[0]}, beside: [{', '.join(names[1:])}], duration: 2s}}\n"
        "stills:\n  given: {at: 2s, size: [160, 90]}\n"
    )
    return load(home / "scene.yaml", extra)


def written(home, name="a.npz", values=BOWL, alphas=AXIS, betas=AXIS, value="loss", **more):
    """Writes a surface and returns its name."""
    exchange.write(Given(alphas, betas, np.asarray(values, np.float32), value, more), home / name, "npz")
    return name


def taken(scene, landscapes=None):
    """Returns the take of the first shot."""
    shot = scene.shots[0]
    found = landscapes or [ready.load(scene.surfaces[name]) for name in shot.surfaces]
    return prepare(shot, scene.look, found, 16 / 9)


def counters(scene, take, time=2.0):
    """Returns the counters on the picture as a mapping."""
    return {counter.label: counter.value for counter in words_of(scene, scene.stills["given"], take, time).counters}


def measured() -> Landscape:
    """Returns a landscape as if it had been measured, with a path of known steps."""
    plane = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    status = np.full(BOWL.shape, Status.MEASURED, np.uint8)
    surface = Surface(plane, Grid(AXIS, AXIS), BOWL, np.full_like(BOWL, np.nan), status)
    path = Path(
        WAY["path_alpha"], WAY["path_beta"], np.ones(3, np.float32), np.ones(3), np.zeros(3), np.array([0, 10, 20])
    )
    return Landscape(None, "key", surface, (path,), {**RECORD, "counts": surface.counts, "points": [33, 33]})


def test_a_path_with_its_own_loss_is_drawn_and_counted_by_its_points(home):
    scene = scene_of(home, written(home, path_loss=np.array([3.0, 2.0, 1.5]), **WAY))
    take = taken(scene)
    assert counters(scene, take) == {"point": "3", "loss": "1.50"}
    assert caption_of(scene, take).endswith(" · path laid on the surface")


def test_a_path_without_a_loss_tells_the_surface_under_it(home):
    scene = scene_of(home, written(home, **WAY))
    take = taken(scene)
    assert counters(scene, take) == {"point": "3", "loss": "1.00"}
    assert caption_of(scene, take).endswith(" · path laid on the surface, its loss read there")
    assert take.panels[0].landscape.record["path"] == {"points": 3, "loss": "of the surface under it"}


def test_the_value_has_the_name_that_the_file_gives_it(home):
    axis, name = np.linspace(0, 1, 12), "a.csv"
    given = Given(axis, axis, np.add.outer(axis, axis).astype(np.float32), "reward")
    exchange.write(given, home / name, "csv")
    scene = scene_of(home, name)
    assert caption_of(scene, taken(scene)).startswith("reward from a.csv · 12 × 12 points, all given · ")


def test_what_a_reader_had_to_assume_is_said(home, monkeypatch):
    written(home)
    assumed = replace(exchange.read(home / "a.npz"), notes=("axes are row numbers", "rows from below"))
    monkeypatch.setattr(exchange, "read", lambda path, path_file: assumed)
    scene = scene_of(home, "a.npz")
    take = taken(scene)
    assert caption_of(scene, take).startswith("loss from a.npz, axes are row numbers, rows from below · 33 × 33")
    assert take.panels[0].landscape.record["source"]["notes"] == ["axes are row numbers", "rows from below"]


def test_a_path_at_its_own_loss_is_laid_on_the_surface_where_the_file_has_none_and_this_is_said(home):
    scene = scene_of(home, written(home, **WAY), extra=["shots.0.path.height=loss"])
    take = taken(scene)
    walk = take.panels[0].walks[0]
    ground = mesh.height_at(take.panels[0].relief, *walk.descent.points[:, :2].T)
    assert np.ptp(walk.descent.points[:, 2] - ground) < 1e-6
    assert caption_of(scene, take).endswith(" · path laid on the surface where its own loss is not given")
    assert [s for s in remarks(take) if "gives no loss of the path" in s]


def test_what_a_file_cannot_tell_along_its_path_is_not_drawn_and_said(home):
    asked = ["look.path.distance=width", "look.path.drops=5"]
    bare, told = scene_of(home, written(home, **WAY), extra=asked), {"path_loss": np.array([1.5, 1.2, 1.0])}
    take = taken(bare)
    assert take.trails(take.panels[0], 2.0)[0].manner.width is None and not take.panels[0].walks[0].drops
    said = " ".join(remarks(take))
    assert "no loss of the path that drops could lead to" in said and "from the plane is not known" in said
    assert "distance" not in caption_of(bare, take) and "drops" not in caption_of(bare, take)
    full = scene_of(home, written(home, **WAY, **told), extra=asked)
    take = taken(full)
    assert take.panels[0].walks[0].drops and "drops: from the surface" in caption_of(full, take)
    assert not [sentence for sentence in remarks(take) if "drops" in sentence]


def test_arrows_appear_as_the_head_passes_and_panels_measure_them_by_one_scale(home):
    files = [written(home, **WAY), written(home, "b.npz", values=10 * BOWL, **WAY)]
    scene = scene_of(home, *files, extra=["look.path.arrows=6"])
    take = taken(scene)
    gentle, steep = (take.trails(panel, 2.0)[0].arrows for panel in take.panels)
    assert [len(each) for each in (gentle, steep)] == [6, 6] and not take.trails(take.panels[0], 0.0)[0].arrows
    assert 0 < len(take.trails(take.panels[0], 0.8)[0].arrows) < 6
    for (one, short), (other, long) in zip(gentle, steep, strict=True):
        assert other.slope == pytest.approx(10 * one.slope, rel=1e-4)
        assert long - short == pytest.approx(LONGEST / 3, abs=1e-4) or short == SHORTEST * LONGEST
        np.testing.assert_allclose(one.way, other.way, atol=1e-5)
    assert max(length for _, length in steep) == LONGEST
    assert "arrows: down the gradient of the slice in α and β" in caption_of(scene, take)


def test_a_loss_of_the_path_that_is_unknown_is_no_number_and_not_diverged(home):
    scene = scene_of(home, written(home, path_loss=np.array([3.0, np.nan, np.nan]), **WAY))
    assert counters(scene, taken(scene))["loss"] == "–"
    scene = scene_of(home, written(home, path_loss=np.array([3.0, 2.0, np.inf]), **WAY))
    assert counters(scene, taken(scene))["loss"] == "diverged"


def test_a_path_partly_beyond_the_grid_is_drawn_as_far_as_it_is_over_it_and_said(home):
    way = {"path_alpha": np.array([1.5, 0.9, 0.0]), "path_beta": np.zeros(3)}
    scene = scene_of(home, written(home, **way))
    take = taken(scene)
    assert caption_of(scene, take).endswith("path laid on the surface, which it leaves, its loss read there")
    said = "surface a: 1 of the 3 points of its path lie beyond the terrain, where it is not drawn"
    assert list(remarks(take)) == remarks_on_ready(scene) == [said]
    assert counters(scene, take, 0.0) == {"point": "1", "loss": "–"}


def test_a_path_wholly_beyond_the_grid_is_not_told_as_drawn(home):
    way = {"path_alpha": np.array([5.0, 4.0, 3.0]), "path_beta": np.zeros(3)}
    scene = scene_of(home, written(home, **way))
    take = taken(scene)
    assert caption_of(scene, take).endswith(" · path beyond the terrain, not drawn")
    assert remarks_on_ready(scene) == [
        "surface a: its path lies beyond the terrain and is not drawn; give a surface that reaches to it"
    ]
    assert np.isfinite(take.view(1.0).position).all()


@pytest.mark.parametrize("camera", ["{kind: orbit}", "{kind: fixed}", "{kind: ride}"])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_path_of_few_points_is_drawn_by_every_camera(home, camera, count):
    way = {name: values[:count] for name, values in WAY.items()}
    written(home, **way)
    scene = scene_of(home, "a.npz")
    shot = scene.shots[0].model_copy(update={"camera": load_camera(camera)})
    take = prepare(shot, scene.look, [ready.load(scene.surfaces["a"])], 16 / 9)
    assert np.isfinite(take.view(1.0).position).all()
    words = caption_of(scene, take)
    assert ("its path has no point" in words) == (count == 0) and ("path laid" in words) == (count > 0)
    if count == 1:
        (trail,) = take.trails(take.panels[0], 1.0)
        assert trail.head is not None and counters(scene, take) == {"point": "1", "loss": "1.43"}


def load_camera(text):
    from pydantic import TypeAdapter
    from ruamel.yaml import YAML

    from render.scene.camera import Camera

    return TypeAdapter(Camera).validate_python(YAML(typ="safe").load(text))


def test_two_files_with_paths_stand_side_by_side_each_under_its_name(home):
    files = [written(home, "a.npz", **WAY), written(home, "b.npz", BOWL + 1, **WAY)]
    scene = scene_of(home, *files)
    take = taken(scene)
    assert counters(scene, take) == {"point": "3", "a": "1.00", "b": "2.00"}
    words = caption_of(scene, take)
    assert words.startswith("loss from a.npz | loss from b.npz · 33 × 33 points, all given · ")
    assert words.endswith(" · paths laid on the surface, their loss read there")


@pytest.mark.parametrize("first", [0, 1])
def test_a_file_and_a_measured_surface_stand_side_by_side(home, first):
    written(home, "a.npz", **WAY)
    written(home, "b.npz")
    scene = scene_of(home, "a.npz", "b.npz")
    pair = [ready.load(scene.surfaces["a"]), measured()]
    take = taken(scene, pair if first == 0 else pair[::-1])
    seen = counters(scene, take)
    assert set(seen) == {"point" if first == 0 else "step", "a", "b"}
    words = caption_of(scene, take)
    assert "33 × 33 points, all given" in words and "33 × 33 points, all measured" in words
    assert "mlp 64-24-24-24-10 tanh · sgd" in words and "paths laid on the surface" in words


GROWING = np.cumsum([0.0, *1.12 ** np.arange(30)])


def test_uneven_axes_are_drawn_at_their_true_places_and_the_path_lies_there_too(home):
    x = GROWING / GROWING[-1]
    values = 1 + (x - 0.3) ** 2 + (x[:, None] - 0.4) ** 2
    way = {"path_alpha": np.array([0.9, 0.5, 0.3]), "path_beta": np.array([0.8, 0.5, 0.4])}
    scene = scene_of(home, written(home, values=values, alphas=x, betas=x, **way))
    take = taken(scene)
    landscape, made = take.panels[0].landscape, take.panels[0].relief
    row, column = np.unravel_index(np.argmin(made.level), made.level.shape)
    grid = landscape.surface.grid
    assert (grid.alphas[column], grid.betas[row]) == pytest.approx(
        (0.3, 0.4), abs=0.04
    )  # a step that was given there is 0.04
    end = places_on(landscape, landscape.paths[0])[-1]
    assert mesh.height_at(made, end[:1], end[1:] * made.depth)[0] < 1e-3
    counts = landscape.surface.counts
    assert counts["interpolated"] + counts["measured"] == made.level.size > 31 * 31
    size = len(grid.alphas)
    assert f"{size} × {size} points, resampled from 31 × 31 given at uneven steps" in caption_of(scene, take)
    assert landscape.record["resampled"]["from"] == [31, 31]
    assert any("its steps are uneven" in sentence for sentence in remarks_on_ready(scene))


def test_a_measured_surface_of_uneven_steps_is_refused_rather_than_drawn_as_if_they_were_even(home):
    written(home)
    scene, even = scene_of(home, "a.npz"), measured()
    uneven = replace(even.surface, grid=Grid(np.cumsum(1.1 ** np.arange(33)), AXIS))
    with pytest.raises(DataError, match="its steps are uneven; export it"):
        taken(scene, [replace(even, surface=uneven)])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (BOWL - 2, "linear height, since values reach −1"),
        (-4200 * BOWL / BOWL.max(), "linear height, since values reach −4,200"),
        (BOWL - 1, "linear height, since values reach 0"),
        (BOWL, "linear height, since values span a factor of 4"),
        (BOWL**5, "log height, floor 1, since values are positive and span a factor of 1,020"),
        (1e-9 * BOWL**5, "log height, floor 1e−9, since values are positive and span a factor of 1,020"),
    ],
)
def test_the_height_of_a_file_is_logarithmic_only_where_that_levels_nothing_and_shows_more(home, values, said):
    scene = scene_of(home, written(home, values=values))
    take = taken(scene)
    assert said in caption_of(scene, take)
    assert take.panels[0].relief.levelled.low == 0
    assert len(np.unique(take.panels[0].relief.level)) > 100


def test_a_relief_that_the_scene_gives_stays_and_a_plain_that_it_makes_is_said(home):
    scene = scene_of(home, written(home, values=BOWL - 2), extra=[LOG])
    take = taken(scene)
    share = 100 * float((BOWL - 2 < 1e-4).mean())
    assert f"{share:.3g} % of the cells level at the floor of 0.0001" in caption_of(scene, take)
    assert remarks_on_ready(scene) == [
        f"surface a: its relief draws {share:.3g} % of the cells level at the floor of 0.0001; leave log out of "
        "look.relief, or lower its floor, or clip less"
    ]


def test_panels_on_one_scale_are_logarithmic_together_or_not_at_all(home):
    scene = scene_of(home, written(home, "a.npz", BOWL**5), written(home, "b.npz", BOWL - 2))
    assert "linear height, since values reach −1" in caption_of(scene, taken(scene))


def island() -> np.ndarray:
    return np.where(np.hypot(AXIS, AXIS[:, None]) < 0.6, 5 - BOWL, np.nan)


def test_no_data_is_a_hole_that_is_counted_and_what_diverged_is_none(home):
    values = island()
    values[16, 16] = np.inf
    take = taken(scene_of(home, written(home, values=values)))
    landscape, made = take.panels[0].landscape, take.panels[0].relief
    holes = int(np.isnan(values).sum())
    assert landscape.surface.counts["no_data"] == holes and landscape.surface.counts["diverged"] == 1
    assert made.holes.sum() == holes and not made.finite[16, 16] and not made.holes[16, 16]
    assert landscape.record["loss"] == pytest.approx([float(np.nanmin(island())), 4 - 2 * (1 / 16) ** 2 / 2], abs=0.01)
    assert f"{33 * 33 - holes - 1:,} given, 1 diverged, {holes:,} no data" in caption_of(scene_of(home, "a.npz"), take)


def test_a_camera_frames_what_is_drawn_and_not_the_holes_around_it(home):
    corner = np.where((AXIS > 0.2) & (AXIS[:, None] > 0.2), BOWL, np.nan)
    take = taken(scene_of(home, written(home, values=corner)))
    relief, view = take.panels[0].relief, take.view(1.0)
    y, x = np.nonzero(mesh.inside(relief, take.look.body))
    across, up = (axis[index] for axis, index in zip(mesh.axes(relief), (x, y), strict=True))
    base = np.full(len(up), -take.look.walls.thickness)
    seen = view.project(np.concatenate([np.column_stack([across, up, z]) for z in (relief.heights[y, x], base)]))
    assert np.abs(seen[:, 1]).max() < 1 and np.abs(seen[:, 0]).max() < 16 / 9
    assert max(np.ptp(seen[:, 0]) / (2 * 16 / 9), np.ptp(seen[:, 1]) / 2) > 0.5  # the base under it has to fit too


@pytest.mark.parametrize("camera", ["{kind: orbit}", "{kind: fixed}", "{kind: ride}"])
def test_every_camera_looks_at_a_terrain_with_holes_and_a_path_over_them(home, camera):
    scene = scene_of(home, written(home, values=island(), path_alpha=np.linspace(-1, 1, 9), path_beta=np.zeros(9)))
    shot = scene.shots[0].model_copy(update={"camera": load_camera(camera)})
    take = prepare(shot, scene.look, [ready.load(scene.surfaces["a"])], 16 / 9)
    for time in (0.0, 1.0, 2.0):
        assert np.isfinite(take.view(time).position).all()
    drawn = take.trails(take.panels[0], 2.0)[0].pieces()
    assert np.hypot(*np.concatenate(drawn)[:, :2].T).max() < 0.35


def test_a_surface_of_which_a_disc_would_show_nothing_is_drawn_square(home):
    corner = np.full(BOWL.shape, np.nan)
    corner[:3, :3] = BOWL[:3, :3]
    take = taken(scene_of(home, written(home, values=corner)))
    assert take.look.body == "block" and len(mesh.terrain(take.panels[0].relief, "block").triangles)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["disc", "block"])
def test_a_hole_shows_what_is_behind_the_terrain(graphics, home, shape):
    hole = np.where(np.hypot(AXIS - 0.2, AXIS[:, None]) < 0.25, np.nan, BOWL)
    written(home, values=hole)
    plain = ("look.grain=0", "look.bloom=0", "look.vignette=0", "look.background.lift=0", "look.ground=void")
    extra = [f"look.body={shape}", *plain]
    scene = scene_of(home, "a.npz", extra=extra)
    take = taken(scene)
    stage = take.stage((0,), (160, 90), 2)
    try:
        stage.show_paths([[]])
        view = take.view(1.0)
        pixels = stage.photograph(view, 0)
        empty = pixels[0, 0].astype(int)
        there = np.array([[0.1, 0.0, mesh.height_at(take.panels[0].relief, np.array([0.1]), np.zeros(1))[0]]])
        x, y, _ = view.project(there)[0]
        column, row = round((x / (16 / 9) + 1) * 80), round((1 - y) * 45)
        assert np.abs(pixels[row, column] - empty).max() <= 3
        assert np.abs(pixels[row, column - 40].astype(int) - empty).max() > 20
    finally:
        stage.close()


@pytest.mark.slow
def test_check_says_what_a_file_will_make_of_a_relief(home):
    written(home, values=BOWL - 2)
    scene_of(home, "a.npz")
    command = [sys.executable, "-m", "render", "check", "scene.yaml", "--set", LOG]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "scene.yaml: surface a: its relief draws " in done.stderr, done.stderr
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert "level at the floor" in json.loads(done.stdout)["results"][0]["remarks"][0]


@pytest.mark.parametrize("kind", ["npz", "h5", "csv", "vtp"])
def test_uneven_steps_come_through_every_format_to_their_places(home, kind):
    x = GROWING / GROWING[-1]
    given = Given(x, x, (1 + (x - 0.3) ** 2 + (x[:, None] - 0.4) ** 2).astype(np.float32), "loss")
    exchange.write(given, home / f"a.{kind}", kind)
    landscape = ready.load(ReadySurface(source={"surface": f"a.{kind}"}))
    place = np.array([[0.7, 0.2]])
    assert landscape.surface.height_at(place)[0] == pytest.approx(1.2, abs=2e-3)
    assert landscape.record["resampled"]["from"] == [31, 31]


@pytest.mark.parametrize("camera", ["{kind: orbit}", "{kind: ride}"])
def test_surfaces_on_one_floor_stand_apart_and_those_in_pictures_of_their_own_do_not(home, camera):
    scene = scene_of(home, written(home), written(home, "b.npz", values=BOWL + 1))
    shot = scene.shots[0].model_copy(update={"camera": load_camera(camera)})
    landscapes = [ready.load(scene.surfaces[name]) for name in ("a", "b")]
    apart = prepare(shot, scene.look, landscapes, 8 / 9, together=False)
    together = prepare(shot, scene.look, landscapes, 16 / 9, together=True)
    assert not np.any(apart.placements) and not apart.together
    assert together.together == (camera == "{kind: orbit}")  # a ride shows one terrain
    if together.together:
        assert np.linalg.norm(together.placements[1] - together.placements[0]) > 1.2
