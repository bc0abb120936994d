"""Surfaces in other programs' formats: what is written is read back bit for bit, and hostile files are a sentence."""

import base64
import csv
import io
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import pyvista
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from render import exchange
from render.cli import app
from render.errors import DataError, UsageError
from render.exchange import exporting
from render.exchange.given import Given

ALPHAS, BETAS = np.linspace(-1, 2, 7), np.linspace(0.1, 0.7, 4)
VALUES = (ALPHAS**2 + 3 * BETAS[:, None]).astype(np.float32)
SURFACE = Given(ALPHAS, BETAS, VALUES)
FORMATS = ["npz", "h5", "csv", "vtp", "vti"]


def assert_same(found: Given, made: Given = SURFACE) -> None:
    for name in ("alphas", "betas", "values"):
        np.testing.assert_array_equal(getattr(found, name), getattr(made, name))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_surface_comes_back_bit_for_bit(tmp_path, kind):
    exchange.write(SURFACE, tmp_path / f"a.{kind}", kind)
    assert_same(exchange.read(tmp_path / f"a.{kind}"))


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 6), columns=st.integers(2, 6), holes=st.booleans())
def test_any_surface_comes_back_bit_for_bit(tmp_path_factory, kind, seed, rows, columns, holes):
    rng = np.random.default_rng(seed)
    even = kind == "vti"
    axes = [np.sort(rng.normal(size=count)) for count in (columns, rows)]
    axes = [np.linspace(axis[0], axis[-1], len(axis)) for axis in axes] if even else axes
    values = (rng.normal(size=(rows, columns)) * 10.0 ** rng.integers(-6, 6)).astype(np.float32)
    if holes:
        values[0, 0] = np.nan
    path = tmp_path_factory.mktemp("x") / f"a.{kind}"
    exchange.write(Given(*axes, values), path, kind)
    assert_same(exchange.read(path), Given(*axes, values))


def test_accuracy_and_path_go_along_where_a_format_has_room_for_them(tmp_path):
    more = {
        "accuracy": np.linspace(0, 1, 28, dtype=np.float32).reshape(4, 7),
        "path_alpha": np.array([0.0, 1.0, 2.0]), "path_beta": np.array([0.1, 0.3, 0.7]), "path_loss": np.ones(3),
    }  # fmt: skip
    for kind in ("npz", "h5"):
        exchange.write(Given(ALPHAS, BETAS, VALUES, "loss", more), tmp_path / f"a.{kind}", kind)
        found = exchange.read(tmp_path / f"a.{kind}").more
        np.testing.assert_allclose(found["accuracy"], more["accuracy"], rtol=1e-6)
        np.testing.assert_array_equal(found["path_beta"], more["path_beta"])


