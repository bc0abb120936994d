"""What code names, and what of it comes with Python or a package: all that a fingerprint asks of Python itself."""

from __future__ import annotations

import dis
import sys
import sysconfig
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

INSTALLED = ("site-packages", "dist-packages")
STDLIB = sysconfig.get_path("stdlib")


def is_installed(value: Any) -> bool:
    """Tells whether a module, class or function comes with Python or a package, so that its name says what it does."""
    if isinstance(value, types.ModuleType):
        name = value.__name__
    elif isinstance(value, types.FunctionType):  # a wrapper bears the module of what it wraps
        name = str(value.__globals__.get("__name__", ""))
    else:
        name = str(getattr(value, "__module__", None) or "")
    root, file = name.partition(".")[0], getattr(sys.modules.get(name), "__file__", None)
    if root in ("torch", "numpy", "render"):
        return True
    if file is None:  # compiled into Python, or of no file at all
        return root in sys.builtin_module_names or (root in sys.stdlib_module_names and name in sys.modules)
    return any(part in INSTALLED for part in Path(str(file)).parts) or Path(str(file)).is_relative_to(STDLIB)


def held_in(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that was never bound
        return None


def globals_of(code: types.CodeType) -> list[str]:
    """Returns the names that code reads as globals, also within functions that it defines."""
    found = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.update(globals_of(constant))
    return sorted(found)


def imported_in(code: types.CodeType) -> set[str]:
    """Returns the modules that code imports itself, also within functions that it defines."""
    inner = (imported_in(constant) for constant in code.co_consts if isinstance(constant, types.CodeType))
    names = {str(step.argval) for step in dis.get_instructions(code) if step.opname == "IMPORT_NAME"}
    return names.union(*inner)


def slots_of(value: Any) -> dict[str, Any] | None:
    """Returns what an object with slots holds, or None where it has none."""
    names = [name for kind in type(value).__mro__ for name in _as_names(vars(kind).get("__slots__", ()))]
    return {name: getattr(value, name, None) for name in names if name != "__weakref__"} if names else None


def _as_names(slots: str | Iterable[str]) -> list[str]:
    return [slots] if isinstance(slots, str) else list(slots)


def names_in(code: types.CodeType) -> set[str]:
    """Returns all names that code reads, also within functions that it defines."""
    inner = (names_in(constant) for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*inner)
