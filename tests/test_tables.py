"""Surfaces in text: what columns are named, what the corner of a matrix says, and what cannot be told."""

import numpy as np
import pytest

from render import exchange
from render.errors import DataError
from render.exchange.given import Given

ALPHAS, BETAS = np.array([-1.0, -0.5, 0.25, 1.0, 1.75]), np.array([0.0, 0.5, 1.5, 2.0])
VALUES = (np.sin(3 * ALPHAS) + ALPHAS**2 * BETAS[:, None] + 2).astype(np.float32)
POINTS = [
    (float(a), float(b), float(v), 0.1 * i + 0.05 * j)
    for i, (b, row) in enumerate(zip(BETAS, VALUES, strict=True))
    for j, (a, v) in enumerate(zip(ALPHAS, row, strict=True))
]
ACCURACY = np.array([point[3] for point in POINTS], np.float32).reshape(4, 5)
PLAIN = "axes are column and row numbers"


def assert_places(found: Given) -> None:
    np.testing.assert_array_equal(found.alphas, ALPHAS)
    np.testing.assert_array_equal(found.betas, BETAS)
    np.testing.assert_array_equal(found.values, VALUES)


def assert_plain(found: Given, values: np.ndarray) -> None:
    np.testing.assert_array_equal(found.alphas, np.arange(values.shape[1]))
    np.testing.assert_array_equal(found.betas, np.arange(values.shape[0]))
    np.testing.assert_array_equal(found.values, values.astype(np.float32))
    assert found.notes == (PLAIN,)


def table(path, heading: str, line: str, delimiter: str = ",") -> Given:
    """Reads a table whose lines are made of α, β, the loss, accuracy and the number of the row."""
    rows = (line.format(a=a, b=b, v=v, c=c, i=i) for i, (a, b, v, c) in enumerate(POINTS))
    path.write_text("\n".join([*([heading] if heading else []), *rows]).replace(",", delimiter))
    return exchange.read(path)