def theirs(path: Path, values: np.ndarray, **more: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        file["xcoordinates"], file["ycoordinates"], file["train_loss"] = ALPHAS, BETAS, values
        for name, value in more.items():
            file[name] = value
    return path


def test_a_file_of_the_reference_implementation_is_read_by_its_order_and_not_by_its_shape(tmp_path):
    """Its loop fills a mesh row by row, whatever shape it has declared: D5."""
    found = exchange.read(theirs(tmp_path / "a.h5", VALUES.ravel().reshape(7, 4).astype(np.float64)))
    assert_same(found)
    assert found.name == "train loss"


def test_minus_one_of_the_reference_implementation_is_not_measured_yet(tmp_path):
    """In a file of ours it is a loss like any other: D11."""
    values = VALUES.astype(np.float64).copy()
    values[1, 2] = -1
    assert np.isnan(exchange.read(theirs(tmp_path / "a.h5", values)).values[1, 2])
    exchange.write(Given(ALPHAS, BETAS, values.astype(np.float32)), tmp_path / "b.h5", "h5")
    assert exchange.read(tmp_path / "b.h5").values[1, 2] == -1


def test_an_accuracy_that_was_not_computed_yet_is_none(tmp_path):
    percent = np.full((7, 4), 50.0)
    percent[0, 0] = -1
    found = exchange.read(theirs(tmp_path / "a.h5", VALUES, train_acc=percent)).more["accuracy"]
    assert np.isnan(found[0, 0]) and (found.ravel()[1:] == 0.5).all()


def test_the_reference_implementation_plots_what_is_written(tmp_path):
    exchange.write(SURFACE, tmp_path / "a.h5", "h5")
    with h5py.File(tmp_path / "a.h5") as file:  # as its plot_2d_contour does
        x, y = np.meshgrid(file["xcoordinates"][:], file["ycoordinates"][:])
        np.testing.assert_allclose(file["train_loss"][:], x**2 + 3 * y, rtol=1e-6)


@pytest.mark.parametrize("binary", [True, False])
def test_what_paraview_and_pyvista_write_is_read(tmp_path, binary):
    columns, rows = np.meshgrid(ALPHAS, BETAS)
    grid = pyvista.StructuredGrid(columns, rows, VALUES.astype(float))
    points = grid.extract_surface(algorithm="dataset_surface")
    points.save(tmp_path / "a.vtp", binary=binary)
    found = exchange.read(tmp_path / "a.vtp")
    np.testing.assert_allclose(found.values, VALUES, rtol=1e-6)
    np.testing.assert_allclose(found.alphas, ALPHAS, rtol=1e-6)


@pytest.mark.parametrize("kind", ["vtp", "vti"])
def test_vtk_reads_what_is_written(tmp_path, kind):
    exchange.write(SURFACE, tmp_path / f"a.{kind}", kind)
    read = pyvista.read(tmp_path / f"a.{kind}")
    np.testing.assert_allclose(np.asarray(read.points)[:, :2].min(0), [ALPHAS[0], BETAS[0]], rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(read.point_data["loss"]).reshape(4, 7), VALUES)
    assert kind == "vti" or read.n_cells == 18


@pytest.mark.parametrize("values", [np.where(VALUES > 5, np.inf, VALUES), np.full_like(VALUES, np.nan)])
def test_a_mesh_for_vtk_has_no_point_at_infinity(tmp_path, values):
    exchange.write(Given(ALPHAS, BETAS, values), tmp_path / "a.vtp", "vtp")
    read = pyvista.read(tmp_path / "a.vtp")
    assert np.isfinite(read.bounds).all()
    np.testing.assert_array_equal(np.asarray(read.point_data["loss"]).reshape(4, 7), values)


TABLES = {
    "shuffled, without a heading": lambda rows: [rows[k] for k in np.random.default_rng(0).permutation(len(rows))],
    "with a heading": lambda rows: [["x", "y", "train loss"], *rows],
    "with blank lines": lambda rows: [rows[0], [], *rows[1:], []],
}


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_three_columns_make_a_surface(tmp_path, form, delimiter):
    columns, lines = np.meshgrid(ALPHAS, BETAS)
    points = zip(*(part.ravel().tolist() for part in (columns, lines, VALUES)), strict=True)
    rows = [list(map(repr, point)) for point in points]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(TABLES[form](rows))
    (tmp_path / "a.csv").write_text(text.getvalue())
    assert_same(exchange.read(tmp_path / "a.csv"))


def test_a_heading_may_name_its_columns_in_another_order(tmp_path):
    columns, lines = np.meshgrid(ALPHAS, BETAS)
    points = zip(*(part.ravel().tolist() for part in (lines, VALUES, columns)), strict=True)
    (tmp_path / "a.csv").write_text("beta,loss,alpha\n" + "".join(f"{b!r},{v!r},{a!r}\n" for b, v, a in points))
    found = exchange.read(tmp_path / "a.csv")
    assert_same(found)
    assert found.name == "loss"


def test_a_table_that_numpy_writes_is_read(tmp_path):
    columns, lines = np.meshgrid(ALPHAS, BETAS)
    table = np.stack([columns, lines, VALUES], -1).reshape(-1, 3)
    np.savetxt(tmp_path / "a.txt", table, fmt="%.17g", header="x y value")
    assert_same(exchange.read(tmp_path / "a.txt"))


@pytest.mark.parametrize("corner", ["", "beta\\alpha"])
def test_a_matrix_with_its_axes_along_the_edges_makes_a_surface(tmp_path, corner):
    lines = [",".join([corner, *map(repr, ALPHAS.tolist())])]
    lines += [",".join(map(repr, [b, *map(float, row)])) for b, row in zip(BETAS.tolist(), VALUES, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert_same(exchange.read(tmp_path / "a.csv"))


@pytest.mark.parametrize(("mode", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_picture_is_a_height_map_whose_upper_edge_is_the_far_one(tmp_path, mode, top):
    pixels = np.zeros((3, 5), mode)
    pixels[0, 4] = top
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = exchange.read(tmp_path / "a.png")
    assert found.values[-1, -1] == 1 and found.values.sum() == 1
    np.testing.assert_allclose(found.alphas, np.linspace(-1, 1, 5))
    np.testing.assert_allclose(found.betas, np.linspace(-0.5, 0.5, 3))


def test_axes_that_fall_or_are_shuffled_are_put_in_order(tmp_path):
    np.savez(tmp_path / "a.npz", x=ALPHAS[::-1], y=BETAS[[2, 0, 1, 3]], z=VALUES[[2, 0, 1, 3]][:, ::-1])
    assert_same(exchange.read(tmp_path / "a.npz"))


def npz(path: Path, **arrays: np.ndarray) -> None:
    np.savez(path, **arrays)


def claims(path: Path) -> None:
    """Writes an npz whose header claims more than there is memory for."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    header += b" " * (63 - (len(header) + 10) % 64) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("alphas", "betas", "loss"):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


def outside(path: Path) -> None:
    with h5py.File(path.with_name("other.h5"), "w") as other:
        other["train_loss"] = VALUES
    with h5py.File(path, "w") as file:
        file["xcoordinates"], file["ycoordinates"] = ALPHAS, BETAS
        file["train_loss"] = h5py.ExternalLink("other.h5", "train_loss")


def stored_outside(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["xcoordinates"], file["ycoordinates"] = ALPHAS, BETAS
        file.create_dataset("train_loss", (4, 7), "f8", external=[("/etc/passwd", 0, 224)])


def bare_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, VALUES)


def with_path(path: Path, alpha: list[float], beta: list[float]) -> None:
    path_ = {"path_alpha": np.array(alpha), "path_beta": np.array(beta)}
    np.savez(path, alphas=ALPHAS, betas=BETAS, loss=VALUES, **path_)


def inflating(path: Path, block: int) -> None:
    """Writes points whose one compressed block of 64 MB claims to be of another size."""
    packed = zlib.compress(bytes(2**26))
    header = struct.pack("<4Q", 1, block, 0, len(packed))
    content = base64.b64encode(header).decode() + base64.b64encode(packed).decode()
    path.write_text(
        '<VTKFile header_type="UInt64" compressor="vtkZLibDataCompressor"><Points>'
        f'<DataArray type="Float32" NumberOfComponents="3" format="binary">{content}</DataArray></Points></VTKFile>'
    )


def text(content: str):
    return lambda path: path.write_text(content)


BAD = {
    "a.npz: other names": (lambda path: npz(path, a=ALPHAS), "holds 7 numbers; a surface has rows and columns"),
    "b.npz: shape": (
        lambda path: npz(path, x=ALPHAS, y=BETAS, z=VALUES.T),
        "7 × 4 values for axes of 4 rows and 7",
    ),
    "c.npz: twice": (lambda path: npz(path, x=np.zeros(7), y=BETAS, z=VALUES), "first axis holds a number twice"),
    "d.npz: nothing": (lambda path: npz(path, x=ALPHAS, y=BETAS, z=VALUES * np.nan), "no value that is finite"),
    "e.npz: a line": (
        lambda path: npz(path, x=ALPHAS, y=BETAS[:1], z=VALUES[:1]),
        "needs two along each axis",
    ),
    "f.npz: torn": (text("PK"), "no npz file of plain arrays"),
    "g.npz: claims": (claims, "holds .* points, at most"),
    "h.npz: objects": (lambda path: npz(path, x=np.array([{}]), y=BETAS, z=VALUES), "holds object where"),
    "i.npz: dates": (
        lambda path: npz(path, x=ALPHAS, y=BETAS, z=np.zeros((4, 7), "M8[s]")),
        "holds datetime64.* where a surface has real numbers",
    ),
    "j.npz: a single array": (bare_array, "no npz file of plain arrays"),
    "k.npz: accuracy": (
        lambda path: npz(path, alphas=ALPHAS, betas=BETAS, loss=VALUES, accuracy=np.zeros(3)),
        r"accuracies for \(3,\), losses for \(4, 7\)",
    ),
    "l.npz: path": (lambda path: with_path(path, [0, 1], [0]), "path_alpha .2,., path_beta .1,.; give each as one row"),
    "m.npz: path": (lambda path: with_path(path, [0, np.nan], [0, 1]), "its path comes by a place that is not finite"),
    "a.h5: none": (text("no"), "cannot be read as HDF5"),
    "b.h5: other": (lambda path: theirs(path, VALUES[:2]), "14 values for 7 × 4 places"),
    "c.h5: link": (outside, "train_loss is a link to another place"),
    "d.h5: stored outside": (stored_outside, "train_loss is no array of its own"),
    "e.h5: empty": (lambda path: theirs(path, h5py.Empty("f4")), "train_loss is empty"),
    "f.h5: records": (
        lambda path: theirs(path, np.zeros((4, 7), [("a", "f4")])),
        "where a surface has real numbers",
    ),
    "a.csv: words": (text("a,b,c\n1,2,x\n3,4,5\n"), 'line 2 holds "x" among its numbers'),
    "g.csv: long": (text(f"{'1' * 200_000},1,2\n3,4,5\n"), "field larger than field limit"),
    "b.csv: two": (text("1,2\n3,4\n5,6\n"), "two columns, which are a path and no surface; read are"),
    "c.csv: gap": (text("0,0,1\n0,1,1\n1,0,1\n"), "3 points over 2 × 2 different places are no grid"),
    "d.csv: twice": (text("0,0,1\n0,1,1\n1,0,1\n0,0,2\n"), r"gives none for \(1, 1\) and several for \(0, 0\)"),
    "e.csv: empty": (text(""), "no surface; read are columns named alpha"),
    "f.csv: bytes": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is no text"),
    "a.vtp: bomb": (text('<!DOCTYPE a [<!ENTITY b "c">]><VTKFile/>'), "declares entities"),
    "d.vtp: a hidden bomb": (
        lambda path: path.write_bytes('<!DOCTYPE a [<!ENTITY b "c">]><VTKFile/>'.encode("utf-16")),
        "is no plain text",
    ),
    "e.vtp: a late bomb": (text(f"<!--{'-x' * 9000}--><!DOCTYPE a><VTKFile/>"), "declares entities"),
    "f.vtp: blocks": (lambda path: inflating(path, block=0), "compressed blocks of no size"),
    "g.vtp: blocks": (lambda path: inflating(path, block=2**40), "points, at most"),
    "h.vtp: pieces": (text("<VTKFile><Piece/><Piece/></VTKFile>"), "made of several pieces"),
    "i.vtp: encoding": (
        lambda path: path.write_bytes(b'<?xml version="1.0" encoding="none"?><VTKFile/>'),
        "no whole XML file",
    ),
    "j.vtp: flat": (
        text('<VTKFile><Points><DataArray type="Float32">1 2 3</DataArray></Points></VTKFile>'),
        r"points of shape \(3,\)",
    ),
    "k.vtp: header": (text('<VTKFile header_type="Float32"/>'), "holds an array that cannot be read"),
    "b.vtp: torn": (text("<VTKFile><Poly"), "no whole XML file"),
    "c.vtp: empty": (text("<VTKFile/>"), "holds no points"),
    "a.vti: none": (text("<VTKFile/>"), "holds no image data"),
    "b.vti: huge": (text('<VTKFile><ImageData WholeExtent="0 999999 0 999999 0 0"/></VTKFile>'), "points, at most"),
    "c.vti: layers": (
        text('<VTKFile><ImageData WholeExtent="0 3 0 3 0 3"/></VTKFile>'),
        "is 4 × 4 × 4; a surface has one layer",
    ),
    "d.vti: thin": (text('<VTKFile><ImageData WholeExtent="0 1999999999 0 -1 0 0"/></VTKFile>'), "one layer"),
    "b.png: a program": (
        text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"),
        "cannot identify image file",
    ),
    "a.png: none": (text("no"), "cannot be read as a picture"),
    "a.xyz: ending": (text("0 0 0"), "surfaces are read from .csv, .dat, .h5"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_surface_is_a_sentence(tmp_path, name):
    make, words = BAD[name]
    path = tmp_path / name.partition(":")[0]
    make(path)
    with pytest.raises(DataError, match=words):
        exchange.read(path)


def test_a_vti_needs_even_steps(tmp_path):
    with pytest.raises(DataError, match=r"steps of its axes are not even.*export it as vtp"):
        exchange.write(Given(ALPHAS**3, BETAS, VALUES), tmp_path / "a.vti", "vti")


def test_an_unknown_format_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match=r'there is no format "vpt"; did you mean vtp\?'):
        exchange.write(SURFACE, tmp_path / "a.vpt", "vpt")


def test_a_measured_surface_is_exported_with_its_path(tmp_path):
    from render.sampling.sampling import sample
    from render.space.grid import Grid
    from tests.formulas import PLANE, Formula

    folder = tmp_path / "random-1"
    made = sample(Formula("kink"), PLANE, Grid(ALPHAS, BETAS), folder / "surface.zarr", progress=False)
    np.savez(folder / "path.npz", alpha=[0.0, 1], beta=[0.2, 0.3], true_loss=[1.0, 2])
    for source in (folder, folder / "surface.zarr"):
        given = exporting.given_of(source)
        np.testing.assert_array_equal(given.values, made.loss)
        assert given.more["path_alpha"].tolist() == [0, 1]
    done = CliRunner().invoke(app, ["export", str(folder), "--to", "h5", "--json"])
    assert done.exit_code == 0 and (tmp_path / "random-1.h5").is_file(), done.output
    np.testing.assert_array_equal(exchange.read(tmp_path / "random-1.h5").values, made.loss)


def test_an_export_does_not_write_over_what_it_reads(tmp_path):
    npz(tmp_path / "a.npz", x=ALPHAS, y=BETAS, z=VALUES, mine=np.arange(3))
    before = (tmp_path / "a.npz").read_bytes()
    done = CliRunner().invoke(app, ["export", str(tmp_path / "a.npz"), "--to", "npz"])
    assert done.exit_code == 2 and "would be written over itself; name another file with --out" in done.stderr
    assert (tmp_path / "a.npz").read_bytes() == before


def test_a_damaged_path_beside_a_surface_is_a_sentence(tmp_path):
    from render.sampling.sampling import sample
    from render.space.grid import Grid
    from tests.formulas import PLANE, Formula

    sample(Formula("kink"), PLANE, Grid(ALPHAS, BETAS), tmp_path / "surface.zarr", progress=False)
    (tmp_path / "path.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"path\.npz: is damaged"):
        exporting.given_of(tmp_path)


def test_what_holds_no_surface_cannot_be_exported(tmp_path):
    done = CliRunner().invoke(app, ["export", str(tmp_path), "--to", "npz"])
    assert done.exit_code == 5 and "holds no surface; name a folder of output/surfaces" in done.stderr
