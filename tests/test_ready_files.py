"""The files that a scene names for a surface: a path in one of its own, and what check and render say of both."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from render import exchange
from render.cli import app
from render.errors import DataError, SceneError
from render.exchange import exporting
from render.exchange.given import Given
from render.landscape import ready
from render.scene.existing import ReadySurface
from render.scene.language.load import load

X = np.linspace(-1, 1, 6)
GIVEN = Given(X, X, (X**2 + X[:, None] ** 2).astype(np.float32))
ALPHA, BETA, LOSS = [0.9, 0.5, 0.25, 0.0], [0.1, 0.2, 0.0, 0.0], [0.8, 0.3, 0.1, 0.0]
PATH = np.array([ALPHA, BETA, LOSS]).T
SCENE = """
thalweg: 1
title: Given
surfaces:
  main: {{source: {{surface: {surface}{path}}}}}
shots:
  - {{surface: main, duration: 2s}}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The working directory, with a surface in it."""
    monkeypatch.chdir(tmp_path)
    exchange.write(GIVEN, tmp_path / "a.npz", "npz")
    return tmp_path


def scene(home, surface: str = "a.npz", path: str | None = None) -> str:
    (home / "scene.yaml").write_text(SCENE.format(surface=surface, path=f", path: {path}" if path else ""))
    return "scene.yaml"


def text(content: str):
    return lambda file: file.write_text(content)


def npz(**arrays):
    return lambda file: np.savez(file, **arrays)


def projected(file) -> None:
    with h5py.File(file, "w") as made:
        made["proj_xcoord"], made["proj_ycoord"] = ALPHA, BETA


ROWS = [f"{a},{b},{loss}" for a, b, loss in PATH.tolist()]
PATHS = {
    "a.csv": text("\n".join(["alpha,beta,loss", *ROWS])),
    "order.csv": text("\n".join(["step,loss,beta,alpha", *(f"{i},{c},{b},{a}" for i, (a, b, c) in enumerate(PATH))])),
    "pandas.csv": text("\n".join([",alpha,beta,loss", *(f"{i},{row}" for i, row in enumerate(ROWS))])),
    "names.csv": text("\n".join(["pc1,pc2", *(row.rpartition(",")[0] for row in ROWS)])),
    "two.txt": lambda file: np.savetxt(file, PATH[:, :2]),
    "three.txt": lambda file: np.savetxt(file, PATH, header="alpha beta loss"),
    "a.npy": lambda file: np.save(file, PATH),
    "rows.npy": lambda file: np.save(file, PATH.T),
    "a.npz": npz(alpha=ALPHA, beta=BETA, true_loss=LOSS, height=np.zeros(4)),
    "own.npz": npz(alphas=X, betas=X, loss=GIVEN.values, path_alpha=ALPHA, path_beta=BETA, path_loss=LOSS),
    "one.npz": npz(PATH=PATH),
    "projected.h5": projected,
}


@pytest.mark.parametrize("name", PATHS)
def test_a_path_is_read_from_a_file_of_its_own(home, name):
    PATHS[name](home / f"path-{name}")
    found = ready.load(ReadySurface(source={"surface": "a.npz", "path": f"path-{name}"})).paths[0]
    np.testing.assert_array_equal(found.alpha, ALPHA)
    np.testing.assert_array_equal(found.beta, BETA)
    if name not in ("two.txt", "names.csv", "projected.h5"):
        np.testing.assert_allclose(found.true_loss, LOSS, rtol=1e-6)


def test_a_path_of_its_own_goes_before_that_of_the_surface_and_changes_its_key(home):
    PATHS["own.npz"](home / "both.npz")
    (home / "path.csv").write_text("alpha,beta\n0,0\n0.5,0.5\n")
    settings = [ReadySurface(source={"surface": "both.npz", **more}) for more in ({}, {"path": "path.csv"})]
    assert len(ready.load(settings[0]).paths[0].alpha) == 4
    found = ready.load(settings[1]).paths[0]
    assert found.alpha.tolist() == [0, 0.5] and found.true_loss[1] == pytest.approx(0.5, abs=0.1)
    before = ready.key_of(settings[1])
    (home / "path.csv").write_text("alpha,beta\n0,0\n0.25,0.5\n")
    assert ready.key_of(settings[1]) != before != ready.key_of(settings[0])


BAD = {
    "words.csv": (text("p,q,r,s\n1,2,3,4\n"), "holds p, q, r, s; a path is columns alpha, beta and, if you like, loss"),
    "four.txt": (text("1 2 3 4\n1 2 3 4\n"), r"holds 2 × 4 numbers; a path is columns alpha, beta"),
    "short.csv": (text("alpha,beta\n0,0\n"), "holds 1 step; a path needs two"),
    "gap.csv": (text("alpha,beta\n0,0\n,1\n"), "comes by a place that is not finite"),
    "a.png": (text("no"), "paths are read from .csv, .dat, .h5"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_holds_no_path_is_a_sentence(home, name):
    make, words = BAD[name]
    make(home / name)
    with pytest.raises(DataError, match=words):
        exchange.read_path(home / name)


def test_check_says_at_its_place_what_is_wrong_with_every_file_that_a_scene_names(home):
    (home / "gaps.csv").write_text("alpha,beta,loss\n0,0,1\n0,1,1\n1,0,1\n")
    name = scene(home, "gaps.csv", "path.csv")
    for command in (["check"], ["plan"], ["render"], ["still"], ["film"], ["sample"]):
        done = CliRunner().invoke(app, [*command, name])
        assert done.exit_code == 3, done.output
        first, second = done.stderr.splitlines()
        assert first.startswith(
            "scene.yaml:5:28: surfaces.main.source.surface: gaps.csv: 3 points over 2 × 2 different"
        )
        assert second.startswith("scene.yaml:5:44: surfaces.main.source.path: path.csv: there is no such file; ")
    assert not (home / "output").exists()


def test_check_names_the_file_that_was_probably_meant(home):
    done = CliRunner().invoke(app, ["check", scene(home, "b.npz")])
    assert done.exit_code == 3 and "b.npz: there is no such file; did you mean a.npz?" in done.stderr


def test_check_points_at_the_setting_that_names_a_file(home):
    done = CliRunner().invoke(app, ["check", scene(home), "--set", "surfaces.main.source.surface=c.npz"])
    assert done.exit_code == 3 and "--set surfaces.main.source.surface=c.npz: surfaces.main" in done.stderr


def test_check_says_what_a_file_holds_and_what_a_reader_had_to_assume(home):
    np.savetxt(home / "plain.csv", GIVEN.values, delimiter=",")
    done = CliRunner().invoke(app, ["check", scene(home, "plain.csv")])
    assert done.exit_code == 0, done.output
    assert "surface main: plain.csv, 6 × 6 of value; axes are column and row numbers" in done.stdout
    results = json.loads(CliRunner().invoke(app, ["check", "scene.yaml", "--json"]).stdout)["results"]
    assert results[1]["points"] == [6, 6] and results[1]["notes"] == ["axes are column and row numbers"]


@pytest.mark.slow
def test_check_of_a_scene_with_files_does_not_import_vtk(home):
    code = (
        "import atexit, runpy, sys\n"
        "atexit.register(lambda: print(*{'vtkmodules', 'numpy'} & set(sys.modules), file=sys.stderr))\n"
        "runpy.run_module('render', run_name='__main__')"
    )
    words = [sys.executable, "-c", code, "check", scene(home)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr.split() == ["numpy"], done.stderr


def test_a_ready_surface_is_named_by_its_file(home):
    done = CliRunner().invoke(app, ["sample", scene(home)])
    assert done.exit_code == 0 and "surface main: a.npz\n" in done.stdout


def test_a_path_must_stay_in_the_working_directory(home, tmp_path_factory):
    with pytest.raises(SceneError, match=r'scene.yaml:5:41: .*"\.\./p\.csv" leads out of the working directory'):
        load(home / scene(home, "a.npz", "../p.csv"))
    (home / "p.csv").symlink_to(tmp_path_factory.mktemp("away") / "p.csv")
    with pytest.raises(SceneError, match=r"scene.yaml:5:41: path: .*is a link that leads out"):
        load(home / scene(home, "a.npz", "p.csv"))


def test_a_path_is_exported_with_its_surface_and_beside_a_csv(home):
    (home / "p.csv").write_text("\n".join(["alpha,beta,loss", *ROWS]))
    done = CliRunner().invoke(app, ["export", "a.npz", "--path", "p.csv", "--to", "csv", "--out", "b.csv"])
    assert done.exit_code == 0 and done.stdout.splitlines() == ["export a.npz: b.csv", "export a.npz: b.path.csv"]
    again = exporting.given_of(home / "b.csv", home / "b.path.csv")
    np.testing.assert_array_equal(again.values, GIVEN.values)
    np.testing.assert_array_equal(again.more["path_loss"], LOSS)
    done = CliRunner().invoke(app, ["export", "a.npz", "--path", "b.path.csv", "--to", "csv", "--out", "b.csv"])
    assert done.exit_code == 2 and "b.path.csv: would be written over itself" in done.stderr


def test_what_has_diverged_where_it_was_measured_is_infinite_in_a_file(tmp_path):
    from render.sampling.sampling import sample
    from render.sampling.status import Status
    from render.space.grid import Grid
    from tests.formulas import PLANE, Formula

    made = sample(Formula("kink"), PLANE, Grid(X, X), tmp_path / "surface.zarr", progress=False)
    made.loss[0, 0], made.status[0, 0] = np.nan, Status.DIVERGED
    found = exporting.of_surface(made)
    assert found.values[0, 0] == np.inf and np.isfinite(found.values).sum() == 35


STEPS = [f"{i},{c},{b},{a}" for i, (a, b, c) in enumerate(PATH.tolist())]
TOLD = {
    "loss,pc1,pc2": ([f"{c},{a},{b}" for a, b, c in PATH.tolist()], "pc1 is α, pc2 β of the path"),
    "iter,pc1,pc2": ([f"{7 * i},{a},{b}" for i, (a, b, _) in enumerate(PATH)], "pc1 is α, pc2 β of the path"),
    "global_step,loss,beta,alpha": (STEPS, None),
    "pc1,pc2,acc": ([f"{a},{b},0.5" for a, b, _ in PATH.tolist()], "pc1 is α, pc2 β of the path"),
    "": ([f"{i},{a},{b}" for i, (a, b, _) in enumerate(PATH)], "first column of the path is taken as the step"),
}


@pytest.mark.parametrize("heading", TOLD)
def test_a_path_is_told_from_its_loss_and_its_steps_and_what_is_assumed_is_said(home, heading):
    rows, said = TOLD[heading]
    (home / "p.csv").write_text("\n".join([*([heading] if heading else []), *rows]))
    found = exchange.read(home / "a.npz", home / "p.csv")
    np.testing.assert_allclose(found.more["path_alpha"], ALPHA)
    np.testing.assert_allclose(found.more["path_beta"], BETA)
    assert ("path_loss" in found.more) == ("loss" in heading)
    assert found.notes == ((said,) if said else ())
    if "loss" in heading:
        np.testing.assert_allclose(found.more["path_loss"], LOSS)