COLUMNS = {
    "as exported": ("alpha,beta,loss,accuracy", "{a},{b},{v},{c}"),
    "an index that pandas writes": (",alpha,beta,loss", "{i},{a},{b},{v}"),
    "an index that pandas has read": ("Unnamed: 0,alpha,beta,loss", "{i},{a},{b},{v}"),
    "an index by its name": ("index,beta,loss,alpha", "{i},{b},{v},{a}"),
    "an index without a name, as R writes it": ("alpha,beta,loss", "{i},{a},{b},{v}"),
    "accuracy first": ("acc,train_loss,beta,alpha", "{c},{v},{b},{a}"),
    "x, y and z among others": ("time,x,y,z,id", "{i},{a},{b},{v},{i}"),
    "latitude first": ("lat,lon,elevation", "{b},{a},{v}"),
    "coordinates with units": ("xcoordinate (m),ycoordinate (m),Loss [nats]", "{a},{b},{v}"),
    "greek": ("α,β,loss", "{a},{b},{v}"),
    "a value of another name": ("alpha,beta,ELBO", "{a},{b},{v}"),
    "a comment that names the columns": ("# beta alpha loss", "{b},{a},{v}"),
    "a comment at every line": ("% made by hand\nalpha,beta,loss", "{a},{b},{v} # row {i}"),
    "a separator at every end": ("alpha,beta,loss,", "{a},{b},{v},"),
    "no names, and accuracy": ("", "{a},{b},{v},{c}"),
    "no names, and an index": ("", "{i},{a},{b},{v}"),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_read_by_their_names(tmp_path, name, delimiter):
    heading, line = COLUMNS[name]
    assert_places(table(tmp_path / "a.csv", heading, line, delimiter))


def test_accuracy_comes_along_whether_it_is_a_fraction_or_percent(tmp_path):
    fraction = table(tmp_path / "a.csv", "alpha,beta,loss,accuracy", "{a},{b},{v},{c}")
    np.testing.assert_allclose(fraction.more["accuracy"], ACCURACY, rtol=1e-6)
    assert fraction.notes == ()
    percent = table(tmp_path / "b.csv", "alpha,beta,loss,test_acc", "{a},{b},{v},{c}e2")
    np.testing.assert_allclose(percent.more["accuracy"], ACCURACY, rtol=1e-6)
    assert percent.notes == ("accuracy read as percent",)


def test_accuracy_alone_is_what_is_drawn(tmp_path):
    found = table(tmp_path / "a.csv", "alpha,beta,accuracy", "{a},{b},{c}")
    np.testing.assert_array_equal(found.values, ACCURACY)
    assert found.name == "accuracy" and not found.more


def test_names_that_say_nothing_are_taken_in_order_and_said(tmp_path):
    found = table(tmp_path / "a.csv", "w1,w2,mse", "{a},{b},{v}")
    assert_places(found)
    assert found.notes == ("w1 is α, w2 β",) and found.name == "mse"


@pytest.mark.parametrize("word", ["", "NA", "NaN", "nan", "null", "None", "N/A", "-", "#N/A"])
def test_what_is_absent_is_no_data_and_what_is_infinite_stays(tmp_path, word):
    (tmp_path / "a.csv").write_text(f"alpha,beta,loss\n0,0,1\n0,1,{word}\n1,0,inf\n1,1,-inf\n2,0,3\n2,1,4\n")
    found = exchange.read(tmp_path / "a.csv").values
    assert np.isnan(found[1, 0]) and found[0, 1] == np.inf and found[1, 1] == -np.inf


@pytest.mark.parametrize("off", [1e-16, 3e-10])
def test_places_that_differ_by_rounding_are_one(tmp_path, off):
    rng = np.random.default_rng(1)
    rows = [f"{a + off * rng.uniform(-1, 1):.18g} {b + off * rng.uniform(-1, 1):.18g} {v}" for a, b, v, _ in POINTS]
    (tmp_path / "a.txt").write_text("\n".join(rows))
    found = exchange.read(tmp_path / "a.txt")
    np.testing.assert_allclose(found.alphas, ALPHAS, atol=off)
    np.testing.assert_array_equal(found.values, VALUES)


def test_places_that_differ_by_more_are_two(tmp_path):
    (tmp_path / "a.txt").write_text("0 0 1\n0 1 1\n1 0 1\n1.0001 1 1\n")
    with pytest.raises(
        DataError, match=r"4 points over 3 × 2 different places are no grid: it gives none for \(1.0001, 0"
    ):
        exchange.read(tmp_path / "a.txt")


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("txt", " "), ("tsv", "\t"), ("csv", ";")])
def test_a_plain_matrix_has_the_numbers_of_its_columns_and_rows_for_axes(tmp_path, ending, delimiter):
    np.savetxt(tmp_path / f"a.{ending}", VALUES, delimiter=delimiter)
    assert_plain(exchange.read(tmp_path / f"a.{ending}"), VALUES)


MATRICES = {
    "first row rises": np.sort(VALUES, axis=1),
    "first row and column rise": np.sort(np.sort(VALUES, axis=1), axis=0),
    "a hole in the corner": np.where(np.arange(20).reshape(4, 5) < 2, np.nan, np.round(VALUES, 0)),
    "a diverged corner": np.where(np.arange(20).reshape(4, 5) == 0, np.inf, VALUES),
    "a hole along an edge": np.where(np.arange(5) == 4, np.nan, VALUES),
    "an even ramp": 2 + np.add.outer(0.5 * np.arange(6), 0.25 * np.arange(7)),
    "four columns": VALUES[:, :4],
}


@pytest.mark.parametrize("name", MATRICES)
def test_values_are_never_taken_for_places(tmp_path, name):
    np.savetxt(tmp_path / "a.csv", MATRICES[name], delimiter=",")
    assert_plain(exchange.read(tmp_path / "a.csv"), MATRICES[name])


def edged(path, corner: str, alphas: np.ndarray = ALPHAS, betas: np.ndarray = BETAS) -> Given:
    lines = [",".join([corner, *map(repr, alphas.tolist())])]
    lines += [",".join(map(repr, [b, *map(float, row)])) for b, row in zip(betas.tolist(), VALUES, strict=True)]
    path.write_text("\n".join(lines))
    return exchange.read(path)


