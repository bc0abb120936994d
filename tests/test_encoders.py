"""Every encoder, by colour bars whose values are known, decoded by a reader that had no part in their making."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from render.film.encoders import ENCODERS, encode
from render.film.encoders.encoded import EncodedFilm
from render.scene import encoders as kinds
from render.scene.encoders.encoder import EncoderPart
from tests.streams import BARS, bars_stream, decoded

VP9 = ("-c:v", "libvpx-vp9")


class Case(NamedTuple):
    """A kind of output, and what is true of its file."""

    settings: EncoderPart
    ending: str
    depth: int
    alpha: bool
    matrix: str = "bt709"  # "" for RGB
    bound: int = 2  # codes of 255
    reading: tuple[str, ...] = ()


CASES = {
    "h264": Case(kinds.H264(preset="veryfast"), "mp4", 8, False),
    "hevc": Case(kinds.Hevc(preset="veryfast"), "mp4", 10, False),
    "av1": Case(kinds.Av1(speed=10), "mp4", 10, False),
    "vp9": Case(kinds.Vp9(speed=5), "webm", 8, False, reading=VP9),
    "vp9 alpha": Case(kinds.Vp9(speed=5), "webm", 8, True, reading=VP9),
    "prores hq": Case(kinds.ProRes(), "mov", 10, False),
    "prores 4444": Case(kinds.ProRes(profile="4444"), "mov", 12, False),
    "prores 4444 alpha": Case(kinds.ProRes(profile="4444"), "mov", 12, True),
    "ffv1": Case(kinds.Ffv1(), "mkv", 8, False, matrix="", bound=0),
    "ffv1 alpha": Case(kinds.Ffv1(), "mkv", 8, True, matrix="", bound=0),
    "ffv1 10": Case(kinds.Ffv1(depth=10), "mkv", 10, False, matrix="", bound=1),
    "ffv1 16 alpha": Case(kinds.Ffv1(depth=16), "mkv", 16, True, matrix="", bound=1),
    "hap": Case(kinds.Hap(profile="standard"), "mov", 8, False, matrix="", bound=2),
    "hap q": Case(kinds.Hap(), "mov", 8, False, matrix="", bound=2),
    "hap alpha": Case(kinds.Hap(profile="alpha"), "mov", 8, True, matrix="", bound=2),
    "gif": Case(kinds.Gif(), "gif", 8, False, matrix="", bound=2),
    "gif alpha": Case(kinds.Gif(), "gif", 8, True, matrix="", bound=2),
    "webp": Case(kinds.WebP(), "webp", 8, False, matrix="", bound=6),
    "webp alpha": Case(kinds.WebP(), "webp", 8, True, matrix="", bound=6),
    "webp lossless": Case(kinds.WebP(lossless=True), "webp", 8, True, matrix="", bound=0),
    "apng": Case(kinds.Apng(), "apng", 8, False, matrix="", bound=0),
    "apng alpha": Case(kinds.Apng(), "apng", 8, True, matrix="", bound=0),
    "apng 16": Case(kinds.Apng(depth=16), "apng", 16, True, matrix="", bound=1),
    "png": Case(kinds.PngSequence(), "", 16, True, matrix="", bound=1),
    "png 8": Case(kinds.PngSequence(depth=8), "", 8, False, matrix="", bound=0),
    "tiff": Case(kinds.TiffSequence(), "", 16, True, matrix="", bound=1),
    "tiff 8": Case(kinds.TiffSequence(depth=8), "", 8, False, matrix="", bound=0),
}
FPS = {"gif": Fraction(25), "webp": Fraction(25)}  # whole ticks, so that the reader's clock is theirs


def rate(case: Case) -> Fraction:
    return FPS.get(case.ending, Fraction(24000, 1001))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes each film once."""
    folder, known = tmp_path_factory.mktemp("encoders"), {}

    def make(name: str) -> tuple[Path, EncodedFilm]:
        if name not in known:
            case = CASES[name]
            target = folder / name.replace(" ", "-") / (f"bars.{case.ending}" if case.ending else "bars")
            stream = bars_stream(case.settings.frame_depth, case.alpha, fps=rate(case))
            known[name] = target, encode(stream, target, case.settings, {"title": "Bars"})
        return known[name]

    return make


def pictures_of(path: Path, case: Case) -> np.ndarray:
    if path.is_dir():
        ending = next(path.iterdir()).suffix
        return decoded(path / f"%06d{ending}", (256, 64), matrix="")
    return decoded(path, (256, 64), case.reading, case.matrix)


@pytest.mark.parametrize("name", CASES)
def test_colour_bars_come_back_as_they_went_in(made, name):
    case = CASES[name]
    pictures = pictures_of(made(name)[0], case)
    assert len(pictures) == 6
    for picture in (pictures[0], pictures[-1]):
        assert np.abs(picture[16, 8::16, :3].astype(int) - BARS).max() <= case.bound


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].alpha])
def test_what_is_half_there_stays_half_there(made, name):
    case = CASES[name]
    picture = pictures_of(made(name)[0], case)[0]
    cover = picture[..., 3].astype(int)
    half = 255 if case.ending == "gif" else 128  # of a GIF a pixel is there or is not
    assert np.abs(cover[:28] - 255).max() <= 2
    assert np.abs(cover[38:] - half).max() <= 2


@pytest.mark.parametrize("name", CASES)
def test_what_is_told_of_a_film_is_what_went_in(made, name):
    case, film = CASES[name], made(name)[1]
    assert (film.frames, film.size) == (6, (256, 64))
    assert film.duration == pytest.approx(6 / float(rate(case)), abs=0.002)
    if case.ending not in ("gif", "webp"):
        assert film.depth == case.depth
        assert film.has_alpha == case.alpha
    if case.matrix:
        assert film.colours == "tv, bt709"


def test_every_kind_of_output_has_an_encoder_and_a_case():
    cases = {type(case.settings) for case in CASES.values()}
    assert set(ENCODERS) == cases | {kinds.ExrSequence, kinds.Poster, kinds.FrameSheet}


@pytest.mark.parametrize(
    "name", ["h264", "hevc", "av1", "vp9 alpha", "prores hq", "ffv1", "hap q", "gif", "webp", "apng"]
)
def test_the_same_frames_give_the_same_bytes(made, name, tmp_path):
    case, path = CASES[name], made(name)[0]
    again = tmp_path / path.name
    encode(bars_stream(case.settings.frame_depth, case.alpha, fps=rate(case)), again, case.settings, {"title": "Bars"})
    assert again.read_bytes() == path.read_bytes()


def test_bars_read_by_the_other_matrix_would_be_wrong(made):
    picture = decoded(made("hevc")[0], (256, 64), matrix="smpte170m")[0]
    assert np.abs(picture[16, 8::16, :3].astype(int) - BARS).max() > 10
