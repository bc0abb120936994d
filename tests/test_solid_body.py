"""The body of an export: closed where it is printed, torn where nothing was measured, as wide as it was asked."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.timeline import Timeline
from render.solid import solid_body
from render.solid.asked import FORMS, ExportRequest, metres
from render.solid.footage import frames_of
from render.stage.body import shore
from render.stage.body.mesh import height_at
from render.stage.body.relief import Relief, Scale
from tests.test_solid import AXIS, BOWL, HIGH, export, home, refused, scene_at  # noqa: F401

SHAPES = ("block", "disc")


def relief_of(rows=24, columns=30, holes=None, finite=None, depth=0.8):
    """Returns a made-up relief, torn by holes and diverged cells where these are given."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    level = ((x**2 + 0.5 * (y - 0.3 * x) ** 2) / 1.9).astype(np.float32)
    finite = np.ones(level.shape, bool) if finite is None else finite
    inland = shore.inland_of(holes) if holes is not None and holes.any() else None
    return Relief(level, finite, 0.3, depth, Scale(None, 0.0, 1.0), inland)


def area_below(points, triangles):
    """Returns the volume that triangles enclose, by the divergence theorem; positive where they look outwards."""
    a, b, c = (points[triangles[:, k]].astype(float) for k in range(3))
    return float(np.einsum("nk,nk->", a, np.cross(b, c)) / 6)


def loops(edges):
    """Returns whether edges make closed ways: every point is entered as often as it is left."""
    return sorted(edges[:, 0].tolist()) == sorted(edges[:, 1].tolist())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_edge_of_a_terrain_is_a_closed_way_with_the_terrain_to_its_left(shape):
    made = solid_body.body_of(relief_of(), shape)
    assert loops(made.outer) and not len(made.shores)
    x, y = made.terrain.points[:, 0].astype(float), made.terrain.points[:, 1].astype(float)
    here, there = made.outer.T
    enclosed = 0.5 * (x[here] * y[there] - x[there] * y[here]).sum()
    assert enclosed == pytest.approx(0.8 if shape == "block" else np.pi * 0.49**2 * 0.8, rel=0.01)


@pytest.mark.parametrize("shape", SHAPES)
def test_walls_and_base_close_what_the_terrain_leaves_open(shape):
    relief = relief_of()
    made = solid_body.body_of(relief, shape)
    face, normals = solid_body.walls(made.terrain, made.outer, -0.1)
    under = solid_body.base(made, -0.1)
    parts = (made.terrain, face, under)
    volume = sum(area_below(part.points, part.triangles) for part in parts)
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 600), np.linspace(-0.4, 0.4, 600))
    inside = np.hypot(x / 0.49, y / 0.392) < 1 if shape == "disc" else np.ones(x.shape, bool)
    height = height_at(relief, x.ravel(), y.ravel()).reshape(x.shape) + 0.1
    assert volume == pytest.approx((height * inside).mean() * 0.8, rel=0.01)
    outward = np.einsum("nk,nk->n", normals, face.points * (1, 1, 0))
    assert (outward > 0).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from(SHAPES), st.integers(8, 40))
def test_a_body_with_any_holes_has_every_edge_twice_once_its_walls_stand(seed, shape, cells):
    random = np.random.default_rng(seed)
    holes = random.random((24, 30)) < random.uniform(0, 0.5)
    holes[10:14, 12:18] = False
    finite = random.random((24, 30)) > 0.1
    torn = solid_body.torn(relief_of(holes=holes, finite=finite))
    assert torn.finite.all() and (torn.inland[holes | ~finite] < 0).all()
    made = solid_body.body_of(solid_body.coarser(torn, cells), shape)
    if not len(made.terrain.triangles):
        return
    assert loops(made.edges)
    low = made.terrain.points * np.float32([1, 1, 0]) - np.float32([0, 0, 0.1])
    count = len(low)
    here, there = made.edges.T
    sides = [np.stack([here, here + count, there + count], 1), np.stack([here, there + count, there], 1)]
    solid = np.concatenate([made.terrain.triangles, *sides, made.terrain.triangles[:, ::-1] + count])
    assert len(solid_body.boundary(solid)) == 0
    assert area_below(np.concatenate([made.terrain.points, low]), solid) > 0


def test_holes_have_torn_edges_and_the_cut_has_walls():
    holes = np.zeros((24, 30), bool)
    holes[8:14, 10:20] = True
    made = solid_body.body_of(solid_body.torn(relief_of(holes=holes)), "block")
    assert loops(made.outer) and loops(made.shores) and len(made.shores) > 20
    rim = made.terrain.points[made.outer.ravel()]
    assert (np.isclose(np.abs(rim[:, 0]), 0.5) | np.isclose(np.abs(rim[:, 1]), 0.4)).all()
    bank = made.terrain.points[made.shores.ravel()]
    assert (np.abs(bank[:, 0]) < 0.3).all() and (np.abs(bank[:, 1]) < 0.3).all()


