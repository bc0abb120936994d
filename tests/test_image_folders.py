"""Image folders: whatever a file holds becomes an image of one size; broken ones are named, and decoded only once."""

import errno
import io
import os
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from render import data
from render.data import folders, images
from render.errors import DataError
from render.progress import Lines, Reporter
from render.scene import data as spec
from render.scene.spec import RunSettings
from render.storage.files import cache_folder
from tests.kept import kept_run

SETTINGS = spec.Folder(path="own", size=16, normalise="unit")


pytestmark = pytest.mark.usefixtures("shelf")


def left_red(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Returns a picture that is red in its left half and blue in its right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0], pixels[:, width // 2 :, 2] = 255, 255
    return Image.fromarray(pixels).convert(mode)


def folder(shelf: Path, parts=("train", "val"), classes=("cat", "dog"), count: int = 4) -> Path:
    for part in parts:
        for name in classes:
            place = shelf / "own" / part / name
            place.mkdir(parents=True)
            for number in range(count):
                left_red(40 + 10 * number, 30 + len(part)).save(place / f"{number}.png")
    return shelf / "own"


def test_classes_are_folders_in_the_order_of_their_names(shelf):
    folder(shelf, count=5)
    loaded = data.load(SETTINGS)
    assert (loaded.name, loaded.classes, len(loaded.train), len(loaded.test)) == ("own", 2, 10, 10)
    assert loaded.train.inputs.shape == (10, 3, 16, 16)
    assert sorted(loaded.train.targets.tolist()) == [0] * 5 + [1] * 5


def test_images_all_together_are_split(shelf):
    folder(shelf, parts=("",), count=10)
    loaded = data.load(SETTINGS)
    assert (len(loaded.train), len(loaded.test)) == (16, 4)


FORMS = {
    "jpeg": lambda path: left_red(64, 48).save(path.with_suffix(".JPEG"), quality=95),
    "grey": lambda path: left_red(64, 48, "L").save(path),
    "palette": lambda path: left_red(64, 48).quantize(4).save(path),
    "cmyk": lambda path: left_red(64, 48, "CMYK").save(path.with_suffix(".jpg"), quality=95),
    "transparent": lambda path: left_red(64, 48, "RGBA").save(path),
    "wide": lambda path: left_red(300, 20).save(path),
    "high": lambda path: left_red(20, 300).save(path),
    "tiny": lambda path: left_red(2, 2).save(path),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("crop", ["centre", "squash"])
def test_an_image_of_any_form_keeps_its_left_and_right(shelf, tmp_path, form, crop):
    FORMS[form](tmp_path / "one.png")
    (file,) = tmp_path.glob("one.*")
    made = images.decoded(file, SETTINGS.model_copy(update={"crop": crop})).astype(int)
    assert made.shape == (3, 16, 16)
    left, right = made[:, :, :6].mean((1, 2)), made[:, :, 10:].mean((1, 2))
    if form == "grey":
        assert left[0] > right[0] + 30 and np.ptp(left) < 1
    else:
        assert left[0] > 200 and left[2] < 60 and right[2] > 200 and right[0] < 60


@pytest.mark.parametrize("turn", [3, 6, 8])
def test_an_image_that_its_camera_held_turned_is_turned_back(tmp_path, turn):
    upright = left_red(64, 48)
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[turn]
    exif = Image.Exif()
    exif[274] = turn
    upright.transpose(back).save(tmp_path / "a.jpg", exif=exif, quality=95)
    made = images.decoded(tmp_path / "a.jpg", SETTINGS).astype(int)
    assert made[0, :, :6].mean() > 200 and made[2, :, 10:].mean() > 200


def test_a_grey_data_set_has_one_channel(shelf):
    folder(shelf)
    assert data.load(SETTINGS.model_copy(update={"grey": True})).train.inputs.shape == (8, 1, 16, 16)


def test_sixteen_bits_of_grey_keep_their_order(tmp_path):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(tmp_path / "a.png")
    made = images.decoded(tmp_path / "a.png", SETTINGS).astype(int)[0, 8]
    assert (np.diff(made) > 0).all() and made[0] < 20 and made[-1] > 235


def test_a_broken_image_is_named_and_skipped_only_on_request(shelf):
    own = folder(shelf)
    (own / "train" / "cat" / "1.png").write_bytes(b"\x89PNG torn")
    (own / "train" / "dog" / "2.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"train/cat/1.png and 1 more: cannot be read as an image.*skip_broken"):
        data.load(SETTINGS)
    assert len(data.load(SETTINGS.model_copy(update={"skip_broken": True})).train) == 6


def test_an_image_that_fails_in_an_unheard_of_way_is_broken_like_any_other(shelf, monkeypatch):
    def failing(file, settings, real=images.decoded):
        if file.endswith("2.png"):
            raise struct.error("required argument is not an integer")
        return real(file, settings)

    folder(shelf)
    monkeypatch.setattr(images, "decoded", failing)
    with pytest.raises(DataError, match=r"train/cat/2.png and 1 more: cannot be read as an image"):
        data.load(SETTINGS)


def test_an_image_that_warns_is_read_and_its_warning_kept_back(shelf, monkeypatch):
    def warning(file, settings, real=images.decoded):
        warnings.warn("Corrupt EXIF data", stacklevel=2)
        return real(file, settings)

    folder(shelf)
    monkeypatch.setattr(images, "decoded", warning)
    before = list(warnings.filters)
    assert len(data.load(SETTINGS).train) == 8
    assert list(warnings.filters) == before


def test_folders_that_archives_and_programs_leave_behind_are_no_classes(shelf):
    own = folder(shelf)
    for part in ("train", "val"):
        for name in ("__MACOSX", ".ipynb_checkpoints"):
            (own / part / name).mkdir()
    assert data.load(SETTINGS).classes == 2


NESTED = {
    "Tiny ImageNet": lambda own, name: own / name / "images",
    "deeper": lambda own, name: own / name / "2020" / "may",
}


@pytest.mark.parametrize("layout", NESTED)
def test_images_in_folders_within_a_class_belong_to_it(shelf, layout):
    for name in ("cat", "dog"):
        place = NESTED[layout](shelf / "own" / "train", name)
        place.mkdir(parents=True)
        for number in range(4):
            left_red(20, 20).save(place / f"{name}_{number}.JPEG")
        (shelf / "own" / "train" / name / f"{name}_boxes.txt").write_text("0 0 1 1")
    loaded = data.load(SETTINGS)
    assert loaded.classes == 2 and len(loaded.train) + len(loaded.test) == 8
    assert loaded.notes == (f"{shelf / 'own' / 'train'}: 2 are no images and are left out: 2 .txt",)


@pytest.mark.parametrize("ending", [".jfif", ".JFIF", ".jpe", ".webp", ".BMP", ".Png", "", ".17"])
def test_an_image_of_any_ending_or_none_is_found(shelf, ending):
    form = {".webp": "WEBP", ".bmp": "BMP", ".png": "PNG"}.get(ending.lower(), "JPEG")
    for name in ("cat", "dog"):
        (shelf / "own" / name).mkdir(parents=True)
        for number in range(3):
            left_red(20, 20).save(shelf / "own" / name / f"n{number}{ending}", form)
    loaded = data.load(SETTINGS)
    assert len(loaded.train) + len(loaded.test) == 6 and loaded.notes == ()


def test_what_is_no_image_is_left_out_and_counted(shelf):
    own = folder(shelf)
    for name in ("cat", "dog"):
        place = own / "train" / name
        (place / "Thumbs.db").write_bytes(b"x")
        (place / ".DS_Store").write_bytes(b"x")
        (place / "@eaDir").mkdir()
        (place / "@eaDir" / "0.png").write_bytes((place / "0.png").read_bytes())
        (place / "README").write_text("no image")
    (own / "train" / "cat" / "7.avif").write_bytes(b"x")
    (own / "train" / "list.csv").write_text("x")
    (own / "train" / "@eaDir").mkdir()
    (own / "train" / "__MACOSX").mkdir()
    loaded = data.load(SETTINGS)
    assert (loaded.classes, len(loaded.train)) == (2, 8)
    assert loaded.notes == (
        f"{own / 'train'}: 12 are no images and are left out: 3 @eaDir, 2 .DS_Store, 2 README, 2 Thumbs.db, 1 .avif, "
        "others",
    )


def test_images_that_cannot_be_read_are_counted_where_they_are_skipped(shelf):
    own = folder(shelf)
    (own / "train" / "cat" / "1.png").write_bytes(b"torn")
    notes = data.load(SETTINGS.model_copy(update={"skip_broken": True})).notes
    assert notes == ("train: 1 of 8 images cannot be read and are left out",)


def test_a_class_of_files_that_are_no_images_says_what_they_are(shelf):
    own = folder(shelf)
    (own / "train" / "eel").mkdir()
    (own / "train" / "eel" / "1.avif").write_bytes(b"x")
    with pytest.raises(
        DataError, match=r"eel: holds no images \(1 is no image and is left out: 1 .avif\); put some there"
    ):
        data.load(SETTINGS)


@pytest.mark.parametrize(("train", "test"), [("Train", "Val"), ("training", "testing"), ("TRAIN", "Test")])
def test_the_parts_of_a_set_are_no_classes_whatever_their_capitals(shelf, train, test):
    folder(shelf, parts=(train, test))
    loaded = data.load(SETTINGS)
    assert (loaded.classes, len(loaded.train), len(loaded.test)) == (2, 8, 8)


def test_a_class_may_be_called_as_a_part_is(shelf):
    folder(shelf, parts=("",), classes=("car", "test", "train"))
    assert data.load(SETTINGS).classes == 3


def test_a_test_part_without_a_train_part_is_a_sentence(shelf):
    own = folder(shelf, parts=("val",))
    with pytest.raises(DataError, match="has a folder val, but none train; name both, or neither"):
        data.load(SETTINGS)
    assert own.is_dir()


def test_a_further_part_that_is_not_used_is_named(shelf):
    own = folder(shelf, parts=("train", "val", "test"))
    assert data.load(SETTINGS).notes == (f"{own}: test is left out, since val is the test part",)


def annotated(shelf: Path, lines: list[str]) -> Path:
    """Returns a set whose test images lie in one folder, with a table of their classes."""
    own = folder(shelf, parts=("train",))
    (own / "val" / "images").mkdir(parents=True)
    for number in range(4):
        left_red(20, 20).save(own / "val" / "images" / f"val_{number}.JPEG")
    (own / "val" / "val_annotations.txt").write_text("\n".join(lines))
    return own


LINES = [f"val_{number}.JPEG\t{name}\t0\t0\t62\t62" for number, name in enumerate(["dog", "cat", "dog", "dog"])]


def test_test_images_whose_classes_a_table_tells_are_read(shelf):
    own = annotated(shelf, LINES)
    listing = folders.listed(own)["test"]
    assert [Path(file).name for file in listing.files] == [f"val_{number}.JPEG" for number in (1, 0, 2, 3)]
    assert listing.labels.tolist() == [0, 1, 1, 1]
    loaded = data.load(SETTINGS)
    assert sorted(loaded.test.targets.tolist()) == [0, 1, 1, 1] and loaded.notes == ()


def test_another_table_of_classes_makes_other_data(shelf):
    own = annotated(shelf, LINES)
    before = data.fingerprint(SETTINGS)
    (own / "val" / "val_annotations.txt").write_text("\n".join(LINES).replace("dog", "cat"))
    assert data.fingerprint(SETTINGS) != before


TABLES = {
    "a class too many": ([*LINES[:3], "val_3.JPEG eel"], "names a class eel that the train part does not have"),
    "a line too few": (LINES[:3], r"val_3.JPEG: has no line in val_annotations.txt; add its class, or remove it"),
    "a short line": ([*LINES, "val_4.JPEG"], "line 5 is not an image and its class; mend it"),
}


@pytest.mark.parametrize(("lines", "words"), TABLES.values(), ids=TABLES)
def test_a_table_of_classes_that_does_not_fit_is_a_sentence(shelf, lines, words):
    annotated(shelf, lines)
    with pytest.raises(DataError, match=words):
        data.load(SETTINGS)


def test_a_training_says_what_was_left_out(shelf, tmp_path):
    own = folder(shelf)
    (own / "val" / "cat" / "notes.txt").write_text("x")
    settings = spec.Folder(path="own", size=8)
    network = {"kind": "mlp", "widths": [4]}
    training = {"optimiser": {"kind": "sgd", "lr": 0.1}, "batch": 4, "steps": 2}
    said = io.StringIO()
    kept_run(
        RunSettings.model_validate({"data": settings.model_dump(), "network": network, "training": training}),
        7,
        tmp_path / "output",
        Reporter(Lines(said)),
    )
    assert f"run main: {own / 'val'}: 1 is no image and is left out: 1 .txt\n" in said.getvalue()


def test_an_image_that_claims_too_many_pixels_is_broken(shelf, monkeypatch):
    folder(shelf)
    monkeypatch.setattr(images, "MOST_PIXELS", 1000)
    with pytest.raises(DataError, match="cannot be read as an image"):
        data.load(SETTINGS)


@pytest.mark.parametrize(
    ("classes", "words"),
    [(("cat",), "only one class, cat"), ((), "no class folders")],
)
def test_a_folder_without_two_classes_is_a_sentence(shelf, classes, words):
    (shelf / "own" / "train").mkdir(parents=True)
    folder(shelf, classes=classes) if classes else None
    with pytest.raises(DataError, match=words):
        data.load(SETTINGS)


def test_a_folder_around_the_classes_is_named(shelf):
    own = folder(shelf, parts=("images",))
    with pytest.raises(DataError, match=rf"only one class, images; .*, or name {own}/images, which holds some"):
        data.load(SETTINGS)


def test_a_class_without_images_is_a_sentence(shelf):
    folder(shelf)
    (shelf / "own" / "train" / "eel").mkdir()
    with pytest.raises(DataError, match="train/eel: holds no images"):
        data.load(SETTINGS)


def test_a_class_that_only_the_test_part_has_is_a_sentence(shelf):
    folder(shelf)
    (shelf / "own" / "val" / "eel").mkdir()
    with pytest.raises(DataError, match="val/eel: is a class that the train part does not have"):
        data.load(SETTINGS)


def test_images_are_decoded_once_and_again_when_a_file_changes(shelf, monkeypatch):
    own = folder(shelf)
    decoded = []

    def counted(file, settings, real=images.decoded):
        decoded.append(file)
        return real(file, settings)

    monkeypatch.setattr(images, "decoded", counted)
    first = data.load(SETTINGS).train.inputs
    assert len(decoded) == 16
    np.testing.assert_array_equal(data.load(SETTINGS).train.inputs, first)
    assert len(decoded) == 16
    left_red(200, 10).save(own / "train" / "cat" / "0.png")
    data.load(SETTINGS)
    assert len(decoded) == 24  # the part that has changed


def flip(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 4]) + content[-4:]


def garble(content: bytes) -> bytes:
    return content[:10] + b"(((" + content[13:]


def zipped(content: bytes) -> bytes:
    return b"PK\x03\x04" + content


@pytest.mark.parametrize("damage", [flip, garble, zipped, lambda content: content[:-9], lambda _: b"", None])
@pytest.mark.parametrize("ending", ["npy", "json"])
def test_a_damaged_cache_is_made_anew(shelf, damage, ending):
    folder(shelf)
    first = data.load(SETTINGS).train.inputs
    for file in (cache_folder() / "decoded").glob(f"*.{ending}"):
        file.write_bytes(damage(file.read_bytes())) if damage else file.unlink()
    np.testing.assert_array_equal(data.load(SETTINGS).train.inputs, first)
    for file in (cache_folder() / "decoded").glob("*.npy"):
        assert np.load(file).shape == (8, 3, 16, 16)


def test_a_cache_that_names_other_images_as_broken_is_made_anew(shelf):
    folder(shelf)
    data.load(SETTINGS)
    for file in (cache_folder() / "decoded").glob("*.json"):
        file.write_text(file.read_text().replace("[]", "[3]"))
    assert len(data.load(SETTINGS).train) == 8


def test_a_disk_that_is_full_costs_the_cache_and_nothing_else(shelf, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space left")

    folder(shelf)
    monkeypatch.setattr(np, "save", full)
    assert len(data.load(SETTINGS).train) == 8
    assert not list((cache_folder() / "decoded").iterdir())


def test_a_cache_that_cannot_be_written_costs_only_time(shelf, monkeypatch, tmp_path):
    folder(shelf)
    first = data.load(SETTINGS).train.inputs
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "file" / "cache"))
    np.testing.assert_array_equal(data.load(SETTINGS).train.inputs, first)


def test_imagenette_of_an_edition_is_read_from_its_own_folder(shelf):
    made = folder(shelf, classes=("n01440764", "n02102040"))
    made.rename(shelf / "imagenette2-320")
    loaded = data.load(spec.Imagenette(edition="320", size=8))
    assert loaded.name == "imagenette" and loaded.train.inputs.shape == (8, 3, 8, 8)
    with pytest.raises(
        DataError,
        match=r"imagenette2-160 was not found.*fetches it, or \{kind: imagenette, edition: \"320\"\} asks for what is",
    ):
        data.load(spec.Imagenette(size=8))


def test_imagenette_without_one_of_its_parts_is_a_sentence(shelf):
    folder(shelf, parts=("train",), classes=("n01440764", "n02102040")).rename(shelf / "imagenette2-160")
    with pytest.raises(DataError, match="imagenette2-160: lacks its folder train or val"):
        data.load(spec.Imagenette(size=8))


REAL = os.environ.get("THALWEG_DATA")


@pytest.mark.slow
@pytest.mark.skipif(
    not REAL or not Path(REAL, "imagenette-mini").is_dir(), reason="THALWEG_DATA holds no imagenette-mini"
)
def test_real_photographs_load_and_are_decoded_once(monkeypatch):
    monkeypatch.setenv("THALWEG_DATA", REAL)
    decoded, decode = [], images._decode
    monkeypatch.setattr(images, "_decode", lambda files, *rest: (decoded.append(len(files)), decode(files, *rest)))
    for _ in range(2):
        loaded = data.load(spec.Imagenette(edition="mini", size=64))
    assert loaded.train.inputs.shape == (1500, 3, 64, 64)
    np.testing.assert_allclose(loaded.train.inputs.mean((0, 2, 3)), 0, atol=1e-3)
    np.testing.assert_allclose(loaded.train.inputs.std((0, 2, 3)), 1, atol=1e-3)
    assert len(decoded) <= 2  # each part at most once; none where an earlier run of the tests left them
