"""The pool: pictures are kept by what they were made from, told from damaged ones, and go when there are too many."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from PIL import Image

from render.errors import MachineError
from render.film.framefile import pixels_of, png_of
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


def test_any_reader_of_png_reads_it():
    made = picture(2)
    with Image.open(io.BytesIO(png_of(made))) as image:
        assert np.array_equal(np.asarray(image), made)


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
