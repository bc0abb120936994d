"""The benchmarks: every script is imported, and each of its cases runs on as little as it takes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from render.loss.ways.strategies import STRATEGIES
from render.scene.language.load import load
from render.scene.network import Convnet
from tests.test_progress import in_lines

FOLDER = Path(__file__).parent / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))
EVALUATED = {name for name in STRATEGIES if "eager" in name}  # nothing is compiled


@pytest.fixture
def script(monkeypatch):
    """Imports a script as it stands, with those beside it in reach."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", ["script"])

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)  # where dataclasses look for it
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def cases(script, monkeypatch):
    """The networks that are measured, none of them trained."""
    module = script("cases")
    monkeypatch.setitem(sys.modules, "cases", module)
    monkeypatch.setattr(module, "_trained", lambda model, *_: model.eval())
    return module


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_can_be_imported(script, name):
    assert script(name).__doc__


@pytest.mark.slow
def test_every_case_has_a_loss_at_any_point_of_its_plane(cases):
    for make in cases.CASES.values():
        case = make()
        thetas = torch.from_numpy(case.plane().lift([[0.0, 0.0]])).float()
        (loss,) = cases.plain_loop(case, thetas)
        assert loss > 0, case.name


@pytest.mark.parametrize("name", ["perceptron", "scene"])
def test_points_are_measured_every_way(cases, script, monkeypatch, capsys, name):
    points = script("measure_points")
    monkeypatch.setattr(points, "REPEATS", 1)
    monkeypatch.setattr(points, "SECONDS", 0.01)
    case = cases.CASES[name]()
    points.compare(case, [strategy for strategy in STRATEGIES if strategy not in EVALUATED])
    told = capsys.readouterr().out
    assert case.name in told and all(way in told for way in ("plain loop", "dense-eager"))


def test_reduced_precision_is_told(cases, script, capsys):
    script("measure_points").reduced(cases.perceptron(), side=20)
    assert "bfloat16: " in capsys.readouterr().out


def test_an_adaptive_surface_is_timed(cases, script, monkeypatch, tmp_path):
    adaptive = script("adaptive_surface")
    monkeypatch.setattr(adaptive, "SIDE", 20)
    made, seconds = adaptive.timed(cases.of_scene(), 0.1, tmp_path / "s.zarr", tmp_path / "strategies.json")
    assert made.loss.shape == (20, 20) and seconds > 0


def test_a_large_surface_is_told(cases, script, capsys):
    script("large_surface").measure(4)
    assert '"measured": 16' in capsys.readouterr().out


@pytest.mark.parametrize("case", ["disk", "made", "svd"])
def test_principal_components_are_told(script, monkeypatch, capsys, case):
    components = script("principal_components")
    monkeypatch.setattr(components, "LIMIT", 2**60)  # of a process of its own, which this is not
    monkeypatch.setattr(components, "SPARE", 0)
    components.CASES[case]((20, 500))
    assert "streamed" in capsys.readouterr().out


def test_a_step_of_training_is_told(script, monkeypatch, capsys):
    step = script("train_step")
    for name, value in (("STEPS", 2), ("BATCH", 2), ("NETWORK", Convnet(depth=1, width=2, widest=2))):
        monkeypatch.setattr(step, name, value)
    monkeypatch.setattr(sys, "argv", ["script", "1"])
    step.main()
    assert "logging every step" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "convnet"])
def test_a_first_sample_is_timed_beside_a_second(script, monkeypatch, tmp_path, name):
    first = script("first_sample")
    monkeypatch.setattr(first, "SIDE", 3)
    found = first.timed(name, tmp_path)
    assert min(found["seconds"]) > 0 and len(found["cpu"]) == 2
    assert (tmp_path / "surface0").is_dir() and (tmp_path / "surface1").is_dir()


@pytest.mark.slow
def test_a_first_sample_is_timed_in_new_processes_with_an_empty_cache_and_a_full_one(script, monkeypatch, capsys):
    first = script("first_sample")
    monkeypatch.setattr(sys, "argv", ["script", "tanh", "--runs", "1"])
    first.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines[2:]] == ["empty", "full"]


