"""The packages of the extra scene3d, which an installation may lack."""

from __future__ import annotations

import importlib
from types import ModuleType

from render.errors import MachineError

PACKAGES = {"pxr": "usd-core", "trimesh": "trimesh"}  # by what is imported


def require(module: str, form: str) -> ModuleType:
    """Returns a module; raises MachineError where its package is not installed or cannot be loaded."""
    package = PACKAGES[module.split(".")[0]]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MachineError(
            f"--to {form}: needs {package} ({error}); install it with `pip install 'thalweg[scene3d]'`"
        ) from error