def test_a_coarser_relief_has_the_same_heights_at_its_places():
    fine = relief_of(101, 201)
    coarse = solid_body.coarser(fine, 51)
    assert coarse.level.shape == (26, 51) and solid_body.coarser(fine, 300) is fine
    np.testing.assert_allclose(coarse.level, fine.level[::4, ::4], atol=1e-6)


def test_normals_are_those_of_the_measured_terrain_whatever_the_mesh():
    fine = relief_of(201, 201, depth=1.0)
    made = solid_body.body_of(solid_body.coarser(fine, 21), "block")
    found = solid_body.normals_at(fine, made.terrain.points)
    x, y = 2 * made.terrain.points[:, 0], 2 * made.terrain.points[:, 1]
    slope = np.stack([2 * x - 0.3 * (y - 0.3 * x), y - 0.3 * x], axis=1) / 1.9 * 0.3 * 2
    wanted = np.column_stack([-slope, np.ones(len(x))])
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    inner = (np.abs(x) < 0.95) & (np.abs(y) < 0.95)
    np.testing.assert_allclose(found[inner], wanted[inner], atol=1e-3)


@given(
    st.lists(st.floats(0.01, 9, allow_nan=False), min_size=1, max_size=6), st.sampled_from([1, 12, 24000 / 1001, 30])
)
def test_every_frame_of_a_film_belongs_to_the_camera_of_one_shot(durations, fps):
    timeline = Timeline(tuple(durations), fps)
    found = []
    for shot, duration in enumerate(durations):
        first, times = frames_of(timeline, shot)
        assert len(times) >= 1 and min(times) >= 0 and max(times) <= duration
        if any(timeline.locate(timeline.time(f)).shot == shot for f in range(timeline.frame_count)):
            found += range(first, first + len(times))
    assert found == list(range(timeline.frame_count))


LENGTHS = {"120mm": 0.12, "12 cm": 0.12, "1.5m": 1.5, "5in": 0.127, ".5m": 0.5}


@pytest.mark.parametrize("text", LENGTHS)
def test_a_length_has_its_unit(text):
    assert metres(text) == pytest.approx(LENGTHS[text])


def test_every_format_has_a_usual_size_that_can_be_read():
    for form in FORMS:
        assert ExportRequest.of(form).width > 0


