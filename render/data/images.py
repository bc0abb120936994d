"""Images of files: decoded once, kept as one array of bytes.

Sizes may differ, and images may be grey, of a palette, in CMYK, with transparency, or turned by their EXIF tag.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from render.data import cache, folders, hashing, pixels, places
from render.data.dataset import Dataset, Examples, selected, shuffled, split
from render.data.sources import EDITIONS, SELECTION, asked_by
from render.errors import DataError
from render.scene import data as spec

MOST_PIXELS = 200_000_000  # of one image; more is a bomb
ALGORITHM = 1  # raise it when the same files would be decoded to other bytes


def imagenette(settings: spec.Imagenette) -> Dataset:
    """Returns Imagenette in an edition."""
    place = imagenette_folder(settings)
    if folders.parts_of(place).keys() != folders.PARTS.keys():
        raise DataError(f"{place}: lacks its folder train or val; remove it, and fetch or copy it again")
    return _dataset("imagenette", place, settings, skip_broken=False, test_share=0.0)


def imagenette_folder(settings: spec.Imagenette) -> Path:
    """Returns where an edition lies; raises DataError where it is absent."""
    name = f"imagenette-{settings.edition}"
    here = "put {train,val}/<class>/*.JPEG there"
    remedy = here if name == SELECTION else f"`thalweg data fetch {name}` fetches it"
    others = [asked_by(other) for other, names in EDITIONS.items() if other != name and places.first(names)]
    there = f", or {' or '.join(others)} asks for what is there" if others else ""
    return places.found("imagenette", EDITIONS[name], f"{remedy}{there}")


def folder(settings: spec.Folder) -> Dataset:
    """Returns the images of a folder of one's own."""
    place = places.own_folder(settings.path)
    return _dataset(place.name, place, settings, skip_broken=settings.skip_broken, test_share=settings.test_share)


def _dataset(name: str, place: Path, settings: spec.Pictures, skip_broken: bool, test_share: float) -> Dataset:
    parts = folders.listed(place)
    decoded = {part: _decoded(listing, settings, skip_broken) for part, listing in parts.items()}
    notes = (*folders.notes_of(place, parts), *_broken_notes(parts, decoded))
    if "test" in decoded:
        train, test = (shuffled(decoded[part]) for part in ("train", "test"))
    else:
        train, test = split(decoded["train"].inputs, decoded["train"].targets, test_share)
    inputs = pixels.normalised(settings.normalise, train.inputs, test.inputs)
    train, test = map(Examples, inputs, (train.targets, test.targets))
    return selected(Dataset(name, len(folders.class_names(place)), train, test, notes), settings)


def _broken_notes(parts: Mapping[str, folders.Listing], decoded: Mapping[str, Examples]) -> Iterator[str]:
    """Gives how many images are left out because they cannot be read."""
    for part, listing in parts.items():
        broken = len(listing.files) - len(decoded[part])
        if broken:
            yield f"{part}: {broken:,} of {len(listing.files):,} images cannot be read and are left out"


def _decoded(listing: folders.Listing, settings: spec.Pictures, skip_broken: bool) -> Examples:
    """Returns images (N, C, size, size) uint8 with their labels, from the cache where they are there."""
    form = {name: getattr(settings, name) for name in ("size", "crop", "grey")}
    key = {"algorithm": ALGORITHM, "pillow": Image.__version__, "files": hashing.digest_of(listing.files), **form}
    shape = (1 if settings.grey else 3, settings.size, settings.size)
    array = cache.obtain(key, (len(listing.files), *shape), lambda made: _decode(listing.files, settings, made))
    whole = array.whole
    if whole.all():
        return Examples(array.images, listing.labels)
    if not skip_broken:
        broken = [file for file, fine in zip(listing.files, whole, strict=True) if not fine]
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        raise DataError(f"{broken[0]}{more}: cannot be read as an image; mend or remove it, or set skip_broken")
    return Examples(array.images[whole], listing.labels[whole])


def _decode(files: Sequence[str], settings: spec.Pictures, made: cache.Made) -> None:
    """Decodes files into an array, several at once; those that are broken are flagged and left black."""

    def one(index: int) -> None:
        with contextlib.suppress(Exception):  # a broken image can fail in any way, and is named by its flag
            made.images[index] = decoded(files[index], settings)
            made.whole[index] = True

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")  # here, since the filters belong to all threads
        list(pool.map(one, range(len(files))))


def decoded(file: str | Path, settings: spec.Pictures) -> np.ndarray:
    """Returns an image file as (C, size, size) uint8; raises any exception where it cannot be read."""
    with Image.open(file) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError(f"{opened.width} × {opened.height} pixels are more than {MOST_PIXELS:,}")
        opened.draft("RGB", (2 * settings.size, 2 * settings.size))  # a JPEG is decoded at no more than it needs
        image = ImageOps.exif_transpose(opened)
        image = _flat(image).convert("L" if settings.grey else "RGB")
    sized = _square(image, settings.size, settings.crop)
    values = np.asarray(sized, np.uint8).reshape(settings.size, settings.size, -1)
    return np.moveaxis(values, 2, 0)


def _flat(image: Image.Image) -> Image.Image:
    """Returns an image in colours of 8 bits, on black where it is transparent."""
    if image.mode in ("I;16", "I;16B", "I", "F"):
        values = np.asarray(image, np.float64)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray(np.round(255 * np.clip(values / top, 0, 1)).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        whole = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", whole.size, (0, 0, 0, 255)), whole).convert("RGB")
    return image


def _square(image: Image.Image, size: int, crop: str) -> Image.Image:
    if crop == "squash":
        return image.resize((size, size), Image.Resampling.BOX if min(image.size) > size else Image.Resampling.BICUBIC)
    return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)


def can_be_read(file: str) -> bool:
    """Whether an image file is one, to its end."""
    try:
        decoded(file, spec.Pictures(size=4))
    except Exception:  # a broken image can fail in any way
        return False
    return True
