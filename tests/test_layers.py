"""The architecture, proved from the syntax tree: imports go one way, and each library stays on its own floor."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "render"
FLOORS = {
    "errors": 0, "interrupts": 0, "headway": 0, "progress": 0, "storage": 1, "precompiled": 2, "compiler": 3,
    "scene": 4, "data": 5, "descent": 6, "space": 7, "loss": 8, "sampling": 9, "exchange": 10, "landscape": 11,
    "stage": 12, "film": 13, "solid": 14, "site": 15, "works": 16, "upkeep": 17, "cli": 18,
    "__init__": 19, "__main__": 19,
}  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))
ONLY_IN = {
    "pyvista": {"stage"},
    "vtkmodules": {"stage"},
    "imageio_ffmpeg": {"film", "exchange"},
    "ruamel": {"scene"},
    "typer": {"cli"},
    "pxr": {"solid"},
    "trimesh": {"solid"},
}
NOT_IN = {
    "torch": {"scene", "errors", "storage/files.py", "storage/records.py", "progress", "headway", "cli"},
    "numpy": {"scene", "errors", "storage/files.py", "storage/records.py", "progress", "headway", "cli"},
}
SHARED_MODULES = {  # the vocabulary of scenes, and the room that has the value of that name
    "camera": {"scene/camera.py", "stage/camera.py"},
    "plane": {"scene/plane.py", "space/plane.py"},
    "relief": {"scene/relief.py", "stage/body/relief.py"},
    "series": {"scene/series.py", "landscape/series.py"},
    "surface": {"scene/surface.py", "sampling/surface.py"},
    "training": {"scene/training.py", "descent/training.py"},
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
            assert not same_floor_files or FLOORS[own] in (0, 18), f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_where_they_belong(module):
    own = floor_of(module)
    roots = {name.split(".")[0] for name in imported(module)}
    for library, floors in ONLY_IN.items():
        assert library not in roots or own in floors, f"{module} imports {library}"
    for library, floors in NOT_IN.items():
        assert library not in roots or not floors & {own, str(module.relative_to(PACKAGE))}, (
            f"{module} imports {library}"
        )


def test_drawing_takes_finished_values_and_neither_trains_nor_measures():
    graph = {name_of(module): imported(module) for module in MODULES if module.parent != PACKAGE}
    makers = {
        "render.descent.training",
        "render.descent.session",
        "render.sampling.campaign",
        "render.landscape.measure",
    }
    for name in graph:
        if name.startswith(("render.stage", "render.film", "render.solid", "render.site")):
            assert not reached(name, graph) & makers, f"{name} imports what trains or measures"
    assert makers <= reached("render.works.of_scene", graph)  # so that the names are still those


def test_a_public_class_or_alias_has_a_name_of_its_own():
    homes = defaultdict(set)
    for module in MODULES:
        for name in defined(ast.parse(module.read_text(encoding="utf-8"))):
            homes[name].add(path_of(module))
    assert len(homes) > 300  # so that they are still found
    assert shared(homes) == {}


def test_a_module_has_a_name_of_its_own():
    homes = defaultdict(set)
    for module in MODULES:
        if module.stem != "__init__":
            homes[module.stem].add(path_of(module))
    assert shared(homes) == SHARED_MODULES


@pytest.mark.parametrize(
    "text",
    ["class Plane: ...", "Plane = tuple[int, int]", "Plane: TypeAlias = int", 'Plane = TypeVar("Plane")'],
)
def test_classes_and_aliases_are_found(text):
    hidden = "class _Hidden: ...\nMOST = 3\n_Own = int\nlower = 2\ndef Made(): ..."
    assert list(defined(ast.parse(f"{hidden}\n{text}"))) == ["Plane"]


def defined(module: ast.Module) -> Iterator[str]:
    """Gives the public classes and type aliases of a module; what is all capitals is a constant."""
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper():
                yield target.id


def shared(homes: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {name: places for name, places in homes.items() if len(places) > 1}


def path_of(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


def name_of(module: Path) -> str:
    return ".".join(("render", *module.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def reached(name: str, graph: dict[str, set[str]]) -> set[str]:
    found, ahead = set(), [name]
    while ahead:
        for other in graph.get(ahead.pop(), set()):
            if other in graph and other not in found:
                found.add(other)
                ahead.append(other)
    return found
