"""Whether this machine can draw at all, found out before VTK is asked to.

Without a GL library VTK does not raise, it crashes at the first render; left to itself without a display it tries X
first. So the libraries are probed through ctypes and VTK is told which window to make. Where the environment steers
VTK or the driver, by VTK_DEFAULT_OPENGL_WINDOW, DISPLAY, GALLIUM_DRIVER and the like, a library that is there proves
nothing: then one window is opened in a process of its own, which may crash.
"""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from render.errors import MachineError

SURFACELESS = 0x31DD  # EGL_PLATFORM_SURFACELESS_MESA
WINDOWS = {"egl": "vtkEGLRenderWindow", "osmesa": "vtkOSOpenGLRenderWindow"}
CHOICE = "VTK_DEFAULT_OPENGL_WINDOW"
DISPLAY = "DISPLAY"
LLVMPIPE = "LP_NUM_THREADS"  # of Mesa's driver that draws without a graphics card; 0 draws in the thread that asks
STEERING = ("VTK_", "MESA_", "GALLIUM_", "LIBGL_", "EGL_", "__EGL_", "__GLX_", "GALLIVM_")  # begin such variables
PATIENCE = 120  # seconds for one window on a busy machine


def require_gl() -> str:
    """Chooses VTK's window and returns what is to be said of that, "" where all is as it was asked for.

    Raises MachineError where none can be opened, with the packages or the variables that are to blame.
    """
    if sys.platform != "linux":
        return ""
    asked = os.environ.get(CHOICE)
    for window in _candidates(asked):
        opened = _opens(window)
        if opened:
            _choose(window, opened)
            return _notice(asked, opened)
    raise _refusal(_steering(os.environ))


def keep_to(threads: int) -> None:
    """Has a driver that draws on the processor use so many threads, unless it was told; before the first window."""
    os.environ.setdefault(LLVMPIPE, str(threads if threads > 1 else 0))


def _candidates(asked: str | None) -> Iterator[str | None]:
    """Gives the windows to try: the one that is asked for, VTK's own choice on a display, the one without a screen."""
    if asked:
        yield asked
    if os.environ.get(DISPLAY) and _library("libGL.so.1", "libOpenGL.so.0") and _library("libX11.so.6"):
        yield None
    found = probe()
    if found is not None and WINDOWS[found] != asked:
        yield WINDOWS[found]


def _choose(window: str | None, opened: str) -> None:
    """Tells VTK; on a display it is left its own choice, unless it fell back on another window than that of X."""
    if window is None and "vtkX" in opened:
        os.environ.pop(CHOICE, None)
    else:
        os.environ[CHOICE] = opened


def _notice(asked: str | None, opened: str) -> str:
    if asked and asked != opened:
        return f"{CHOICE}={asked} names a window that cannot be opened here; {opened} is used in its place"
    return ""


def _refusal(steering: Mapping[str, str]) -> MachineError:
    if not steering:
        return MachineError(
            "no OpenGL library was found to draw with", "install one, e.g. `apt install libegl1 libgl1-mesa-dri`"
        )
    named = ", ".join(f"{name}={value}" for name, value in steering.items())
    return MachineError(
        f"no window to draw in can be opened with {named}",
        f"unset {'it' if len(steering) == 1 else 'them'}, or `apt install libegl1 libgl1-mesa-dri`",
    )


def _steering(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables that tell VTK or a driver what to do."""
    named = (DISPLAY, *STEERING)
    return {name: value for name, value in sorted(environment.items()) if value and name.startswith(named)}


def _opens(window: str | None) -> str | None:
    """Returns the class of the window that VTK opens when it is asked for one, or None where it opens none."""
    steering = {**_steering(os.environ), **({CHOICE: window} if window else {})}
    if window is None:
        steering.pop(CHOICE, None)
    found = probe()
    if set(steering) == {CHOICE} and found is not None and WINDOWS[found] == window:
        return window  # nothing steers, and the probe saw it work
    return _tried(tuple(steering.items()))


@functools.cache
def _tried(steering: tuple[tuple[str, str], ...]) -> str | None:
    """Returns the class of the window that is opened in a process of its own under these variables, or None."""
    plain = {name: value for name, value in os.environ.items() if name not in _steering(os.environ)}
    command = [sys.executable, "-m", "render.stage.window.window"]
    try:
        ended = subprocess.run(
            command, env={**plain, **dict(steering)}, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:  # a display that neither answers nor refuses
        return None
    return ended.stdout.strip().splitlines()[-1] if ended.returncode == 0 else None


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
