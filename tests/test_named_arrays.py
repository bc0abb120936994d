"""Surfaces in arrays: the layouts of other programs, in npz, npy and HDF5, and what goes along when one is exported."""

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from render import exchange
from render.errors import DataError
from render.exchange.given import Given

X, Y = np.linspace(-1, 1, 5), np.linspace(0, 3, 4)
MESH_X, MESH_Y = np.meshgrid(X, Y)
Z = (MESH_X + MESH_Y**2 + 1).astype(np.float32)  # rows are y
ACCURACY = np.linspace(0.1, 0.9, 20, dtype=np.float32).reshape(4, 5)
PATH = {"path_alpha": np.array([0.5, 0.25, 0.0]), "path_beta": np.array([3.0, 1.0, 0.0])}
NOTE = "axes are column and row numbers"


def save(path: Path, **arrays) -> Path:
    """Writes arrays by their names, as npz or HDF5."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)
        return path
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
    return path


def assert_same(found: Given, z: np.ndarray = Z) -> None:
    np.testing.assert_array_equal(found.alphas, X)
    np.testing.assert_array_equal(found.betas, Y)
    np.testing.assert_array_equal(found.values, z)


LAYOUTS = {
    "losscape": {"X": MESH_X, "Y": MESH_Y, "losses": Z.astype(float)},
    "a mesh in the other order": {"X": MESH_X.T, "Y": MESH_Y.T, "losses": Z.T},
    "a mesh in no order": {"x": MESH_X.ravel()[::-1], "y": MESH_Y.ravel()[::-1], "z": Z.ravel()[::-1]},
    "axes": {"alphas": X, "betas": Y, "loss": Z},
    "axes and one other": {"alpha": X, "beta": Y, "mse": Z},
    "upper and lower": {"X": X, "Y": Y, "Z": Z},
    "longitude": {"latitude": Y, "longitude": X, "elevation": Z},
    "two losses": {"test_loss": 9 * Z, "train_loss": Z, "x": X, "y": Y},
}


@pytest.mark.parametrize("ending", ["npz", "h5"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_arrays_are_read_by_their_names(tmp_path, name, ending):
    assert_same(exchange.read(save(tmp_path / f"a.{ending}", **LAYOUTS[name])))


def test_the_first_axis_of_landscaper_is_the_first_direction(tmp_path):
    square = np.add.outer(X**3, 10 * X).astype(np.float32)  # [i, j]: i steps along the first direction
    found = exchange.read(save(tmp_path / "a.npz", loss=square, coordinates=[X, X]))
    np.testing.assert_array_equal(found.values, square.T)
    with pytest.raises(DataError, match="has losses over 3 directions; a surface has two, so compute it with dim=2"):
        exchange.read(save(tmp_path / "b.npz", loss=np.zeros((5, 5, 5)), coordinates=[X, X, X]))


@pytest.mark.parametrize("name", ["arr_0", "loss", "whatever"])
def test_one_matrix_has_the_numbers_of_its_columns_and_rows_for_axes(tmp_path, name):
    np.save(tmp_path / "a.npy", Z)
    for path in (tmp_path / "a.npy", save(tmp_path / "a.npz", **{name: Z}), save(tmp_path / "a.h5", **{name: Z})):
        found = exchange.read(path)
        np.testing.assert_array_equal(found.values, Z)
        np.testing.assert_array_equal(found.betas, np.arange(4))
        assert found.notes == (NOTE,)


def test_points_and_meshes_in_one_array_are_read(tmp_path):
    np.save(tmp_path / "points.npy", np.stack([MESH_X, MESH_Y, Z], -1).reshape(-1, 3))
    np.save(tmp_path / "mesh.npy", np.stack([MESH_X, MESH_Y, Z]))
    np.savez(tmp_path / "in-order.npz", X, Y, Z)
    for name in ("points.npy", "mesh.npy", "in-order.npz"):
        assert_same(exchange.read(tmp_path / name))


@pytest.mark.parametrize("ending", [".p", ".pkl", ".pickle", ".pt"])
def test_a_pickle_is_not_opened(tmp_path, ending):
    (tmp_path / f"grid{ending}").write_bytes(pickle.dumps((Z, (0, 0), 1.0)))
    with pytest.raises(DataError, match=r"is a pickle, which can run code and is not opened; save its arrays by numpy"):
        exchange.read(tmp_path / f"grid{ending}")


def test_an_npy_of_objects_is_not_opened(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(DataError, match="holds object where a surface has real numbers"):
        exchange.read(tmp_path / "a.npy")


BAD = {
    "a path": (PATH, r"name its arrays .*, and give a path beside a surface as source: \{surface: FILE, path: FILE\}"),
    "one axis": ({"x": X, "z": Z}, "holds x, z; name its arrays alphas, betas and loss, or x, y and z"),
    "two columns": ({"arr_0": np.zeros((9, 2))}, "9 × 2 numbers, which are a path and no surface"),
    "an accuracy over another grid": (
        {"x": X, "y": Y, "z": Z, "accuracy": ACCURACY[:2]},
        r"has accuracies for \(2, 5\), losses for \(4, 5\)",
    ),
    "a negative accuracy": (
        {"x": X, "y": Y, "z": Z, "accuracy": -ACCURACY},
        "accuracy goes from -0.9 to -0.1; give a fraction, or percent",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_arrays_that_are_no_surface_are_a_sentence(tmp_path, name):
    arrays, words = BAD[name]
    with pytest.raises(DataError, match=words):
        exchange.read(save(tmp_path / "a.npz", **arrays))


@pytest.mark.parametrize("ending", ["npz", "h5"])
@pytest.mark.parametrize("layout", ["axes", "losscape", "a mesh in the other order", "reference"])
def test_accuracy_is_told_by_its_range_whatever_its_layout(tmp_path, ending, layout):
    names = {"axes": "accuracy", "reference": "train_acc"}
    arrays = LAYOUTS.get(layout, {"xcoordinates": X, "ycoordinates": Y, "train_loss": Z})
    turned = layout == "a mesh in the other order"
    for scale in (1, 100):
        held = scale * (ACCURACY.T if turned else ACCURACY).astype(np.float64)
        path = save(tmp_path / f"a{scale}.{ending}", **arrays, **{names.get(layout, "acc"): held})
        found = exchange.read(path)
        np.testing.assert_allclose(found.more["accuracy"], ACCURACY, rtol=1e-6)
        exchange.write(found, tmp_path / "b.h5", "h5")
        with h5py.File(tmp_path / "b.h5") as file:  # percent, as the reference implementation has it
            np.testing.assert_allclose(file["train_acc"][:], 100 * ACCURACY, rtol=1e-6)


def test_percent_as_small_as_fractions_is_kept_where_its_file_says_what_it_is(tmp_path):
    tiny = Given(X, Y, Z, "loss", {"accuracy": ACCURACY / 100})
    for kind in ("npz", "h5", "csv", "vtp", "vti"):
        exchange.write(tiny, tmp_path / f"a.{kind}", kind)
        np.testing.assert_array_equal(exchange.read(tmp_path / f"a.{kind}").more["accuracy"], tiny.more["accuracy"])
    reference = {"xcoordinates": X, "ycoordinates": Y, "train_loss": Z, "train_acc": ACCURACY}
    assert exchange.read(save(tmp_path / "b.h5", **reference)).notes == ("accuracy read as a fraction",)


def test_accuracy_that_is_given_as_percent_is_written_as_what_a_format_has(tmp_path):
    percent = Given(X, Y, Z, "loss", {"accuracy": 100 * ACCURACY})
    for kind in ("npz", "h5", "csv", "vtp", "vti"):
        exchange.write(percent, tmp_path / f"a.{kind}", kind)
        np.testing.assert_allclose(exchange.read(tmp_path / f"a.{kind}").more["accuracy"], ACCURACY, rtol=1e-6)


@pytest.mark.parametrize("kind", ["npz", "h5", "csv", "vtp", "vti"])
def test_what_is_written_comes_back_with_its_holes_its_infinities_its_accuracy_and_its_path(tmp_path, kind):
    values, accuracy = Z.copy(), ACCURACY.copy()
    values[0, :3] = np.nan, np.inf, -np.inf
    accuracy[1, 1] = np.nan
    more = {"accuracy": accuracy, **PATH, "path_loss": np.array([3.0, 2.0, np.nan])}
    exchange.write(Given(X, Y, values, "loss", more), tmp_path / f"a.{kind}", kind)
    found = exchange.read(tmp_path / f"a.{kind}")
    assert_same(found, values)
    for name in more if kind != "csv" else ["accuracy"]:
        np.testing.assert_array_equal(found.more[name], more[name])


F_X, F_Y = np.linspace(-1, 1, 12), np.linspace(-2, 2, 12)
F_Z = 3 + F_X + 10 * F_Y[:, None]


def assert_formula(found: Given) -> None:
    np.testing.assert_allclose(found.values, 3 + found.alphas + 10 * found.betas[:, None], rtol=1e-5)
    np.testing.assert_allclose(found.alphas, F_X)
    np.testing.assert_allclose(found.betas, F_Y)


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_an_open_mesh_is_read_in_either_order(tmp_path, indexing):
    x, y = np.meshgrid(F_X, F_Y, indexing=indexing, sparse=True)
    assert_formula(exchange.read(save(tmp_path / "a.npz", x=x, y=y, z=3 + x + 10 * y)))


def test_an_axis_that_is_no_line_and_no_mesh_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"has an axis of 3 × 4 places; give one line of places, or the mesh of all"):
        exchange.read(save(tmp_path / "a.npz", x=F_X.reshape(3, 4), y=F_Y, z=F_Z))


def test_points_in_rows_are_points(tmp_path):
    x, y = np.meshgrid(F_X, F_Y)
    np.save(tmp_path / "a.npy", np.stack([x.ravel(), y.ravel(), F_Z.ravel()]))
    found = exchange.read(tmp_path / "a.npy")
    assert_formula(found)
    assert found.notes == ("rows in order are α, β and the value",)


def test_axes_under_names_that_say_nothing_are_taken_and_said(tmp_path):
    found = exchange.read(save(tmp_path / "a.npz", w1=F_X, w2=F_Y, loss=F_Z))
    assert_formula(found)
    assert found.notes == ("w1 is α, w2 β",)
    x, y = np.meshgrid(F_X, F_Y)
    found = exchange.read(save(tmp_path / "b.npz", grid_x=x, grid_y=y, loss=F_Z))
    assert_formula(found)
    assert found.notes == ("grid x is α, grid y β",)


def test_axes_of_other_names_are_told_by_their_lengths(tmp_path):
    assert_same(exchange.read(save(tmp_path / "a.npz", down=Y, across=X, loss=Z)))


def test_what_is_left_aside_is_said(tmp_path):
    found = exchange.read(save(tmp_path / "a.npz", loss=Z, trajectory=np.zeros((9, 2))))
    assert found.notes == (NOTE, "left aside: trajectory")


def test_a_path_in_one_array_is_read_beside_axes(tmp_path):
    route = np.stack(list(PATH.values()), -1)
    found = exchange.read(save(tmp_path / "a.npz", x=X, y=Y, loss=Z, trajectory=route))
    np.testing.assert_array_equal(found.more["path_beta"], PATH["path_beta"])
    assert found.notes == ("columns of trajectory are α and β",)
    odd = exchange.read(save(tmp_path / "b.npz", x=X, y=Y, loss=Z, trajectory=route.T))
    assert odd.notes == ("left aside: trajectory",) and not odd.more


ROUNDED = {
    "steps": (1e8 + F_Z, r"are 144 levels, of which float32, which is drawn, keeps \d+; subtract 1e\+08 before saving"),
    "nothing": (np.where(F_Z > 0, 1e-50, F_Z), "holds 1e-50, which is 0 in float32, which is drawn; rescale"),
    "infinite": (np.where(F_Z > 20, 1e39, F_Z), r"holds 1e\+39, and float32, which is drawn, ends at 3.4e38; rescale"),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_values_that_float32_would_change_are_a_sentence(tmp_path, name):
    values, words = ROUNDED[name]
    with pytest.raises(DataError, match=words):
        exchange.read(save(tmp_path / "a.npz", x=F_X, y=F_Y, z=values))


def test_what_float32_keeps_well_is_drawn(tmp_path):
    for values in (F_Z / 3, F_Z * 1e30, np.full((12, 12), 0.1) + 1e-17 * F_Z, np.where(F_Z > 20, np.inf, F_Z)):
        found = exchange.read(save(tmp_path / "a.npz", x=F_X, y=F_Y, z=values))
        np.testing.assert_array_equal(found.values, values.astype(np.float32))


def test_records_are_read_by_the_names_of_their_fields(tmp_path):
    kind = [("beta", "<f8"), ("alpha", "<f8"), ("loss", "<f4")]
    made = np.zeros(144, kind)
    made["alpha"], made["beta"] = (part.ravel() for part in np.meshgrid(F_X, F_Y))
    made["loss"] = F_Z.ravel()
    np.save(tmp_path / "a.npy", made)
    found = exchange.read(tmp_path / "a.npy")
    assert_formula(found)
    assert found.name == "loss"
    np.save(tmp_path / "b.npy", np.zeros(9, [("alpha", "f4"), ("beta", "c8"), ("loss", "f4")]))
    with pytest.raises(DataError, match="holds complex64 where a surface has real numbers"):
        exchange.read(tmp_path / "b.npy")
