"""Universal Scene Description: one stage, z up, its unit the metre, its pictures beside it.

Pixar, "Universal Scene Description" (openusd.org), by its own library. The time codes are the frames of the film. A
distant light that is normalised gives its intensity as illuminance, so π lights a white surface to 1.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import MachineError
from render.solid import axes
from render.solid.extra import require
from render.solid.model import Lights, Material, Model, ModelCamera, Piece

SENSOR = 0.024  # metres, height of the camera's picture; with it the lens has a length one knows from 35 mm film
ROOT = "/Stage"


def encode(model: Model, names: Mapping[str, str]) -> bytes:
    """Returns a model as the bytes of a binary usd file; names are the files of its textures, beside it."""
    for module in ("Usd", "UsdGeom", "UsdLux", "UsdShade", "Sdf", "Gf", "Vt"):
        require(f"pxr.{module}", "usd")
    stage = _stage(model)
    for piece in model.pieces:
        _mesh(stage, piece, names)
    _camera(stage, model.camera)
    _lights(stage, model.lights)
    with tempfile.TemporaryDirectory() as folder:  # a name that the library cannot take for anything but a path
        file = Path(folder) / "stage.usd"
        stage.GetRootLayer().Export(str(file))
        _compare(file, model)
        return file.read_bytes()


def _stage(model: Model) -> Any:
    from pxr import Usd, UsdGeom

    stage = Usd.Stage.CreateInMemory("stage.usd")
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    camera = model.camera
    stage.SetTimeCodesPerSecond(camera.fps)
    stage.SetFramesPerSecond(camera.fps)
    stage.SetStartTimeCode(camera.first)
    stage.SetEndTimeCode(camera.first + len(camera) - 1)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, ROOT).GetPrim())
    if model.words:
        stage.GetRootLayer().customLayerData = model.words
    return stage


def _identifier(name: str) -> str:
    return name.replace("-", "_")


def _mesh(stage: Any, piece: Piece, names: Mapping[str, str]) -> None:
    from pxr import Sdf, UsdGeom, UsdShade, Vt

    mesh = UsdGeom.Mesh.Define(stage, f"{ROOT}/{_identifier(piece.name)}")
    mesh.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(piece.points)))
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(piece.triangles), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(np.ascontiguousarray(piece.triangles.ravel(), np.int32)))
    mesh.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(piece.normals)))
    mesh.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDoubleSidedAttr(piece.material.two_sided)
    mesh.CreateExtentAttr([tuple(map(float, end)) for end in (piece.points.min(0), piece.points.max(0))])
    if piece.places is not None:
        places = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar(
            "st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex
        )
        places.Set(Vt.Vec2fArray.FromNumpy(np.ascontiguousarray(piece.places)))
    UsdShade.MaterialBindingAPI.Apply(mesh.GetPrim()).Bind(_material(stage, piece.material, names))


def _material(stage: Any, material: Material, names: Mapping[str, str]) -> Any:
    from pxr import Gf, Sdf, UsdShade

    path = f"{ROOT}/Materials/{_identifier(material.name)}"
    if stage.GetPrimAtPath(path):
        return UsdShade.Material.Get(stage, path)
    made = UsdShade.Material.Define(stage, path)
    surface = UsdShade.Shader.Define(stage, f"{path}/surface")
    surface.CreateIdAttr("UsdPreviewSurface")
    for name, number in (("roughness", material.roughness), ("ior", material.index), ("metallic", 0.0)):
        surface.CreateInput(name, Sdf.ValueTypeNames.Float).Set(float(number))
    diffuse = surface.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f)
    if material.texture:
        diffuse.ConnectToSource(_texture(stage, path, names[material.texture.name]))
    else:
        glow = [float(material.emission * part) for part in material.colour]
        diffuse.Set(Gf.Vec3f(0, 0, 0))
        surface.CreateInput("emissiveColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(*glow))
    made.CreateSurfaceOutput().ConnectToSource(surface.ConnectableAPI(), "surface")
    return made


def _texture(stage: Any, path: str, file: str) -> Any:
    """Returns the output of the texture in a file, read where a mesh says."""
    from pxr import Sdf, UsdShade

    places = UsdShade.Shader.Define(stage, f"{path}/places")
    places.CreateIdAttr("UsdPrimvarReader_float2")
    places.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    at = places.CreateOutput("result", Sdf.ValueTypeNames.Float2)
    texture = UsdShade.Shader.Define(stage, f"{path}/texture")
    texture.CreateIdAttr("UsdUVTexture")
    texture.CreateInput("file", Sdf.ValueTypeNames.Asset).Set(f"./{file}")
    texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(at)
    for name, value in (("sourceColorSpace", "sRGB"), ("wrapS", "clamp"), ("wrapT", "clamp")):
        texture.CreateInput(name, Sdf.ValueTypeNames.Token).Set(value)
    return texture.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)


def _camera(stage: Any, camera: ModelCamera) -> None:
    from pxr import Gf, UsdGeom

    made = UsdGeom.Camera.Define(stage, f"{ROOT}/camera")
    height = SENSOR * 10  # lenses are told in tenths of the stage's unit
    width = height * camera.aspect
    made.CreateVerticalApertureAttr(height)
    made.CreateHorizontalApertureAttr(width)
    made.CreateClippingRangeAttr(Gf.Vec2f(*camera.clip))
    across, up = made.CreateHorizontalApertureOffsetAttr(), made.CreateVerticalApertureOffsetAttr()
    focal, placed = made.CreateFocalLengthAttr(), made.AddTransformOp()
    for index, matrix in enumerate(_matrices(axes.basis(camera.axes), camera.positions)):
        frame = camera.first + index
        placed.Set(Gf.Matrix4d(*matrix.ravel().tolist()), frame)
        focal.Set(float(height / 2 / math.tan(math.radians(camera.angles[index]) / 2)), frame)
        across.Set(float(camera.shifts[index, 0] * height / 2), frame)
        up.Set(float(camera.shifts[index, 1] * height / 2), frame)


def _matrices(turns: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Returns matrices (F, 4, 4) for row vectors, of rotations (F, 3, 3) for column vectors and places (F, 3)."""
    matrices = np.zeros((len(turns), 4, 4))
    matrices[:, :3, :3], matrices[:, 3, :3], matrices[:, 3, 3] = turns.transpose(0, 2, 1), places, 1.0
    return matrices


