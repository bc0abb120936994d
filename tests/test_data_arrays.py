"""Arrays of one's own in an npz file: split or taken as they are split; anything else is a sentence."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from render import data
from render.errors import DataError
from render.scene import data as spec

RNG = np.random.default_rng(0)


pytestmark = pytest.mark.usefixtures("shelf")


def save(shelf: Path, arrays: dict[str, np.ndarray], **settings) -> spec.Npz:
    np.savez(shelf / "own.npz", **arrays)
    return spec.Npz(path="own.npz", **settings)


def whole(inputs: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    return {"inputs": inputs, "targets": targets}


def parts(inputs: np.ndarray, targets: np.ndarray, tests: np.ndarray, test_targets: np.ndarray):
    return {"train_inputs": inputs, "train_targets": targets, "test_inputs": tests, "test_targets": test_targets}


def test_arrays_are_split_or_taken_as_they_are_split(shelf):
    inputs, targets = RNG.normal(size=(50, 6)), np.arange(50) % 5
    loaded = data.load(save(shelf, whole(inputs, targets)))
    assert (len(loaded.train), len(loaded.test), loaded.classes, loaded.name) == (40, 10, 5, "own")
    rows = np.concatenate([loaded.train.inputs, loaded.test.inputs])
    np.testing.assert_allclose(np.sort(rows[:, 0]), np.sort(inputs[:, 0].astype(np.float32)))
    assert len(data.load(save(shelf, parts(inputs, targets, inputs[:7], targets[:7]))).test) == 7


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_neither_part_of_a_split_is_empty(shelf, share):
    loaded = data.load(save(shelf, whole(np.zeros((6, 3)), np.arange(6)), test_share=share))
    assert {len(loaded.train), len(loaded.test)} == {1, 5}


def test_values_in_place_of_classes_make_a_regression(shelf):
    loaded = data.load(save(shelf, whole(RNG.normal(size=(10, 2)), RNG.normal(size=(10, 1)))))
    assert (loaded.classes, loaded.outputs) == (0, 1) and loaded.train.targets.dtype == np.float32


@pytest.mark.parametrize("targets", [np.arange(4.0), np.arange(4)[:, None], np.array([True, False] * 2)])
def test_labels_may_come_as_any_whole_numbers_in_a_row_or_a_column(shelf, targets):
    loaded = data.load(save(shelf, whole(np.zeros((4, 2)), targets)))
    assert loaded.train.targets.dtype == np.int64 and loaded.train.targets.shape == (3,)
    assert loaded.classes == len(np.unique(targets))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("rule", ["standard", "unit", "symmetric", "imagenet", "none"])
def test_images_of_any_number_of_channels_are_normalised_by_any_rule(shelf, channels, rule):
    images = RNG.integers(0, 256, (10, channels, 4, 4), np.uint8)
    loaded = data.load(save(shelf, whole(images, np.arange(10) % 2), normalise=rule))
    assert loaded.train.inputs.shape == (8, channels, 4, 4) and np.isfinite(loaded.train.inputs).all()


ZEROS, CLASSES, VALUES = np.zeros((3, 2)), np.arange(3), np.zeros((3, 1))
IMAGES = np.zeros((3, 1, 4, 4), np.uint8)
BAD_ARRAYS = {
    "no targets": ({"inputs": ZEROS}, "holds inputs; name its arrays"),
    "other count": (whole(ZEROS, np.arange(4)), "for 4 targets"),
    "one target": (whole(ZEROS, np.array(3)), "for 1 targets"),
    "shape": (whole(np.zeros((3, 2, 2)), CLASSES), r"shape \(3, 2, 2\)"),
    "no numbers": (whole(np.zeros((3, 0)), CLASSES), r"shape \(3, 0\)"),
    "words": (whole(np.array([["a"]] * 3), CLASSES), "inputs are <U1; give real numbers"),
    "complex": (whole(ZEROS + 1j, CLASSES), "inputs are complex128; give real numbers"),
    "nan": (whole(np.full((3, 2), np.nan), CLASSES), "not finite"),
    "beyond float32": (whole(ZEROS + 1e300, CLASSES), "not finite in float32"),
    "negative": (whole(ZEROS, np.array([0, -1, 1])), "label -1 is out of range, 0 to 2"),
    "high": (whole(ZEROS, np.array([0, 1, 10**9])), "label 1000000000 is out of range, 0 to 2"),
    "halves": (whole(ZEROS, np.array([0.5, 1, 0])), "whole numbers from 0"),
    "infinite": (whole(ZEROS, np.array([0, 1, np.inf])), "whole numbers from 0"),
    "letters": (whole(ZEROS, np.array(list("abc"))), "whole numbers from 0"),
    "one-hot": (whole(ZEROS, np.eye(3)), r"one for each example, these are float64 of the shape \(3, 3\)"),
    "one class": (whole(ZEROS, np.zeros(3, int)), "all targets are of one class"),
    "one example": (whole(ZEROS[:1], CLASSES[:1]), "1 example cannot be parted"),
    "values": (whole(ZEROS, np.full((3, 1), np.nan)), "targets hold numbers that are not finite"),
    "objects": (whole(np.array([None], object), np.arange(1)), "no npz file of plain"),
    "two widths": (parts(ZEROS, CLASSES, np.zeros((3, 5)), CLASSES), "different shapes or types"),
    "two types": (parts(IMAGES, CLASSES, IMAGES.astype(float), CLASSES), "different shapes or types"),
    "two kinds": (parts(ZEROS, CLASSES, ZEROS, VALUES), "classes here and values there"),
}


@pytest.mark.parametrize(("arrays", "words"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_arrays_that_make_no_data_are_a_sentence(shelf, arrays, words):
    with pytest.raises(DataError, match=words):
        data.load(save(shelf, arrays))


@pytest.mark.parametrize(
    ("settings", "targets", "words"),
    [
        ({"per_class": 1}, VALUES, "values in place of classes; leave out per_class"),
        ({"label_noise": 0.5}, VALUES, "values in place of classes; leave out per_class"),
        ({"normalise": "unit"}, CLASSES, r"normalise: unit is for images \(N, C, H, W\) of bytes"),
    ],
)
def test_a_setting_that_these_arrays_have_no_use_for_is_a_sentence(shelf, settings, targets, words):
    with pytest.raises(DataError, match=words):
        data.load(save(shelf, whole(ZEROS, targets), **settings))


def test_what_is_no_npz_is_a_sentence(shelf):
    (shelf / "own.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError, match="no npz file of plain arrays"):
        data.load(spec.Npz(path="own.npz"))
    with zipfile.ZipFile(shelf / "own.npz", "w") as archive:
        archive.writestr("inputs", b"words")
        archive.writestr("targets", b"words")
    with pytest.raises(DataError, match=r"\(inputs is no array\)"):
        data.load(spec.Npz(path="own.npz"))


@pytest.mark.parametrize("seed", range(60))
def test_an_npz_that_is_damaged_anywhere_is_data_or_a_sentence(shelf, seed):
    path = shelf / "own.npz"
    np.savez_compressed(path, **whole(RNG.normal(size=(40, 3)), np.arange(40) % 4))
    content, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 3):
        content[place] = rng.integers(256)
    path.write_bytes(content)
    try:
        assert len(data.load(spec.Npz(path="own.npz")).train) == 32
    except DataError as error:
        assert "own.npz" in str(error)


@pytest.mark.parametrize("ask", [data.load, data.fingerprint])
def test_a_file_where_a_folder_is_needed_is_a_sentence_and_the_other_way_round(shelf, ask):
    (shelf / "folder").mkdir()
    (shelf / "file").write_text("x")
    with pytest.raises(DataError, match="is a folder; name a file"):
        ask(spec.Npz(path="folder"))
    with pytest.raises(DataError, match="is a file; name a folder"):
        ask(spec.Folder(path="file"))


@pytest.mark.parametrize("path", ["../own.npz", "/etc/passwd", "~/own.npz", "a/../../b.npz", "C:/own.npz", "a\\b"])
def test_a_path_that_leads_out_of_the_data_folder_is_refused(path):
    with pytest.raises(ValueError, match=r"leads out|is no path"):
        spec.Npz(path=path)


def test_a_link_that_leads_out_of_the_data_folder_is_refused(shelf, tmp_path):
    save(tmp_path, whole(np.zeros((4, 2)), np.arange(4)))
    (shelf / "own.npz").symlink_to(tmp_path / "own.npz")
    with pytest.raises(DataError, match="is a link that leads out of"):
        data.load(spec.Npz(path="own.npz"))