@pytest.mark.parametrize("corner", ["", "nan", "NA", "beta\\alpha", "beta", "5"], ids=repr)
def test_a_corner_that_is_no_value_says_that_the_edges_are_axes(tmp_path, corner):
    """The last is the number of columns, as gnuplot writes it."""
    assert_places(edged(tmp_path / "a.csv", corner))


def test_a_frame_of_pandas_has_the_numbers_of_its_columns_and_rows(tmp_path):
    head = ",".join(map(str, range(5)))
    bodies = [",".join(map(repr, map(float, row))) for row in VALUES]
    numbered = [f"{i},{body}" for i, body in enumerate(bodies)]
    texts = {
        "with its index": [f",{head}", *numbered],
        "without": [head, *bodies],
        "named by R": ['"","V1","V2","V3","V4","V5"', *(f'"{i + 1}",{body}' for i, body in enumerate(bodies))],
        "named": ["c0,c1,c2,c3,c4", *bodies],
        "index alone": numbered,
    }
    for name, lines in texts.items():
        (tmp_path / "a.csv").write_text("\n".join(lines))
        found = exchange.read(tmp_path / "a.csv")
        np.testing.assert_array_equal(found.values, VALUES, err_msg=name)
        np.testing.assert_array_equal(found.alphas, np.arange(5), err_msg=name)


EVEN = [np.linspace(-1, 1, count) for count in (5, 4)]
UNTOLD = {
    "even edges and a number in the corner": lambda path: edged(path, "0.0", *EVEN),
    "an even first row": lambda path: (
        np.savetxt(path, np.concatenate([EVEN[0][None], VALUES]), delimiter=","),
        exchange.read(path),
    ),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_looks_like_axes_without_a_corner_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="like an axis, at even steps, and may be values; leave the corner empty where"):
        UNTOLD[name](tmp_path / "a.csv")


def test_edges_in_any_order_below_an_absent_corner_cannot_be_told_from_values(tmp_path):
    shuffled = ALPHAS[[2, 0, 4, 1, 3]]
    with pytest.raises(DataError, match="its corner is absent, and its edges could be axes or values; sort the axes"):
        edged(tmp_path / "a.csv", "", shuffled)
    found = edged(tmp_path / "a.csv", "beta", shuffled)
    np.testing.assert_array_equal(found.alphas, ALPHAS)


BAD = {
    "decimal commas between semicolons": ("1,5;2,5;3,5\n1;2;3\n", 'line 1 has "1,5" with a decimal comma; write'),
    "decimal commas between blanks": ("1,5 2,5 3,5\n1,5 3,5 4,5\n", 'line 1 has "1,5" with a decimal comma'),
    "decimal commas in quotes": ('"1,5","2,5","3,5"\n"1,5","3,5","4,5"\n', 'line 1 has "1,5" with a decimal comma'),
    "a word": ("alpha,beta,loss\n1,2,3\n1,3,high\n", 'line 3 holds "high" among its numbers; leave empty what is'),
    "a row too short": ("1,2,3\n1,2\n", "line 2 has 2 cells, and 3 stand above"),
    "two columns": (
        "alpha,beta\n0,1\n1,2\n2,3\n",
        "two columns, which are a path and no surface; read are columns named",
    ),
    "one column": ("1\n2\n3\n", "holds 3 × 1 numbers, which are no surface; read are columns"),
    "two values": ("alpha,beta,foo,bar\n0,0,1,1\n0,1,1,1\n", "columns are alpha, beta, foo, bar; name the one that is"),
    "unknown names": (
        "p,q,r,s\n0,0,1,1\n0,1,1,1\n",
        "columns are p, q, r, s; name two of them alpha and beta, one loss",
    ),
    "names twice": ("alpha,beta,loss,loss\n0,0,1,1\n0,1,1,1\n", 'two of its columns are named "loss"'),
    "names too few": ("alpha,loss\n0,0,1,1\n0,1,1,1\n", "names 2 columns and has 4"),
    "accuracy beyond percent": (
        "alpha,beta,loss,acc\n0,0,1,250\n0,1,1,1\n1,0,1,1\n1,1,1,1\n",
        "accuracy goes from 1 to 250; give a fraction, or percent",
    ),
    "axes with a number twice": ("b,0,1,1,2\n0,1,2,3,4\n1,1,2,3,4\n", "hold a number twice, or none; make them rise"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_table_that_is_no_surface_is_a_sentence(tmp_path, name):
    content, words = BAD[name]
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DataError, match=words):
        exchange.read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["train loss", "a, b", "accuracy", "alpha", "index", 'x "y" #z', ""])
