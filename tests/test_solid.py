"""The stage in other programs' files: what is read back is what the picture shows, in the right units and frame."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner

from render import exchange
from render.cli import app
from render.exchange.given import Given
from render.film.preparing import prepare
from render.landscape import ready
from render.scene.language.load import load
from render.solid.colours import coloured, ramp_of
from render.stage.body import mesh
from render.stage.colour import linear_of
from tests.solids import read_gltf

AXIS, HIGH = np.linspace(-1, 1, 41), np.linspace(-1, 1, 31)
BOWL = (1 + AXIS**2 + 2 * HIGH[:, None] ** 2 + 0.4 * AXIS).astype(np.float32)
WAY = {"path_alpha": np.array([0.5, 0.2, -0.1]), "path_beta": np.array([0.3, 0.1, 0.0]), "path_loss": np.ones(3)}
FRAMES = (0, 7, 23)


def scene_at(folder, values=BOWL, name="scene", title="Bowl", shots=("{surface: a, duration: 2s}",), films=True):
    """Writes a scene of one surface in a file, with a film of 12 frames a second; returns its path."""
    exchange.write(Given(AXIS, HIGH, np.asarray(values, np.float32), "loss", WAY), folder / "a.npz", "npz")
    film = "films:\n  f: {size: [320, 180], fps: 12}\n" if films else ""
    path = folder / f"{name}.yaml"
    path.write_text(
        f"thalweg: 1\ntitle: {json.dumps(title)}\nsurfaces:\n  a: {{source: {{surface: a.npz}}}}\n"
        f"look: {{body: block, relief: [{{exaggeration: 0.3}}]}}\nshots: [{', '.join(shots)}]\n{film}",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(path, form, *options):
    """Exports a scene; returns the path of the file."""
    done = CliRunner().invoke(app, ["export", str(path), "--to", form, "--json", *options])
    assert done.exit_code == 0, done.output
    return path.parent / json.loads(done.stdout)["results"][0]["path"]


def refused(*words):
    """Runs an export that cannot be; returns its exit code and what it says."""
    done = CliRunner().invoke(app, ["export", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr.strip()


def taken(path, extra=()):
    """Returns the take of the first shot of a scene, as its film has it."""
    scene = load(path, extra)
    landscapes = [ready.load(scene.surfaces[name]) for name in scene.shots[0].surfaces]
    return prepare(scene.shots[0], scene.look, landscapes, 320 / 180)


def y_up(points):
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def test_a_gltf_has_every_number_on_its_border_and_within_its_bounds(home):
    file = read_gltf(export(scene_at(home), "glb"))
    document = file.document
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= len(file.binary)
    assert document["buffers"] == [{"byteLength": len(file.binary)}]
    for index, accessor in enumerate(document["accessors"]):
        numbers = file.numbers(index)
        assert np.isfinite(numbers).all()
        if "min" in accessor:
            table = numbers.reshape(len(numbers), -1)
            assert accessor["min"] == table.min(0).tolist() and accessor["max"] == table.max(0).tolist()
    for found in document["meshes"]:
        part = file.part(found["name"])
        assert part["triangles"].max() == len(part["POSITION"]) - 1
        np.testing.assert_allclose(np.linalg.norm(part["NORMAL"], axis=1), 1, atol=1e-6)
        assert "min" in document["accessors"][found["primitives"][0]["attributes"]["POSITION"]]
    assert set(document["extensionsUsed"]) >= set(document["extensions"])


def test_a_gltf_holds_the_heights_of_the_picture_with_y_up_and_in_metres(home):
    path = scene_at(home)
    file, relief = read_gltf(export(path, "glb", "--width", "50cm")), taken(path).panels[0].relief
    points = file.part("terrain")["POSITION"].astype(float)
    x, y = mesh.axes(relief)
    grid = np.stack([*np.meshgrid(x, y), relief.heights], axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(points, y_up(0.5 * grid), atol=1e-6)
    assert np.ptp(points[:, 0]) == pytest.approx(0.5) and np.ptp(points[:, 2]) == pytest.approx(0.5)
    assert file.part("walls")["POSITION"][:, 1].min() == pytest.approx(-0.05)


def test_every_triangle_of_a_block_looks_outwards(home):
    file = read_gltf(export(scene_at(home), "glb"))
    for name in ("terrain", "walls", "base", "path-1"):
        part = file.part(name)
        a, b, c = (part["POSITION"][part["triangles"][:, k]].astype(float) for k in range(3))
        face = np.cross(b - a, c - a)
        long = np.linalg.norm(face, axis=1) > 1e-12
        normal = part["NORMAL"][part["triangles"][:, 0]]
        assert (np.einsum("nk,nk->n", face, normal)[long] > 0).all(), name


def test_the_picture_on_the_terrain_has_the_palette_at_the_level_of_every_cell(home):
    path = scene_at(home)
    file, take = read_gltf(export(path, "glb", "--mesh", "10")), taken(path)
    picture, level = file.picture("terrain"), take.panels[0].relief.level
    assert picture.shape == (31, 41, 3)
    np.testing.assert_array_equal(picture, coloured(ramp_of(take), level[::-1]))
    low = np.unravel_index(level.argmin(), level.shape)
    deepest = np.round(255 * np.array([int(take.look.palette[0][1][i : i + 2], 16) for i in (1, 3, 5)]) / 255)
    assert np.abs(picture[::-1][low].astype(int) - deepest).max() <= 3  # sRGB as the look names it
    part = file.part("terrain")
    assert len(part["POSITION"]) == 10 * 8  # of the mesh, whose picture stays as fine as the surface
    column = part["TEXCOORD_0"][:, 0] * 41 - 0.5
    row = (1 - part["TEXCOORD_0"][:, 1]) * 31 - 0.5
    np.testing.assert_allclose(column / 40 - 0.5, part["POSITION"][:, 0], atol=1e-5)
    np.testing.assert_allclose(row / 30 - 0.5, -part["POSITION"][:, 2], atol=1e-5)


def test_the_cut_has_the_colour_of_the_terrain_at_its_height(home):
    path = scene_at(home)
    file, take = read_gltf(export(path, "glb")), taken(path)
    part, picture = file.part("walls"), file.picture("cut")
    top = part["POSITION"][:, 1] > 0.01
    rows = np.clip((part["TEXCOORD_0"][top, 1] * len(picture)).astype(int), 0, len(picture) - 1)
    wanted = coloured(ramp_of(take), part["POSITION"][top, 1] / 0.3)
    assert np.abs(picture[rows, 0].astype(int) - wanted).max() <= 2


def test_the_camera_of_a_gltf_is_the_films_at_its_frames(home):
    path = scene_at(home)
    file, take = read_gltf(export(path, "glb")), taken(path)
    (animation,) = file.document["animations"]
    times = file.numbers(animation["samplers"][0]["input"])
    np.testing.assert_allclose(times, np.arange(24) / 12, atol=1e-6)
    tracks = {
        c["target"]["path"]: file.numbers(animation["samplers"][c["sampler"]]["output"]) for c in animation["channels"]
    }
    node = file.node("camera")
    assert {c["target"]["node"] for c in animation["channels"]} == {file.document["nodes"].index(node)}
    for frame in FRAMES:
        view = take.view(frame / 12)
        np.testing.assert_allclose(tracks["translation"][frame], y_up(view.position[None])[0], atol=1e-5)
        right, up, back = Rotation.from_quat(tracks["rotation"][frame]).as_matrix().T
        assert abs(right[1]) < 1e-6  # the horizon is level
        tangent = np.tan(np.radians(view.angle) / 2)
        own = view.axes
        middle = view.position + own[2] + tangent * (view.shift[0] * own[0] + view.shift[1] * own[1])
        away = y_up(middle[None])[0] - tracks["translation"][frame]
        assert abs(away @ right) < 1e-5 and abs(away @ up) < 1e-5 and away @ back < 0
    lens = file.document["cameras"][0]["perspective"]
    assert lens["yfov"] == pytest.approx(np.radians(22)) and lens["aspectRatio"] == pytest.approx(16 / 9)


def test_a_surface_beside_another_is_where_the_film_shows_it(home):
    path = scene_at(home, shots=("{surface: a, beside: [a], duration: 1s}",))
    file, take = read_gltf(export(path, "glb")), taken(path)
    (animation,) = file.document["animations"]
    (channel,) = [c for c in animation["channels"] if c["target"]["path"] == "translation"]
    first = file.numbers(animation["samplers"][channel["sampler"]]["output"])[0]
    own = take.placements[0]
    assert np.linalg.norm(own) > 0.3  # it stands to one side
    np.testing.assert_allclose(first, y_up((take.view(0.0).position - own)[None])[0], atol=1e-5)
    assert file.document["cameras"][0]["perspective"]["aspectRatio"] == pytest.approx(16 / 9)


def test_turns_go_the_short_way_from_frame_to_frame(home):
    path = scene_at(home, shots=("{surface: a, duration: 2s, camera: {kind: orbit, sweep: 720}}",))
    file = read_gltf(export(path, "glb"))
    turns = file.numbers(file.document["animations"][0]["samplers"][1]["output"])
    assert (np.einsum("fk,fk->f", turns[1:], turns[:-1]) > 0).all()


def test_the_sun_shines_from_where_it_stands_in_the_picture(home):
    path = scene_at(home)
    file, take = read_gltf(export(path, "glb")), taken(path)
    beam = Rotation.from_quat(file.node("sun")["rotation"]).apply([0, 0, -1])
    np.testing.assert_allclose(beam, -y_up(take.sun.direction[None])[0], atol=1e-6)
    (light,) = file.document["extensions"]["KHR_lights_punctual"]["lights"]
    shown = np.array(light["color"]) * light["intensity"] / np.pi
    np.testing.assert_allclose(shown, linear_of(take.look.sun.colour) * take.look.sun.strength, rtol=1e-6)


def test_the_path_shines_in_its_own_colour(home):
    path = scene_at(home)
    file, take = read_gltf(export(path, "glb", "--set", "look.path.glow=0")), taken(path)
    (shine,) = (found for found in file.document["materials"] if found["name"] == "path-1")
    np.testing.assert_allclose(shine["emissiveFactor"], linear_of(take.look.path.colour), atol=1e-6)
    assert shine["extensions"]["KHR_materials_emissive_strength"]["emissiveStrength"] == 1
    line = file.part("path-1")["POSITION"]
    end = y_up(take.panels[0].walks[0].descent.points[-1:])[0]
    assert np.linalg.norm(line - end, axis=1).min() < 0.01


def test_another_reader_finds_the_same_in_a_gltf(home):
    trimesh = pytest.importorskip("trimesh")
    found = trimesh.load_scene(export(scene_at(home), "glb"))
    assert set(found.geometry) == {"terrain", "walls", "base", "path-1"}
    assert found.geometry["terrain"].visual.material.baseColorTexture.size == (41, 31)
    assert found.extents[0] == pytest.approx(1, abs=1e-6)


def test_a_usd_is_in_metres_with_z_up_and_holds_the_points(home):
    pytest.importorskip("pxr")
    from pxr import Usd, UsdGeom, UsdShade

    path = scene_at(home)
    target = export(path, "usd", "--width", "2m")
    stage = Usd.Stage.Open(str(target))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1 and UsdGeom.GetStageUpAxis(stage) == "Z"
    relief = taken(path).panels[0].relief
    terrain = UsdGeom.Mesh.Get(stage, "/Stage/terrain")
    x, y = mesh.axes(relief)
    grid = np.stack([*np.meshgrid(x, y), relief.heights], axis=-1).reshape(-1, 3)
    points = np.array(terrain.GetPointsAttr().Get())
    np.testing.assert_allclose(points, 2 * grid, atol=1e-6)
    np.testing.assert_allclose(np.array(terrain.GetExtentAttr().Get()), [points.min(0), points.max(0)])
    places = np.array(UsdGeom.PrimvarsAPI(terrain).GetPrimvar("st").Get())
    np.testing.assert_allclose((places * (41, 31) - 0.5) / (40, 30) - 0.5, points[:, :2] / 2, atol=1e-5)
    material, _ = UsdShade.MaterialBindingAPI(terrain).ComputeBoundMaterial()
    texture = UsdShade.Shader.Get(stage, material.GetPath().AppendChild("texture"))
    picture = np.asarray(Image.open(texture.GetInput("file").Get().resolvedPath))
    np.testing.assert_array_equal(picture, coloured(ramp_of(taken(path)), relief.level[::-1]))
    assert texture.GetInput("sourceColorSpace").Get() == "sRGB"


def test_the_camera_of_a_usd_shows_every_point_where_the_film_does(home):
    pytest.importorskip("pxr")
    from pxr import Gf, Usd, UsdGeom

    path = scene_at(home)
    stage, take = Usd.Stage.Open(str(export(path, "usd"))), taken(path)
    assert (stage.GetTimeCodesPerSecond(), stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (12, 0, 23)
    camera = UsdGeom.Camera.Get(stage, "/Stage/camera")
    places = np.array([[0, 0, 0.1], [0.4, -0.3, 0.0], [-0.5, 0.5, 0.3]])
    for frame in FRAMES:
        frustum = camera.GetCamera(frame).frustum
        view = take.view(frame / 12)
        np.testing.assert_allclose(frustum.position, view.position, atol=1e-5)
        seen = frustum.ComputeViewMatrix() * frustum.ComputeProjectionMatrix()
        shown = np.array([seen.Transform(Gf.Vec3d(*place)) for place in places])
        wanted = view.project(places)
        np.testing.assert_allclose(shown[:, :2], wanted[:, :2] / (16 / 9, 1), atol=1e-5)


def test_the_lights_of_a_usd_are_the_pictures(home):
    pytest.importorskip("pxr")
    from pxr import Gf, Usd, UsdGeom, UsdLux

    path = scene_at(home)
    stage, take = Usd.Stage.Open(str(export(path, "usd"))), taken(path)
    sun, sky = UsdLux.DistantLight.Get(stage, "/Stage/sun"), UsdLux.DomeLight.Get(stage, "/Stage/sky")
    turn = UsdGeom.Xformable(sun).ComputeLocalToWorldTransform(0)
    np.testing.assert_allclose(turn.TransformDir(Gf.Vec3d(0, 0, -1)), -take.sun.direction, atol=1e-6)
    assert sun.GetAngleAttr().Get() == pytest.approx(2 * take.sun.size) and sun.GetNormalizeAttr().Get()
    sunlight = np.array(sun.GetColorAttr().Get()) * sun.GetIntensityAttr().Get() / np.pi
    np.testing.assert_allclose(sunlight, linear_of(take.look.sun.colour) * take.look.sun.strength, rtol=1e-5)
    assert sky.GetIntensityAttr().Get() > 0


def test_an_obj_loads_with_its_picture(home):
    trimesh = pytest.importorskip("trimesh")
    path = scene_at(home)
    found = trimesh.load_scene(export(path, "obj"))
    relief = taken(path).panels[0].relief
    sizes = {name: part.extents for name, part in found.geometry.items()}
    terrain = found.geometry["terrain"]
    assert sizes.keys() == {"terrain", "cut", "path-1"} and sizes["terrain"] == pytest.approx([1, 0.3, 1], abs=1e-6)
    assert terrain.visual.material.image.size == (41, 31)
    heights = mesh.height_at(relief, terrain.vertices[:, 0], -terrain.vertices[:, 2])
    np.testing.assert_allclose(terrain.vertices[:, 1], heights, atol=1e-6)
    np.testing.assert_allclose(terrain.visual.uv[:, 0] * 41 - 0.5, (terrain.vertices[:, 0] + 0.5) * 40, atol=1e-4)


def test_two_exports_have_the_same_bytes_and_one_on_disk_is_taken(home):
    pytest.importorskip("pxr")
    path = scene_at(home)
    for form in ("glb", "usd", "obj"):
        first, again = export(path, form), export(path, form, "--out", "other")
        assert first != again and first.read_bytes() == again.read_bytes(), form
    done = CliRunner().invoke(app, ["export", str(path), "--to", "glb"])
    assert done.stdout.strip().endswith("(unchanged)")
    record = json.loads((home / "output/exports/scene.glb.json").read_text())
    assert record["mesh"] == [41, 31] and record["camera"] == {"fps": 12.0, "first_frame": 0, "frames": 24}
    assert record["scene"]["title"] == "Bowl" and record["caption"].startswith("loss from a.npz")


def test_a_picture_that_is_missing_beside_an_export_is_made_again(home):
    path = scene_at(home)
    target = export(path, "obj")
    picture = home / "output/exports/scene.obj.terrain.png"
    whole = picture.read_bytes()
    picture.write_bytes(b"")
    assert export(path, "obj") == target and picture.read_bytes() == whole


def test_no_word_of_the_scene_is_in_a_file_that_is_to_have_none(home):
    pytest.importorskip("pxr")
    path = scene_at(home, title="A bowl of soup")
    for options, there in (((), True), (("--no-metadata",), False)):
        for form in ("glb", "obj"):
            assert (b"bowl of soup" in export(path, form, *options).read_bytes()) == there, form
        words = layer_of(export(path, "usd", *options)).customLayerData
        assert words.get("title") == ("A bowl of soup" if there else None)


def layer_of(path):
    """Returns the layer of a usd file as it is on disk, whatever was read of it before."""
    from pxr import Sdf

    layer = Sdf.Layer.FindOrOpen(str(path))
    layer.Reload(force=True)
    return layer


@pytest.mark.parametrize("name", ["a b [1]", "Talweg-Übung", "x@y;&'\"", "-to", "%d<UDIM>", "日本"])
@pytest.mark.parametrize("form", ["glb", "usd", "stl", "obj"])
def test_a_scene_of_any_name_is_exported_and_read(home, name, form):
    trimesh, _ = pytest.importorskip("trimesh"), pytest.importorskip("pxr")
    path = scene_at(home, name=name, title="v 9 9 9\tf 1 1 1 \"'{}")
    target = export(path.parent / path.name, form)
    assert target.is_file() and target.name == f"{name}.{form}"
    if form in ("glb", "stl"):
        assert len(trimesh.load_scene(target).geometry)
    if form == "obj":
        from trimesh.resolvers import FilePathResolver

        found = trimesh.load_scene(target, resolver=FilePathResolver(str(target.parent)))
        assert any(part.visual.material.image for part in found.geometry.values())
    if form == "usd":
        from pxr import Usd, UsdShade

        stage = Usd.Stage.Open(str(target))
        shaders = [UsdShade.Shader(prim) for prim in stage.Traverse() if prim.IsA(UsdShade.Shader)]
        inputs = [shader.GetInput("file") for shader in shaders]
        files = [file.Get().resolvedPath for file in inputs if file]
        assert len(files) == 2 and all(np.asarray(Image.open(file)).size for file in files)


@pytest.mark.parametrize(
    ("form", "module", "package"), [("usd", "pxr", "usd-core"), ("stl", "trimesh", "trimesh")], ids=["usd", "stl"]
)
def test_a_package_that_is_lacking_is_named_before_all_work(home, monkeypatch, form, module, package):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    code, said = refused(scene_at(home), "--to", form)
    assert code == 4 and f"needs {package}" in said and "`pip install 'thalweg[scene3d]'`" in said
    assert len(said.splitlines()) == 1 and not (home / "output").exists()


REFUSED = {
    "no unit": (["--to", "stl", "--width", "120"], "--width '120': is no length; write it like 120mm"),
    "nothing": (["--to", "stl", "--width", "0mm"], "is not between 1mm and 1000m"),
    "one cell": (["--to", "glb", "--mesh", "1"], "--mesh 1: is no surface"),
    "no shot": (["--to", "glb", "--shot", "2"], "--shot 2: the scene has 1; give 1 to 1"),
    "shot 0": (["--to", "glb", "--shot", "0"], "--shot 0: the scene has 1"),
    "a form": (["--to", "gbl"], 'there is no format "gbl"; did you mean glb?'),
    "a path": (["--to", "glb", "--path", "p.csv"], "--path p.csv: is for surfaces"),
    "a sheet": (["--to", "stl", "--set", "look.body=sheet"], "look.body: sheet is not solid"),
    "no base": (["--to", "stl", "--set", "look.walls.thickness=0"], "0 leaves no base to print"),
    "of a surface": (["--to", "npz"], "is a scene, which is exported as glb, usd, stl or obj"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_exported_is_a_sentence(home, case):
    options, sentence = REFUSED[case]
    code, said = refused(scene_at(home), *options)
    assert code == 2 and sentence in said and len(said.splitlines()) == 1
    assert not list(home.glob("output/exports/*"))


def test_a_surface_is_no_scene_and_has_none_of_its_options(home):
    scene_at(home)
    assert refused("a.npz", "--to", "glb")[1].startswith("a.npz: is no scene, and --to glb is made of one")
    assert refused("a.npz", "--to", "csv", "--width", "1m")[1].startswith("--width: is for scenes")
    assert refused("a.npz", "a.npz", "--to", "csv")[0] == 2
    assert refused("no.yaml", "--to", "glb")[0] == 3


def test_help_loads_nothing_heavy(home):
    code = "import sys; from render.cli import app\ntry: app(['export', '--help'])\nexcept SystemExit: pass\n"
    code += "print({'torch', 'numpy', 'pxr', 'trimesh'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("set()")
