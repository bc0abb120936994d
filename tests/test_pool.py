"""The pool: pictures are kept by what they were made from, told from damaged ones, and go when there are too many."""

from __future__ import annotations

import io
import os
import zlib

import numpy as np
import pytest
from PIL import Image

from render.errors import DataError, MachineError
from render.film import framefile
from render.film.framefile import BAND, pixels_of, png_of
from render.film.pool import Pool, PoolWriter
from render.storage.files import content_key

KEYS = [content_key({"picture": number}) for number in range(6)]


def picture(number: int, kind: type = np.uint8, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(number).integers(0, np.iinfo(kind).max, (18, 32, channels)).astype(kind)


@pytest.fixture
def pool(tmp_path) -> Pool:
    pool = Pool(tmp_path / "pictures")
    with PoolWriter(pool) as writer:
        for number, key in enumerate(KEYS):
            writer.write(key, picture(number))
    return pool


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_comes_back_as_it_was_written(kind, channels):
    made = picture(1, kind, channels)
    back = pixels_of(png_of(made))
    assert back.dtype == kind
    assert np.array_equal(back, made)


def tall(number: int, height: int = 3 * BAND + 5) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 255, (height, 40, 3)).astype(np.uint8)


@pytest.mark.parametrize("height", [1, BAND - 1, BAND, BAND + 1, 3 * BAND + 5])
def test_any_reader_of_png_reads_it(height):
    made = tall(2, height)
    with Image.open(io.BytesIO(png_of(made))) as image:
        assert np.array_equal(np.asarray(image), made)
    assert np.array_equal(pixels_of(png_of(made)), made)


@pytest.fixture
def coded(monkeypatch) -> list[int]:
    """One entry for each band that is coded from now on; none is remembered at first."""
    made: list[int] = []
    compressobj = zlib.compressobj

    def counted(*how):
        made.append(1)
        return compressobj(*how)

    monkeypatch.setattr(framefile, "_CODED", type(framefile._CODED)())
    monkeypatch.setattr(framefile.zlib, "compressobj", counted)
    return made


def test_only_bands_with_other_rows_are_coded_again_and_the_bytes_are_the_same(coded):
    plain = tall(3)
    png_of(plain)
    assert len(coded) == 4
    written = plain.copy()
    written[BAND + 3 : BAND + 9, 5:] = 9
    remembered = png_of(written)
    assert len(coded) == 5
    framefile._CODED.__init__()
    assert png_of(written) == remembered
    assert np.array_equal(pixels_of(remembered), written)


def test_the_row_below_a_change_counts_as_changed(coded):
    plain = tall(4)
    png_of(plain)
    written = plain.copy()
    written[BAND - 1] = 7  # the next band's first row is told less this one
    assert np.array_equal(pixels_of(png_of(written)), written)
    assert len(coded) == 6


def test_a_picture_that_was_read_need_not_be_coded(coded):
    content = png_of(tall(5))
    framefile._CODED.__init__()
    coded.clear()
    assert png_of(pixels_of(content)) == content
    assert not coded


def test_few_bands_are_remembered(monkeypatch, coded):
    monkeypatch.setattr(framefile, "REMEMBERED", 10_000)
    for number in range(20):
        png_of(tall(number))
    assert 0 < framefile._CODED._bytes <= 10_000
    assert framefile._CODED._bytes == sum(map(len, framefile._CODED._bands.values()))


def test_chunks_that_say_another_picture_than_their_sum_are_refused():
    one, other = png_of(tall(6)), png_of(tall(7))
    with pytest.raises(DataError, match="damaged"):
        pixels_of(one[:-30] + other[-30:])  # the last two chunks: the sum, and the end


def test_a_png_of_another_program_is_read_too():
    made, file = picture(3), io.BytesIO()
    Image.fromarray(made).save(file, "PNG")
    assert np.array_equal(pixels_of(file.getvalue()), made)


def test_pictures_are_found_by_their_keys(pool):
    other = content_key({"picture": "another"})
    found = pool.find([*KEYS, other])
    assert found.keys() == set(KEYS)
    assert np.array_equal(pool.read(found[KEYS[4]]), picture(4))


def test_a_flipped_bit_is_found_and_the_picture_is_none(pool):
    found = pool.find(KEYS)[KEYS[0]]
    content = bytearray(found.path.read_bytes())
    content[len(content) // 2] ^= 1
    found.path.write_bytes(content)
    assert pool.read(found) is None
    assert KEYS[0] not in pool.find(KEYS)


def test_a_picture_that_was_cut_short_is_none(pool):
    found = pool.find(KEYS)[KEYS[0]]
    found.path.write_bytes(found.path.read_bytes()[:-5])
    assert KEYS[0] not in pool.find(KEYS)


def test_the_longest_unseen_pictures_go_where_there_are_too_many(pool):
    sizes = {}
    for age, key in enumerate(KEYS):
        picture = pool.find([key])[key]
        os.utime(picture.path, (1e9 + age, 1e9 + age))
        sizes[key] = picture.size
    limit = (sum(sizes.values()) - sizes[KEYS[1]] - sizes[KEYS[2]]) / 1e9
    assert pool.trim(KEYS[:1], limit) == 2
    assert pool.find(KEYS).keys() == {KEYS[0], *KEYS[3:]}


def test_a_limit_that_is_no_number_is_refused(pool, monkeypatch):
    monkeypatch.setenv("THALWEG_PICTURES", "much")
    with pytest.raises(MachineError, match="THALWEG_PICTURES=much is no number of gigabytes"):
        pool.trim([])


def test_an_empty_pool_makes_no_folder(tmp_path):
    pool = Pool(tmp_path / "pictures")
    assert (pool.find(KEYS), pool.trim([]), list(pool.pictures())) == ({}, 0, [])
    assert not pool.folder.exists()
