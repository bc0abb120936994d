"""One small window of VTK, opened and read back to see whether it can be drawn in.

    python -m render.stage.window.window

prints the window's class. It runs in a process of its own, since VTK ends the process it is in with a segmentation
fault where a window cannot be opened.
"""

from __future__ import annotations

SIDE = 16  # pixels
COLOUR = (0.0, 1.0, 0.0)


def opened() -> str:
    """Returns the class of a window that was drawn in; raises RuntimeError where it came back in another colour."""
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (registers the windows)
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    window, renderer, pixels = vtkRenderWindow(), vtkRenderer(), vtkUnsignedCharArray()
    renderer.SetBackground(*COLOUR)
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(SIDE, SIDE)
    window.AddRenderer(renderer)
    window.Render()
    window.GetPixelData(0, 0, SIDE - 1, SIDE - 1, 1, pixels, 0)
    if not (vtk_to_numpy(pixels) == [255 * share for share in COLOUR]).all():
        raise RuntimeError("the window came back in another colour than it was drawn in")
    return str(window.GetClassName())


if __name__ == "__main__":
    print(opened())
