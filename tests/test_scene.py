"""The scene: complete once loaded, the same when written out and loaded again, and read without torch or VTK."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from render.errors import SceneError
from render.scene.duration import seconds
from render.scene.language.load import load
from render.scene.plane import Pca
from render.scene.spec import RunSettings, Scene, resolved
from render.scene.surface import SurfaceSettings
from tests.test_scene_problems import GOOD

ROOT = Path(__file__).resolve().parent.parent
SCENES = sorted((ROOT / "scenes").glob("*.yaml"))
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, data: object) -> Path:
    """Returns the path of a file that holds data as JSON, which is YAML."""
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SCENES, ids=[path.stem for path in SCENES])
def test_a_scene_written_out_in_full_loads_as_the_same_scene(path, tmp_path):
    scene = load(path)
    again = load(written(tmp_path / "a.json", resolved(scene)))
    assert again == scene
    assert resolved(again) == resolved(scene)


def test_a_scene_written_out_leaves_nothing_to_a_default(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    complete = resolved(load(path))
    assert complete["surfaces"]["main"]["margin"] == 0.75
    assert complete["shots"][0]["camera"]["sweep"] == 50
    assert load(path).shots[0].hold == 1.5
    assert complete["look"]["sun"]["size"] > 0
    assert complete["films"]["one"]["encoder"].items() >= {"kind": "h264", "crf": 17, "preset": "medium"}.items()


def test_a_scene_lasts_as_long_as_its_shots(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD + "  two: {size: [32, 32]}\n", encoding="utf-8")
    scene = load(path)
    longer = scene.model_copy(update={"shots": [*scene.shots, *scene.shots]})
    assert (scene.duration, longer.duration) == (8, 16)


def test_a_scene_without_shots_can_still_be_trained(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD[: GOOD.index("surfaces:")], encoding="utf-8")
    scene = load(path)
    assert list(scene.runs) == ["main"]
    assert scene.duration == 0
    assert scene.look.name == "ember"


@pytest.mark.parametrize(
    ("plane", "alpha", "beta"),
    [
        ({"kind": "random"}, (-1, 1), (-1, 1)),
        ({"kind": "hessian"}, (-1, 1), (-1, 1)),
        ({"kind": "gradient"}, (-1, 1), (-1, 1)),
        ({"kind": "between", "run": "b"}, (-0.5, 1.5), (-1, 1)),
        ({"kind": "three", "runs": ["b", "c"]}, (-0.5, 1.5), (-0.5, 1.5)),
    ],
)
def test_a_surface_that_says_no_range_gets_one_that_suits_its_plane(plane, alpha, beta):
    surface = SurfaceSettings.model_validate({"run": "a", "points": [3, 3], "plane": plane})
    assert surface.margin is None and surface.range is not None
    assert (surface.range.alpha, surface.range.beta) == (alpha, beta)
    made = SurfaceSettings(run="a", points=(3, 3), plane=surface.plane, margin=None, range=None)
    assert made == surface


def test_a_surface_that_says_no_plane_gets_that_of_its_path():
    plain = SurfaceSettings(run="a", points=(3, 3))
    assert (plain.plane, plain.margin, plain.range) == (Pca(origin="last"), 0.75, None)
    assert SurfaceSettings.model_validate({"run": "a", "points": [3, 3], "plane": {"kind": "pca"}}) == plain


def test_only_an_adaptive_surface_has_a_tolerance():
    told = {"run": "a", "points": [3, 3]}
    assert SurfaceSettings.model_validate(told).tolerance is None
    assert SurfaceSettings.model_validate({**told, "mode": "adaptive"}).tolerance == 0.002
    assert SurfaceSettings.model_validate({**told, "mode": "adaptive", "tolerance": 0.5}).tolerance == 0.5


def test_a_surface_that_says_nothing_is_measured_plainly():
    plain = SurfaceSettings(run="a", points=(3, 3))
    assert (plain.mode, plain.strategy, plain.budget) == ("exact", "auto", None)
    assert plain.objective.model_dump() == {
        "examples": None, "balanced": False, "split": "train", "loss": "cross-entropy", "bn": "frozen",
        "bn_batch": None, "calibration": None, "dropout": "off", "weight_decay": 0, "precision": "float32",
        "epoch": None,
    }  # fmt: skip


def test_a_budget_is_seconds(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path, ["surfaces.main.budget=30min"]).surfaces["main"].budget == 1800


def test_a_run_has_the_seed_of_its_scene_or_its_own(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    shared, own = load(path).runs["main"], load(path, ["runs.main.seed=3"]).runs["main"]
    assert (shared.seed, own.seed) == (None, 3)
    assert (shared.seed_in(7), own.seed_in(7)) == (7, 3)
    assert shared.seeded(3) == own


def test_a_scene_made_in_python_is_checked_like_a_file():
    run = RunSettings.model_validate({
        "data": {"kind": "digits"}, "network": {"kind": "mlp", "widths": []},
        "training": {"optimiser": {"kind": "adam"}, "batch": 1, "steps": 1},
    })  # fmt: skip
    with pytest.raises(ValidationError, match='there is no run "b"; known here: a'):
        Scene(thalweg=1, title="t", runs={"a": run}, surfaces={"s": SurfaceSettings(run="b", points=(2, 2))})
    with pytest.raises(ValidationError, match="frozen"):
        run.network.activation = "relu"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8s", 8),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        ("2min", 120),
        ("2 min", 120),
        (" 3s ", 3),
        ("0s", 0),
        (4, 4),
        (0.5, 0.5),
    ],
)
def test_a_duration_is_seconds(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["8", "", "s", "-1s", "1d", "1e3s", "1.s", "١s", "8s 3s", "inf s"])
def test_what_is_no_duration_is_told_how_to_write_one(text):
    with pytest.raises(ValueError, match="is not a duration; write it like 8s, 500ms"):
        seconds(text)


names = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)
numbers = st.floats(min_value=1e-3, max_value=5)
networks = st.fixed_dictionaries(
    {"kind": st.just("mlp"), "widths": st.lists(st.integers(1, 4096), max_size=4)},
    optional={"activation": st.sampled_from(["relu", "tanh", "sigmoid", "gelu", "silu"])},
)
data = st.one_of(
    st.just({"kind": "digits"}),
    st.fixed_dictionaries({"kind": st.just("spirals")}, optional={"classes": st.integers(2, 10), "noise": numbers}),
)
optimisers = st.one_of(
    st.fixed_dictionaries({"kind": st.just("sgd"), "lr": numbers}, optional={"momentum": st.floats(0, 0.99)}),
    st.fixed_dictionaries({"kind": st.just("adam")}, optional={"lr": numbers, "weight_decay": numbers}),
)
trainings = st.fixed_dictionaries(
    {"optimiser": optimisers, "batch": st.integers(1, 512), "steps": st.integers(5, 10_000)},
    optional={"every": st.integers(1, 5)},
)
spans = st.tuples(st.floats(-9, -1), st.floats(0, 9)).map(list)
seeds = st.one_of(st.none(), st.integers(0, 2**32 - 1))
objectives = st.one_of(
    st.fixed_dictionaries({}, optional={"examples": st.integers(1, 999), "split": st.sampled_from(["train", "test"])}),
    st.fixed_dictionaries(
        {},
        optional={
            "loss": st.sampled_from(["cross-entropy", "squared-error"]),
            "dropout": st.sampled_from(["off", "fixed"]),
            "weight_decay": st.one_of(st.just(0), numbers),
            "precision": st.sampled_from(["float32", "tf32", "bfloat16", "float16"]),
        },
    ),
    st.fixed_dictionaries({"bn": st.just("batch")}, optional={"bn_batch": st.one_of(st.none(), st.integers(2, 999))}),
    st.fixed_dictionaries(
        {"bn": st.just("recalibrated"), "calibration": st.integers(2, 999)}, optional={"bn_batch": st.integers(2, 999)}
    ),
)
ways = st.one_of(
    st.fixed_dictionaries({}, optional={"mode": st.just("exact")}),
    st.fixed_dictionaries({"mode": st.just("adaptive")}, optional={"tolerance": st.floats(1e-6, 0.5)}),
)
measuring = st.fixed_dictionaries(
    {},
    optional={
        "objective": objectives,
        "strategy": st.sampled_from(["auto", "loop", "folded", "compiled", "dense-eager", "dense-compiled", "native"]),
        "budget": st.sampled_from(["30min", "90s", 12, 0.5, None]),
    },
)
planes = st.one_of(
    st.just({"plane": {"kind": "pca"}}),
    st.fixed_dictionaries(
        {
            "plane": st.fixed_dictionaries(
                {
                    "kind": st.just("pca"),
                    "origin": st.sampled_from(["last", "mean", "first"]),
                }
            ),
        }
    ),
    st.just({"plane": {"kind": "random", "orthogonal": True}}),
    st.just({"plane": {"kind": "hessian"}}),
    st.fixed_dictionaries({"plane": st.fixed_dictionaries({"kind": st.just("gradient")}, optional={"seed": seeds})}),
    st.just({"plane": {"kind": "pca"}, "margin": 0}),
    st.fixed_dictionaries({"plane": st.just({"kind": "random", "seed": 3, "norm": "layer"})}),
    st.fixed_dictionaries({"range": st.fixed_dictionaries({"alpha": spans, "beta": spans})}),
)
steps = st.one_of(
    numbers.map(lambda floor: {"log": {"floor": floor}}),
    st.floats(50, 100).map(lambda percentile: {"clip": {"percentile": percentile}}),
    st.floats(0, 50).map(lambda cells: {"smooth": {"cells": cells}}),
    st.floats(0, 2).map(lambda tall: {"exaggeration": tall}),
)
colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
looks = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["ember", "nocturne", "porcelain"]),
        "relief": st.lists(steps, max_size=4).filter(lambda made: sum("log" in step for step in made) < 2),
        "sun": st.fixed_dictionaries({}, optional={"elevation": st.floats(1, 89), "colour": colours}),
        "palette": st.just([[0, "#000000"], [0.5, "#808080"], [1, "#ffffff"]]),
        "contours": st.fixed_dictionaries({"colour": st.one_of(colours, st.just("ground"))}),
    },
)
cameras = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("orbit")},
        optional={"azimuth": st.one_of(st.just("auto"), st.floats(-360, 360)), "sweep": st.floats(-90, 90)},
    ),
    st.fixed_dictionaries({"kind": st.just("fixed")}, optional={"distance": st.one_of(st.just("auto"), numbers)}),
)


def _joined(*parts: dict) -> dict:
    """Returns the parts of a surface as one, whose objective has derivatives where the plane needs them."""
    made = dict(itertools.chain(*map(dict.items, parts)))
    objective, kind = made.get("objective", {}), made.get("plane", {}).get("kind")
    odd = objective.get("dropout") == "fixed" or objective.get("bn") == "recalibrated"
    return {key: made[key] for key in made if key != "objective" or not (odd and kind in ("hessian", "gradient"))}


@st.composite
def scenes(draw) -> dict[str, object]:
    """Draws the data of a scene that is right."""
    runs = draw(
        st.dictionaries(
            names,
            st.fixed_dictionaries({"data": data, "network": networks, "training": trainings}, optional={"seed": seeds}),
            min_size=1,
            max_size=2,
        )
    )
    own, *twins = family = draw(st.lists(names.map("twin-".__add__), min_size=3, max_size=3, unique=True))
    run = next(iter(runs.values()))
    runs |= {name: {**run, "seed": seed} for seed, name in enumerate(family)}
    surface = st.fixed_dictionaries({"run": st.sampled_from(sorted(runs)), "points": st.just([30, 20])})
    surface = st.builds(_joined, surface, planes, ways, measuring)
    surfaces = draw(st.dictionaries(names, surface, min_size=1, max_size=2))
    beyond = st.sampled_from([
        {}, {"plane": {"kind": "between", "run": twins[0], "seed": 5}}, {"plane": {"kind": "three", "runs": twins}},
    ])  # fmt: skip
    surfaces |= {"among": {"run": own, "points": [30, 20], **draw(beyond), **draw(ways), **draw(measuring)}}
    durations = st.sampled_from(["8s", "2500ms", "1min", 3, 4.5])
    shot = st.fixed_dictionaries(
        {"surface": st.sampled_from(sorted(surfaces)), "duration": durations}, optional={"camera": cameras}
    )
    return {
        "thalweg": 1,
        "title": draw(
            st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
        ),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "runs": runs,
        "surfaces": surfaces,
        "look": draw(looks),
        "shots": draw(st.lists(shot, min_size=1, max_size=3)),
        "stills": draw(st.dictionaries(names, st.just({"at": "2s", "size": [320, 180]}), max_size=2)),
        "films": draw(st.dictionaries(names, st.just({"size": [320, 180], "fps": 24}), max_size=2)),
    }


@pytest.mark.slow
@QUIET
@given(asked=scenes())
def test_any_right_scene_survives_being_written_out(tmp_path, asked):
    scene = load(written(tmp_path / "a.yaml", asked))
    again = load(written(tmp_path / "b.yaml", resolved(scene)))
    assert again == scene
    assert resolved(again) == resolved(scene)


WORDS = [
    *sorted(set(GOOD.replace(":", " ").replace(",", " ").split())),
    "kind",
    "plane",
    "objective",
    "between",
    "three",
    "run",
    "mode",
    "adaptive",
    "random",
    "relief",
    "range",
    "sun",
]
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(WORDS), st.just(10**99)
)
junk = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
)


def loads_or_explains(path: Path, *settings: str) -> None:
    """Loads a scene; allows no other error than a SceneError in plain words."""
    try:
        load(path, settings)
    except SceneError as error:
        assert error.problems
        assert all(problem.isprintable() and "Input should" not in problem for problem in error.problems)


@pytest.mark.slow
@settings(QUIET, max_examples=300)
@given(st.data())
def test_a_right_scene_with_one_wrong_value_is_loaded_or_explained(tmp_path, data):
    value = json.loads(json.dumps(data.draw(scenes())))  # drawn parts may be shared
    here, key = {"": value}, ""
    while isinstance(here[key], dict | list) and here[key] and data.draw(st.integers(0, 4)):
        here = here[key]
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
    here[key] = data.draw(junk)
    loads_or_explains(written(tmp_path / "a.yaml", value))


@settings(QUIET, max_examples=300)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 12),
    st.text(max_size=6) | st.text("{}[]&*!|>%@`\"'\\\t\n :-?#,<1ae", max_size=8),
)
def test_a_scene_with_a_torn_place_is_loaded_or_explained(tmp_path, start, length, text):
    path = tmp_path / "a.yaml"
    torn = GOOD[:start] + text + GOOD[start + length :]
    path.write_bytes(torn.encode("utf-8", errors="surrogatepass"))
    loads_or_explains(path)


@QUIET
@given(st.binary(max_size=60))
def test_any_bytes_are_loaded_or_explained(tmp_path, raw):
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    loads_or_explains(path)


@settings(QUIET, max_examples=200)
@given(
    st.sampled_from(["shots.0", "runs.main", "look", "look.sun", "stills.one.at", "title", "", "films.one.size.0"]),
    st.text(max_size=8),
)
def test_any_setting_is_obeyed_or_explained(tmp_path, key, text):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    loads_or_explains(path, f"{key}={text}", f"{key}.{text}")


def test_a_scene_is_checked_without_loading_what_draws_or_learns():
    heavy = ("torch", "numpy", "scipy", "vtk", "vtkmodules", "pyvista", "PIL", "zarr")
    program = (
        "import sys; from pathlib import Path; from render.scene.language.load import load\n"
        "from render.scene.quality import apply_quality; from render.scene.language.schema import scene_schema\n"
        f"apply_quality(load(Path({str(SCENES[0])!r})), 'thumb'); scene_schema()\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