def test_whatever_a_value_is_called_its_table_is_read_back(tmp_path, name):
    made = Given(ALPHAS, BETAS, VALUES, name, {"accuracy": ACCURACY})
    exchange.write(made, tmp_path / "a.csv", "csv")
    found = exchange.read(tmp_path / "a.csv")
    assert_places(found)
    np.testing.assert_array_equal(found.more["accuracy"], ACCURACY)


F_X, F_Y = np.linspace(-1, 1, 12), np.linspace(-2, 2, 12)
F_Z = 3 + F_X + 10 * F_Y[:, None]
F_POINTS = np.stack([*(part.ravel() for part in np.meshgrid(F_X, F_Y)), F_Z.ravel()], -1)
ORDERED = "columns in order are α, β and the value"


def assert_formula(found: Given) -> None:
    np.testing.assert_allclose(found.alphas, F_X)
    np.testing.assert_allclose(found.betas, F_Y)
    np.testing.assert_allclose(found.values, F_Z, rtol=1e-5)


def lines_of(numbers: np.ndarray, *, index: bool = False) -> list[str]:
    rows = [",".join("" if np.isnan(cell) else repr(cell) for cell in row) for row in numbers.tolist()]
    return [f"{k},{row}" for k, row in enumerate(rows)] if index else rows


def read_lines(path, *lines: str) -> Given:
    path.write_text("\n".join(lines) + "\n")
    return exchange.read(path)


@pytest.mark.parametrize("corner", ["alpha", "x", "α", "alpha\\beta", "alpha/beta", "w\\beta", "alpha (rad/s)"])
def test_rows_are_what_the_corner_says(tmp_path, corner):
    body = np.concatenate([F_X[:, None], F_Z.T], axis=1)
    found = read_lines(tmp_path / "a.csv", ",".join([corner, *map(repr, F_Y.tolist())]), *lines_of(body))
    assert_formula(found)
    assert found.notes == ()


def test_rows_are_beta_where_the_corner_does_not_say_and_that_is_said(tmp_path):
    assert edged(tmp_path / "a.csv", "beta").notes == ()
    found = edged(tmp_path / "a.csv", "mse")
    assert_places(found)
    assert found.notes == ("rows are β",)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("row", [0, 5])
def test_a_row_without_a_number_is_kept(tmp_path, separator, row):
    values = F_Z.copy()
    values[row] = np.nan
    lines = [line.replace(",", separator) for line in lines_of(values)]
    found = read_lines(tmp_path / "a.csv", *lines, separator * 11, separator * 11)
    np.testing.assert_array_equal(found.values, values.astype(np.float32))


def test_lines_of_separators_above_a_heading_are_no_rows(tmp_path):
    assert_formula(read_lines(tmp_path / "a.csv", ",,", "alpha,beta,loss", *lines_of(F_POINTS)))


def test_an_empty_last_column_that_is_left_out_is_said(tmp_path):
    found = read_lines(tmp_path / "a.csv", *(f"{line}," for line in lines_of(VALUES.astype(float))))
    assert found.values.shape == VALUES.shape and found.notes == (PLAIN, "an empty last column is left out")


def test_rows_without_a_number_among_points_are_no_points(tmp_path):
    lines = lines_of(F_POINTS)
    assert_formula(read_lines(tmp_path / "a.csv", "alpha,beta,loss", *lines[:12], ",,", *lines[12:]))


FRAMES = {
    "pandas with its index": [",0,1,2", *lines_of(F_POINTS, index=True)],
    "pandas without": ["0,1,2", *lines_of(F_POINTS)],
    "R": ['"","V1","V2","V3"', *lines_of(F_POINTS, index=True)],
    "R without row names": ["V1,V2,V3", *lines_of(F_POINTS)],
    "numbered": ["x1,x2,x3", *lines_of(F_POINTS)],
}


