"""Whether this machine can draw at all, found out before VTK is asked to.

Without a GL library VTK does not raise, it crashes at the first render; left to itself without a display it tries X
first. So the libraries are probed through ctypes and VTK is told which window to make.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

from render.errors import MachineError

SURFACELESS = 0x31DD  # EGL_PLATFORM_SURFACELESS_MESA
WINDOWS = {"egl": "vtkEGLRenderWindow", "osmesa": "vtkOSOpenGLRenderWindow"}


def require_gl() -> None:
    """Chooses VTK's window; raises MachineError, with the packages that are missing, where none can be made."""
    if sys.platform != "linux" or os.environ.get("VTK_DEFAULT_OPENGL_WINDOW"):
        return
    if os.environ.get("DISPLAY") and _library("libGL.so.1", "libOpenGL.so.0") and _library("libX11.so.6"):
        return
    window = probe()
    if window is None:
        raise MachineError(
            "no OpenGL library was found to draw with; install one, e.g. `apt install libegl1 libgl1-mesa-dri`"
        )
    os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = WINDOWS[window]


@functools.cache
def probe() -> str | None:
    """Returns "egl" where a display without a screen works, else "osmesa" where that library is, or None."""
    if _egl_works():
        return "egl"
    return "osmesa" if _library("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so") else None


def _egl_works() -> bool:
    egl = _library("libEGL.so.1", "libEGL.so")
    if egl is None:
        return False
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    address = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not address:
        return False
    prototype = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p)
    display_of = prototype(address)
    egl.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)]
    egl.eglTerminate.argtypes = [ctypes.c_void_p]
    return _initialises(egl, display_of(SURFACELESS, None, None))


def _initialises(egl: ctypes.CDLL, display: int | None) -> bool:
    if not display:
        return False
    major, minor = ctypes.c_int(), ctypes.c_int()
    works = bool(egl.eglInitialize(display, ctypes.byref(major), ctypes.byref(minor)))
    if works:
        egl.eglTerminate(display)
    return works


def _library(*names: str) -> ctypes.CDLL | None:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
