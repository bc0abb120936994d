"""The architecture, proved from the syntax tree: imports go one way, and each library stays on its own floor."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "render"
FLOORS = {
    "errors": 0, "files": 0, "interrupts": 0, "progress": 0, "compiler": 0, "kernels": 0, "fingerprint": 0, "store": 0,
    "records": 0, "scene": 1, "descent": 2, "landscape": 3, "stage": 4, "film": 5, "solid": 6, "cli": 7,
    "__init__": 8, "__main__": 8,
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))
ONLY_IN = {
    "pyvista": {"stage"},
    "vtkmodules": {"stage"},
    "imageio_ffmpeg": {"film", "landscape"},
    "ruamel": {"scene"},
    "typer": {"cli"},
    "pxr": {"solid"},
    "trimesh": {"solid"},
}
NOT_IN = {
    "torch": {"scene", "errors", "files", "records", "progress", "cli"},
    "numpy": {"scene", "errors", "files", "records", "progress", "cli"},
}


def floor_of(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module}: imports are absolute"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_module_stands_on_a_known_floor():
    assert {floor_of(module) for module in MODULES} <= set(FLOORS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(module):
    own = floor_of(module)
    for name in imported(module):
        parts = name.split(".")
        if parts[0] == "render" and len(parts) > 1:
            other = parts[1]
            assert FLOORS.get(other, 0) <= FLOORS[own], f"{module} imports {name}"
            same_floor_files = FLOORS.get(other) == FLOORS[own] and other != own
            assert not same_floor_files or FLOORS[own] in (0, 8), f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_where_they_belong(module):
    own = floor_of(module)
    roots = {name.split(".")[0] for name in imported(module)}
    for library, floors in ONLY_IN.items():
        assert library not in roots or own in floors, f"{module} imports {library}"
    for library, floors in NOT_IN.items():
        assert library not in roots or own not in floors, f"{module} imports {library}"
