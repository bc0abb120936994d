"""The maker of a network of one's own: a Python function that is named on the command line, and only there."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from render.errors import DataError, UsageError
from render.scene.language.nearest import guess


def made(name: str) -> nn.Module:
    """Returns the network that a function makes, named as package.module:function, found from the working directory."""
    module_name, colon, function_name = name.partition(":")
    if not (module_name and colon and function_name):
        raise UsageError(f"--model {name}: is no function; write package.module:function")
    function = _function(module_name, function_name)
    try:
        model = function()
    except (Exception, SystemExit) as error:
        raise DataError(f"--model {name}: failed with {type(error).__name__}: {error} ({_place(error)})") from error
    if not isinstance(model, nn.Module):
        raise DataError(f"--model {name}: gave {type(model).__name__}; it must return a torch.nn.Module")
    return model


def _function(module_name: str, function_name: str) -> Callable[[], Any]:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        near = _near(module_name, error, here)
        raise UsageError(
            f"--model: {module_name} cannot be imported ({type(error).__name__}: {error})"
            + (f"; did you mean {near}?" if near else "")
        ) from error
    function = vars(module).get(function_name)
    if not callable(function):
        near = guess(function_name, [key for key, value in vars(module).items() if callable(value)])
        raise UsageError(
            f"--model: {module_name} has no function {function_name}" + (f"; did you mean {near}?" if near else "")
        )
    return function


def _place(error: BaseException) -> str:
    """Returns the file and line where an error came from, without the folder."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _near(module_name: str, error: BaseException, here: str) -> str | None:
    """Returns the module of the working directory that a wrong name was probably meant to be."""
    if not isinstance(error, ModuleNotFoundError) or error.name != module_name:
        return None
    return guess(module_name, [found.name for found in pkgutil.iter_modules([here])])