@pytest.mark.parametrize("name", FRAMES)
def test_points_in_numbered_columns_are_points(tmp_path, name):
    found = read_lines(tmp_path / "a.csv", *FRAMES[name])
    assert_formula(found)
    assert found.notes == (ORDERED,)


def test_points_in_rows_and_columns_without_names_are_taken_in_order_and_said(tmp_path):
    np.savetxt(tmp_path / "a.txt", F_POINTS.T)
    found = exchange.read(tmp_path / "a.txt")
    assert_formula(found)
    assert found.notes == ("rows in order are α, β and the value",)
    np.savetxt(tmp_path / "b.txt", F_POINTS)
    assert exchange.read(tmp_path / "b.txt").notes == (ORDERED,)


COMMENTS = [
    "beta,alpha,loss", "y\tx\tz", "beta;alpha;loss",
    "beta | alpha | loss", "(beta, alpha, loss)", "beta [m], alpha [m], z",
    "beta,alpha,loss\nmade by hand", "beta alpha loss\nwritten on Friday by a program of ours",
]  # fmt: skip


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("delimiter", [" ", ","])
def test_a_comment_may_part_its_names_as_it_likes(tmp_path, comment, delimiter):
    np.savetxt(tmp_path / "a.txt", F_POINTS[:, [1, 0, 2]], header=comment, delimiter=delimiter)
    assert_formula(exchange.read(tmp_path / "a.txt"))


PARTLY = {
    "beta,variable,value": ([1, 0, 2], "variable is α, beta β"),
    "loss,w1,w2": ([2, 0, 1], "w1 is α, w2 β"),
    "w1,cost,w2": ([0, 2, 1], "w1 is α, w2 β"),
    "w1,alpha,mse": ([1, 0, 2], "alpha is α, w1 β"),
    "x,z,height": ([0, 1, 2], "x is α, z β"),
}


@pytest.mark.parametrize("heading", PARTLY)
def test_what_is_named_is_that_and_the_rest_goes_by_its_order(tmp_path, heading):
    order, said = PARTLY[heading]
    found = read_lines(tmp_path / "a.csv", heading, *lines_of(F_POINTS[:, order]))
    assert_formula(found)
    assert found.notes == (said,)


def test_rows_and_columns_are_places(tmp_path):
    assert_formula(read_lines(tmp_path / "a.csv", "row,col,value", *lines_of(F_POINTS[:, [1, 0, 2]])))


def test_a_first_row_that_is_written_as_values_are_is_drawn_and_said(tmp_path):
    values = np.outer(np.arange(1, 13), np.arange(12))
    for form in ("%.18e", "%d"):
        np.savetxt(tmp_path / "m.txt", values, fmt=form)
        found = exchange.read(tmp_path / "m.txt")
        np.testing.assert_array_equal(found.values, values)
        assert found.notes == (PLAIN, "first row 0, 1, 2 is drawn as values")


def test_a_first_row_that_counts_is_left_out_and_said(tmp_path):
    found = read_lines(tmp_path / "a.csv", "0,1,2,3,4", *lines_of(VALUES.astype(float)))
    assert found.values.shape == VALUES.shape and found.notes == (PLAIN, "first row 0, 1, 2 is left out as a count")


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_a_heading_may_be_parted_by_another_mark_than_its_numbers(tmp_path, mark):
    heading = mark.join(["beta", "alpha", "loss"])
    np.savetxt(tmp_path / "a.txt", F_POINTS[:, [1, 0, 2]], header=heading, comments="")
    assert_formula(exchange.read(tmp_path / "a.txt"))


def test_brackets_around_a_comment_are_in_no_name(tmp_path):
    np.savetxt(tmp_path / "a.txt", F_POINTS, header="[alpha, beta, mse]", delimiter=",")
    assert exchange.read(tmp_path / "a.txt").name == "mse"


def test_which_of_rows_and_columns_is_which_is_said(tmp_path):
    assert table(tmp_path / "a.csv", "row,col,value", "{b},{a},{v}").notes == ("col is α, row β",)
