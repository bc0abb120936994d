"""Files of prints, read back by programs of others: every code, the resolution, the profile and the texts."""

import io
import subprocess
import sys

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageCms

from render.errors import MachineError
from render.film.prints import exr
from render.film.prints.exr import LinearSheet, Passes, write_exr, write_passes
from render.film.prints.png import write_png
from render.film.prints.print_sheet import PrintSheet
from render.film.prints.tiff import needs_big, write_tiff
from tests.exr import read_exr

WIDTH, HEIGHT = 133, 201
TEXTS = {"Title": "Abstieg für alle", "Description": "log height · clipped at 99.7 %"}
WRITERS = {"png": write_png, "tif": write_tiff}


@pytest.fixture(params=[(8, 3), (8, 4), (16, 3), (16, 4)], ids=lambda kind: f"{kind[0]} bits of {kind[1]}")
def codes(request):
    """Codes of every kind, of which no two neighbours are alike."""
    depth, channels = request.param
    return np.random.default_rng(1).integers(0, 2**depth, (HEIGHT, WIDTH, channels)).astype(f"uint{depth}")


def sheet_of(codes, **more):
    return PrintSheet(codes.shape[1], codes.shape[0], codes.shape[2], 8 * codes.itemsize, 300, TEXTS, **more)


def bands(codes, cuts=(7, 8, 150)):
    return iter(np.split(codes, cuts))


def decoded(path, codes):
    """Returns what ffmpeg reads."""
    wide = {1: ("rgb24", "rgba"), 2: ("rgb48le", "rgba64le")}[codes.itemsize][codes.shape[2] - 3]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", wide, "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, f"<u{codes.itemsize}").reshape(codes.shape)


@pytest.mark.parametrize("ending", WRITERS)
def test_every_code_comes_back(tmp_path, codes, ending):
    target = tmp_path / f"print.{ending}"
    WRITERS[ending](target, sheet_of(codes), bands(codes))
    np.testing.assert_array_equal(decoded(target, codes), codes)
    with Image.open(target) as read:
        assert read.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        if codes.itemsize == 1:
            np.testing.assert_array_equal(np.asarray(read), codes)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("ending", WRITERS)
def test_bands_of_any_height_make_the_same_pixels(tmp_path, codes, ending):
    for cuts in ((), (1,), range(1, HEIGHT), (64, 128)):
        WRITERS[ending](tmp_path / "print", sheet_of(codes), bands(codes, cuts))
        np.testing.assert_array_equal(decoded(tmp_path / "print", codes), codes)


def test_a_big_tiff_is_read_like_any_other(tmp_path):
    codes = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    write_tiff(tmp_path / "big.tif", sheet_of(codes), bands(codes), big=True)
    assert (tmp_path / "big.tif").read_bytes()[:4] == b"II+\0"
    with Image.open(tmp_path / "big.tif") as read:
        np.testing.assert_array_equal(np.asarray(read), codes)
        assert read.info["dpi"] == (300, 300)


def test_a_tiff_is_big_where_it_could_pass_four_gigabytes():
    assert not needs_big(PrintSheet(16_384, 40_000, 3, 16))
    assert needs_big(PrintSheet(16_384, 50_000, 3, 16))


@pytest.mark.parametrize("ending", WRITERS)
def test_profile_and_texts_are_in_the_file(tmp_path, ending):
    codes = np.zeros((4, 5, 3), np.uint16)
    WRITERS[ending](tmp_path / "print", sheet_of(codes), iter([codes]))
    with Image.open(tmp_path / "print") as read:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(read.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        told = read.text if ending == "png" else {"Title": read.tag_v2[269], "Description": read.tag_v2[270]}
    plain = (text if ending == "png" else text.encode("latin-1").decode() for text in told.values())  # as Pillow reads
    assert dict(zip(told, plain, strict=True)) == TEXTS


@pytest.mark.parametrize("ending", WRITERS)
def test_the_same_rows_make_the_same_bytes(tmp_path, codes, ending):
    for name in ("one", "two"):
        WRITERS[ending](tmp_path / name, sheet_of(codes), bands(codes))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("ending", WRITERS)
def test_a_print_whose_rows_end_early_leaves_no_file(tmp_path, ending):
    codes = np.zeros((10, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="rows came, not the 10"):
        WRITERS[ending](tmp_path / f"print.{ending}", sheet_of(codes), iter([codes[:9]]))
    assert not list(tmp_path.iterdir())


def test_rows_of_another_kind_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is not of"):
        write_png(tmp_path / "print", PrintSheet(5, 10, 3, 16), iter([np.zeros((10, 5, 3), np.uint8)]))


def passes(height=70, width=50):
    random = np.random.default_rng(2)

    def planes(*shape):
        return random.normal(size=(height, width, *shape)).astype(np.float32)

    mattes = {"terrain": planes(), "wall": planes()}
    return Passes(planes(3), planes(), planes(), planes(3), planes(3), path=planes(3), mattes=mattes)


def test_passes_come_back_as_they_were_given(tmp_path):
    pytest.importorskip("OpenImageIO")
    given = passes()
    given.depth[0, 0] = np.inf
    write_passes(tmp_path / "passes.exr", given, TEXTS)
    read = read_exr(tmp_path / "passes.exr")
    assert set(read) == set(given.planes) >= {"R", "A", "depth.Z", "normal.X", "path.B", "matte_wall.V"}
    assert not any(name.startswith("bounce") for name in read)
    for name, plane in given.planes.items():
        np.testing.assert_array_equal(read[name], plane, err_msg=name)


def test_passes_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="different sizes"):
        _ = Passes(np.zeros((4, 5, 3)), depth=np.zeros((4, 6))).planes
    with pytest.raises(ValueError, match="are not the planes X, Y, Z"):
        _ = Passes(np.zeros((4, 5, 3)), normal=np.zeros((4, 5, 2))).planes


def test_half_floats_hold_light_to_eleven_bits(tmp_path):
    pytest.importorskip("OpenImageIO")
    light = np.geomspace(1e-3, 20, 60 * 40 * 3, dtype=np.float32).reshape(60, 40, 3)
    for name in ("one", "two"):
        write_exr(tmp_path / f"{name}.exr", LinearSheet(40, 60, ("R", "G", "B"), 16, 300, TEXTS), bands(light, (7, 33)))
    read = read_exr(tmp_path / "one.exr")
    np.testing.assert_allclose(np.stack([read[name] for name in "RGB"], -1), light, rtol=2**-11)
    assert (tmp_path / "one.exr").read_bytes() == (tmp_path / "two.exr").read_bytes()
    assert b"1980" in (tmp_path / "one.exr").read_bytes()  # and no date of today


def test_without_the_library_exr_is_told_how_to_be_had(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    with pytest.raises(MachineError, match=r"pip install 'thalweg\[exr\]'") as error:
        exr.openimageio()
    assert error.value.exit_code == 4
