"""The geometry pass: what lies behind each sub-pixel, and how far away. PyVista draws, nothing is lit."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from render.errors import MachineError
from render.stage.body.mesh import Mesh
from render.stage.camera import View
from render.stage.window.gl import require_gl

LEAST = np.array([[-0.5, -0.5, 0.0], [0.5, 0.5, 0.3]])  # picture widths that are drawn in any case
NEAR_PLANE = 0.02  # picture widths along the view, before which nothing is drawn
LINE_CODE = 15  # a share of the blue channel: of an ink, or of a body
SHEER = "sheer"  # begins the names of sheer lines
CODE = 40  # a kind's share of the red channel; far enough apart to survive a driver's rounding


class Kind(enum.IntEnum):
    """What a sub-pixel shows."""

    NOTHING = 0
    TERRAIN = 1
    WALL = 2
    UNDERSIDE = 3
    PATH = 4
    MARK = 5
    SHEER = 6  # a line that lets through; never in the pass of what does not


@dataclass(frozen=True)
class Geometry:
    """What was read back, with the first row at the top."""

    depth: np.ndarray  # (H, W) float32, window depth in 0..1; 1 where there is nothing
    kind: np.ndarray  # (H, W) uint8
    along: np.ndarray  # (H, W) uint8, place along the path in 0..255, meaningful on the path only
    line: np.ndarray  # (H, W) uint8, the ink of a path, or which body
    near: float  # picture widths
    far: float


SOLID = (Kind.TERRAIN, Kind.WALL, Kind.UNDERSIDE)


class GeometryPass:
    """Holds the scene on the graphics side; only the view and the path change from frame to frame."""

    def __init__(self, width: int, height: int):
        require_gl()
        import pyvista

        if max(width, height) > 16_384:
            raise MachineError(f"a picture of {width}×{height} sub-pixels is wider than 16,384; ask for a smaller size")
        self._size = (width, height)
        plotter: Any = pyvista.Plotter(off_screen=True, window_size=[width, height], lighting="none")
        plotter.render_window.SetMultiSamples(0)
        plotter.set_background("black")
        self._plotter = plotter
        self._extents: dict[str, np.ndarray] = {}  # (2, 3) of each solid mesh

    def put(
        self,
        name: str,
        kind: Kind,
        mesh: Mesh | None,
        along: np.ndarray | None = None,
        line: int = 0,
        *,
        back: Kind | None = None,
    ) -> None:
        """Shows a mesh as a kind of thing, in place of the one of that name; None, or no triangle, takes it away.

        line: the ink of a path, or which body. back: what is seen from behind, if that is another kind; the front is
        where triangles run counter-clockwise, and a back of NOTHING hides what is behind it, and shows nothing.
        """
        if mesh is None or not len(mesh.triangles):
            self._extents.pop(name, None)
            for part in (name, f"{name} back"):
                self._plotter.remove_actor(part, render=False)
            return
        data = _poly_data(mesh)
        if kind in SOLID:
            self._extents[name] = np.stack([mesh.points.min(0), mesh.points.max(0)])
        code = np.zeros((len(mesh.points), 3), np.uint8)
        code[:, 0] = kind * CODE
        code[:, 2] = line * LINE_CODE
        if along is not None:
            code[:, 1] = np.round(255 * along)
        data.point_data["code"] = code
        self._add(name, data, None if back is None else "back")
        if kind == Kind.SHEER:
            self._sheer[name].SetVisibility(False)
        if back is not None:
            behind = data.copy()
            turned = code.copy()
            turned[:, 0] = back * CODE
            behind.point_data["code"] = turned if back else np.zeros_like(code)
            self._add(f"{name} back", behind, "front")

    def _add(self, name: str, data: Any, culling: str | None) -> None:
        self._plotter.add_mesh(
            data,
            scalars="code",
            rgb=True,
            lighting=False,
            culling=culling,
            name=name,
            render=False,
            reset_camera=False,
            show_scalar_bar=False,
        )

    @property
    def _bounds(self) -> np.ndarray:
        """The lowest and the highest corner (2, 3) of all that is solid, picture widths."""
        every = np.stack([LEAST, *self._extents.values()])
        return np.stack([every[:, 0].min(0), every[:, 1].max(0)])

    def draw(self, view: View, *, empty: bool = False) -> Geometry:
        """Draws the scene from a view and reads it back.

        Raises MachineError where the picture came back empty, unless it may be, as a part of one.
        """
        near, far = self._aim(view)
        window = self._plotter.render_window
        window.Render()
        depth, colour = _read_depth(window, self._size), _read_colour(window, self._size)
        kind = (colour[..., 0].astype(np.uint16) + CODE // 2) // CODE
        if self._bodies and not empty and not kind.any():
            raise MachineError("the graphics driver returned an empty picture; check the scene's camera and the driver")
        return Geometry(depth, kind.astype(np.uint8), colour[..., 1], _number(colour), near, far)

    def sheer(self, view: View) -> tuple[np.ndarray, np.ndarray] | None:
        """Returns opacity in 0..255 and ink of the sheer lines that a view sees, (H, W) uint8; None without any."""
        if not self._sheer:
            return None
        self._aim(view)
        try:
            self._show_sheer(True)
            self._plotter.render_window.Render()
            colour = _read_colour(self._plotter.render_window, self._size)
        finally:
            self._show_sheer(False)
        return np.where(_is(Kind.SHEER, colour), colour[..., 1], 0).astype(np.uint8), _number(colour)

    def _show_sheer(self, shown: bool) -> None:
        for actor in self._sheer.values():
            actor.SetVisibility(shown)

    @property
    def _sheer(self) -> dict[str, Any]:
        return {name: actor for name, actor in self._plotter.actors.items() if name.startswith(SHEER)}

    def unhidden_paths(self, view: View) -> list[tuple[int, np.ndarray]]:
        """Returns how opaque the paths of each ink would be seen if no terrain stood before them, (H, W) in 0..1."""
        hidden = [actor for name, actor in self._plotter.actors.items() if name.startswith("body")]
        self._aim(view)
        try:
            for actor in hidden:
                actor.SetVisibility(False)
            self._show_sheer(True)
            self._plotter.render_window.Render()
            colour = _read_colour(self._plotter.render_window, self._size)
            line = _number(colour)
            sheer = np.where(_is(Kind.SHEER, colour), colour[..., 1] / np.float32(255), np.float32(0))
            opacity = np.where(_is(Kind.PATH, colour), np.float32(1), sheer)
            return [(int(ink), np.where(line == ink, opacity, 0)) for ink in np.unique(line[opacity > 0])]
        finally:
            self._show_sheer(False)
            for actor in hidden:
                actor.SetVisibility(True)

    @property
    def _bodies(self) -> bool:
        """Whether a body stands here, of which some part has to be seen."""
        return any(name.startswith("body") for name in self._plotter.actors)

    def _aim(self, view: View) -> tuple[float, float]:
        camera = self._plotter.camera
        camera.SetPosition(*view.position)
        camera.SetFocalPoint(*view.target)
        camera.SetViewUp(*view.axes[1])
        camera.SetViewAngle(view.angle)
        width, height = self._size
        camera.SetWindowCenter(view.shift[0] * height / width, view.shift[1])
        corners = np.stack(np.meshgrid(*self._bounds.T), -1).reshape(-1, 3)
        along = (corners - view.position) @ view.axes[2]
        near, far = max(NEAR_PLANE, along.min() * 0.95), along.max() * 1.05
        camera.SetClippingRange(near, far)
        return near, far

    @property
    def graphics(self) -> dict[str, str | int]:
        """Window class, renderer, version and widest texture, pixels, of the library, once it has drawn."""
        from vtkmodules.vtkRenderingOpenGL2 import vtkTextureObject

        window = self._plotter.render_window
        report = window.ReportCapabilities()
        found = {name: re.search(rf"OpenGL {name} string:\s*(.+)", report) for name in ("renderer", "version")}
        said = {name: match[1].strip() if match else "unknown" for name, match in found.items()}
        return {"window": window.GetClassName(), **said, "widest": int(vtkTextureObject.GetMaximumTextureSize(window))}

    def close(self) -> None:
        """Gives the graphics memory back."""
        self._plotter.close()


def _poly_data(mesh: Mesh) -> Any:
    import pyvista

    return pyvista.PolyData.from_regular_faces(mesh.points, mesh.triangles)


def _is(kind: Kind, colour: np.ndarray) -> np.ndarray:
    """Returns which sub-pixels (H, W) of what was read back show a kind of thing."""
    return np.asarray(np.abs(colour[..., 0].astype(int) - kind * CODE) < CODE // 2)


def _number(colour: np.ndarray) -> np.ndarray:
    """Returns the inks, or whose bodies, (H, W) uint8 of what was read back."""
    return ((colour[..., 2].astype(np.uint16) + LINE_CODE // 2) // LINE_CODE).astype(np.uint8)


def _read_depth(window: Any, size: tuple[int, int]) -> np.ndarray:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkFloatArray

    values = vtkFloatArray()
    window.GetZbufferData(0, 0, size[0] - 1, size[1] - 1, values)
    return vtk_to_numpy(values).reshape(size[1], size[0])[::-1]


def _read_colour(window: Any, size: tuple[int, int]) -> np.ndarray:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

    values = vtkUnsignedCharArray()
    window.GetPixelData(0, 0, size[0] - 1, size[1] - 1, 1, values, 0)
    return vtk_to_numpy(values).reshape(size[1], size[0], 3)[::-1]