def printed(path, *options):
    """Returns what a printer's program reads, and the record beside it."""
    trimesh = pytest.importorskip("trimesh")
    target = export(path, "stl", *options)
    return trimesh.load_mesh(target), json.loads(target.with_name(target.name + ".json").read_text())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_print_is_closed_and_in_millimetres(home, shape):  # noqa: F811
    found, record = printed(scene_at(home), "--set", f"look.body={shape}", "--width", "8cm")
    assert found.is_watertight and found.is_winding_consistent and found.volume > 0
    assert found.extents[0] == pytest.approx(80, abs=1e-3) and found.extents[1] == pytest.approx(80, abs=0.5)
    scale = 80 / (1 if shape == "block" else 0.98)
    assert found.bounds[0, 2] == pytest.approx(-0.1 * scale, rel=1e-3)
    assert record["base"] == pytest.approx(0.1 * scale, rel=1e-3) and record["unit"] == "millimetre"
    assert record["size"] == pytest.approx(found.extents.tolist(), abs=1e-3)
    if shape == "block":  # its volume is the mean height of its cells, by the trapezoid rule, on its base
        height = 0.3 * (BOWL - BOWL.min()) / np.ptp(BOWL)
        mean = np.trapezoid(np.trapezoid(height, HIGH, axis=0), AXIS) / 4
        assert found.volume == pytest.approx((mean + 0.1) * 80**3, rel=2e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_print_with_holes_is_closed_and_says_its_parts(home, shape):  # noqa: F811
    values = BOWL.copy()
    values[:, 19:22] = np.nan  # from edge to edge
    values[5:8, 5:12] = np.inf
    path = scene_at(home, values)
    found, record = printed(path, "--set", f"look.body={shape}")
    assert found.is_watertight and found.body_count == 2 and record["parts"] == 2
    assert "93 cells without data are holes" in record["said"] and "21 cells that diverged are holes" in record["said"]
    assert not any("coarser" in sentence for sentence in record["said"])
    fine, (coarse, said) = found, printed(path, "--set", f"look.body={shape}", "--mesh", "20")
    assert said["mesh"] == [20, 15] and "coarser than the surface, which has 41 × 31" in said["said"]
    assert coarse.is_watertight and len(coarse.faces) < len(fine.faces)
    assert coarse.volume == pytest.approx(fine.volume, rel=0.1)


def test_a_hole_is_open_in_a_picture_and_its_colours_go_on_to_its_edge(home):  # noqa: F811
    from tests.solids import read_gltf

    values = BOWL.copy()
    values[10:20, 15:25] = np.nan
    file = read_gltf(export(scene_at(home, values), "glb"))
    places = file.part("terrain")["POSITION"]
    assert not ((np.abs(places[:, 0]) < 0.08) & (np.abs(places[:, 2]) < 0.1)).any()
    assert file.part("walls")["triangles"].shape == (2 * 2 * (40 + 30), 3)
    assert file.picture("terrain").std() > 0


def test_a_sheet_has_no_walls_and_is_seen_from_below(home):  # noqa: F811
    from tests.solids import read_gltf

    path = scene_at(home)
    file = read_gltf(export(path, "glb", "--set", "look.body=sheet"))
    assert [found["name"] for found in file.document["meshes"]] == ["terrain", "path-1"]
    assert file.document["materials"][0]["doubleSided"]
    alone = read_gltf(export(path, "glb", "--set", "look.body=none"))
    assert [found["name"] for found in alone.document["meshes"]] == ["path-1"]


def test_another_shot_has_a_file_of_its_own_and_its_own_frames(home):  # noqa: F811
    path = scene_at(home, shots=("{surface: a, duration: 1s}", "{surface: a, duration: 2s, camera: {kind: fixed}}"))
    target = export(path, "glb", "--shot", "2")
    record = json.loads(target.with_name(target.name + ".json").read_text())
    assert target.name == "scene.shot-2.glb" and record["camera"] == {"fps": 12.0, "first_frame": 12, "frames": 24}
    assert "shot 2 of 2" in record["said"]


def test_surfaces_side_by_side_say_which_one_is_there(home):  # noqa: F811
    path = scene_at(home, shots=("{surface: a, beside: [a], duration: 1s}",), films=False)
    said = json.loads(export(path, "glb").with_name("scene.glb.json").read_text())["said"]
    assert any(sentence.startswith("only a; for a, set shots.0.surface") for sentence in said)
    assert any("30 frames a second" in sentence for sentence in said)


def test_a_terrain_without_a_value_is_a_sentence(home):  # noqa: F811
    code, said = refused(scene_at(home, np.full_like(BOWL, np.inf)), "--to", "stl")
    assert code == 3 and "holds no value that is finite" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("form", ["glb", "stl"])
def test_a_disc_of_which_nothing_was_measured_is_a_sentence(home, form):  # noqa: F811
    values = np.full_like(BOWL, np.inf)
    values[:2, :2] = (1, 2)
    code, said = refused(scene_at(home, values), "--to", form, "--set", "look.body=disc")
    assert code == 5 and "no cell within the disc holds a value" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("cells", range(2, 14))
def test_the_coarsest_discs_are_closed_or_refused(home, cells):  # noqa: F811
    scene = scene_at(home)
    code, said = refused(scene, "--to", "stl", "--mesh", cells, "--set", "look.body=disc")
    assert code == 0 or (code == 5 and len(said.splitlines()) == 1), said


UNUSUAL = {
    "flat": ["look.relief=[{exaggeration: 0}]"],
    "thin": ["look.walls.thickness=0"],
    "no path": ["shots.0.path.show=false"],
    "points": ["look.body=points"],
    "a ride": ["shots.0.camera={kind: ride}"],
    "film time": ["films.f.fps=24000/1001"],
    "dark": ["look.sun.strength=0", "look.sky.strength=0"],
    "a point of a sun": ["look.sun.size=0", "look.sun.elevation=89"],
    "its own loss": ["shots.0.path.height=loss"],
    "one frame": ["shots.0.duration=10ms"],
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_unusual_scenes_are_exported_and_read(home, case):  # noqa: F811
    trimesh, _ = pytest.importorskip("trimesh"), pytest.importorskip("pxr")
    from pxr import Usd

    path = scene_at(home)
    options = [part for setting in UNUSUAL[case] for part in ("--set", setting)]
    found = trimesh.load_scene(export(path, "glb", *options))
    assert np.isfinite(found.extents).all() and "terrain" in found.geometry
    assert ("walls" in found.geometry) == (case not in ("thin", "points"))
    assert Usd.Stage.Open(str(export(path, "usd", *options))).GetPrimAtPath("/Stage/camera")


def test_nothing_to_export_is_a_sentence(home):  # noqa: F811
    code, said = refused(scene_at(home), "--to", "glb", "--set", "look.body=none", "--set", "shots.0.path.show=false")
    assert code == 2 and "nothing to export" in said and len(said.splitlines()) == 1