def test_trainings_are_told_every_way(script, monkeypatch, capsys):
    border = script("border_trainings")
    for name, value in (("REPEATS", 1), ("STEPS", 3), ("COUNTS", {"native": 16, "batched": 16, "loop": 1})):
        monkeypatch.setattr(border, name, value)
    border.compare("float32")
    told = capsys.readouterr().out
    assert all(way in told for way in ("batched", "loop"))


def test_memory_is_told_tile_by_tile(script, monkeypatch, tmp_path):
    growth = script("growth")
    monkeypatch.setattr(growth, "SIDE", 16)
    assert len(growth.tiles(tmp_path)) == 4


def test_encoding_is_told_beside_plain_ffmpeg(script, monkeypatch, tmp_path, capsys):
    encoding = script("encode_film")
    encoding.made_up(tmp_path, count=3, size=(64, 36))
    monkeypatch.setattr(sys, "argv", ["script", str(tmp_path), "--count", "6", "--kinds", "h264,png"])
    encoding.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["plain ffmpeg from PNG, x264 medium", "h264", "png"]


@pytest.mark.slow
def test_frames_of_a_film_are_told_beside_the_stage_alone(script, graphics, monkeypatch, capsys):
    frames = script("film_frames")
    monkeypatch.setattr(frames, "QUALITY", "thumb")
    monkeypatch.setattr(frames, "LISTED", 60)
    monkeypatch.setattr(sys, "argv", ["film_frames.py", "--frames", "4", "--size", "160", "90"])
    frames.main()
    told = capsys.readouterr().out
    assert "stage alone" in told and "under another title" in told and "two " in told
    assert "which of 60 frames are lacking" in told


@pytest.mark.slow
def test_a_print_is_told_with_its_time_memory_and_disk(script, graphics, tmp_path):
    prints = script("draw_prints")
    scene = prints.made_up(tmp_path, 24)
    told = prints.measured(scene, 64, tmp_path / "output")
    assert told["side"] == 64 and told["cpu"] > 1 and 0.1 < told["GiB"] < 8
    assert told["file"] > 64 * 64 and told["half"] == pytest.approx(told["cpu"] / 2, abs=0.01)


def test_what_was_lost_is_named(script, capsys):
    script("faults").told("killed in", "train", 1, lambda: {"a": b"1"}, {"a": b"2", "b": b""})
    assert capsys.readouterr().out == "killed in train: 1 times, a, b lost\n"


def test_without_blender_nothing_is_opened_and_this_is_said(script, monkeypatch, capsys):
    blender = script("open_in_blender")
    monkeypatch.setitem(sys.modules, "bpy", None)
    blender.main()
    assert "bpy is not installed here" in capsys.readouterr().err


def test_blender_renders_what_is_exported(script, monkeypatch, tmp_path, capsys):
    pytest.importorskip("bpy", reason="bpy is not installed; `pip install bpy` brings Blender")
    pytest.importorskip("pxr", reason="usd-core is not installed; the extra scene3d brings it")
    from tests.test_solid import export, scene_at

    monkeypatch.chdir(tmp_path)
    files = [export(scene_at(tmp_path), form) for form in ("glb", "usd")]
    monkeypatch.setattr(
        sys, "argv", ["script", *map(str, files), "--out", str(tmp_path), "--width", "64", "--samples", "1"]
    )
    script("open_in_blender").main()
    assert capsys.readouterr().out.count("'camera': 1") == 2
    assert all((tmp_path / f"{file.name}.png").is_file() for file in files)


def test_every_case_of_plans_is_a_scene_and_progress_is_read_as_it_is_told(script, tmp_path):
    plans = script("plan_against_truth")
    for name, case in plans.CASES.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(plans.scene_of(case, plans.Sizes(320, 180, 9, 1.0, 5)))
        assert load(path).duration == 1.0
    reporter, stream, clock = in_lines()
    with reporter.task("drawing film main", total=100, unit="frames") as task:
        for _ in range(3):
            clock.now += 40.0
            task.advance(1)
    lines = [found for line in stream.getvalue().splitlines() if (found := plans.LINE.match(line))]
    assert [plans.seconds_of(found[1]) for found in lines] == [65 * 60, 64 * 60]