def _lights(stage: Any, lights: Lights) -> None:
    from pxr import Gf, UsdLux

    sun = UsdLux.DistantLight.Define(stage, f"{ROOT}/sun")
    (matrix,) = _matrices(axes.shining(lights.towards)[None], np.zeros((1, 3)))
    sun.AddTransformOp().Set(Gf.Matrix4d(*matrix.ravel().tolist()))
    sun.CreateAngleAttr(2 * lights.size)
    sun.CreateNormalizeAttr(True)
    for light, colour, unit in ((sun, lights.sun, math.pi), (_dome(stage), lights.sky, 1.0)):
        strength = float(colour.max())
        light.CreateIntensityAttr(unit * strength)
        light.CreateColorAttr(Gf.Vec3f(*(colour / strength if strength > 0 else np.ones(3)).tolist()))


def _dome(stage: Any) -> Any:
    from pxr import UsdLux

    return UsdLux.DomeLight.Define(stage, f"{ROOT}/sky")


def _compare(file: Path, model: Model) -> None:
    """Raises MachineError where a file that is opened again does not hold what was written."""
    from pxr import Usd, UsdGeom

    stage = Usd.Stage.Open(str(file))
    whole = UsdGeom.GetStageMetersPerUnit(stage) == 1.0 and UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.z
    for piece in model.pieces:
        mesh = UsdGeom.Mesh.Get(stage, f"{ROOT}/{_identifier(piece.name)}")
        whole = whole and np.array_equal(np.array(mesh.GetPointsAttr().Get()), piece.points)
        whole = whole and np.array_equal(np.array(mesh.GetFaceVertexIndicesAttr().Get()), piece.triangles.ravel())
    if not whole:
        raise MachineError("--to usd: the file does not hold what was written into it; see to the disk and to usd-core")
