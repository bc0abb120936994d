"""Sizes of prints: known sheets come to known pixels, and what is no size is told in a sentence."""

import pytest

from render.errors import UsageError
from render.scene.printing import PrintRequest, print_of

WIDE, HIGH = (1920, 1080), (1080, 1920)


@pytest.mark.parametrize(
    ("size", "dpi", "still", "pixels"),
    [
        ("A1", 300, WIDE, (9933, 7016)),
        ("A1", 300, HIGH, (7016, 9933)),
        ("a4-portrait", 300, WIDE, (2480, 3508)),
        ("A4-landscape", 300, HIGH, (3508, 2480)),
        ("16x20in", 300, WIDE, (4800, 6000)),
        ("60x40cm", 254, HIGH, (6000, 4000)),
        ("594x841mm", 300, WIDE, (7016, 9933)),
        ("8.5 × 11 in", 100, WIDE, (850, 1100)),
        ("16384x16384px", 300, WIDE, (16384, 16384)),
        (None, None, WIDE, WIDE),
    ],
)
def test_a_size_comes_to_pixels(size, dpi, still, pixels):
    assert print_of(PrintRequest(size, dpi), still).size == pixels


def test_the_bleed_lies_beyond_the_sheet():
    made = print_of(PrintRequest("A4", 300, "3mm"), HIGH)
    assert (made.bleed, made.trim, made.size) == (35, (2480, 3508), (2550, 3578))
    assert made.millimetres == (209.97, 297.01)
    assert print_of(PrintRequest("A4", 600, "0.125in"), HIGH).bleed == 75
    assert print_of(PrintRequest("A4", 600, "20px"), HIGH).bleed == 20
    assert print_of(PrintRequest("A4", 600, "0"), HIGH).bleed == 0


def test_files_are_called_by_what_they_are():
    assert print_of(PrintRequest("a1"), WIDE).ending == ".A1-300dpi.png"
    assert print_of(PrintRequest("A1-Portrait", 150, format="tiff"), WIDE).ending == ".A1-portrait-150dpi.tif"
    assert print_of(PrintRequest("640x480px", format="exr"), WIDE).ending == ".640x480px.exr"
    assert print_of(PrintRequest(format="exr"), WIDE).ending == ".exr"
    assert print_of(PrintRequest(depth=16), WIDE).ending == ".16bit.png"


def test_prints_have_16_bits_unless_they_are_to_have_others():
    assert [print_of(PrintRequest("A6", format=form), WIDE).depth for form in ("png", "tiff", "exr")] == [16, 16, 16]
    assert print_of(PrintRequest("A6", depth=8), WIDE).depth == 8
    assert print_of(PrintRequest("A6", depth=32, format="exr"), WIDE).depth == 32


def test_a_lower_quality_makes_a_proof_of_the_same_size_on_paper():
    made = print_of(PrintRequest("A1", 300, "3mm"), WIDE, 640)
    assert made.trim == (640, 452) and made.bleed == 0 + round(3 / 25.4 * made.dpi)
    assert made.millimetres[0] == pytest.approx(841, abs=1)
    assert made.ending == ".A1-19dpi.png"
    assert print_of(PrintRequest("A6", 100), WIDE, 640).dpi == 100


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (PrintRequest("A9"), r"--print A9: is not a size; write A0, A1, A2, A3, A4, A5, A6, or 16x20in"),
        (PrintRequest("60x40"), "--print 60x40: is not a size"),
        (PrintRequest("-3x4cm"), "is not a size"),
        (PrintRequest("A1", 5), "--dpi 5: is not between 10 and 2400; 300 is usual"),
        (PrintRequest("A1", float("nan")), "--dpi nan: is not between"),
        (PrintRequest("A1", None, "3"), "--bleed 3: is not a length; write it with a unit, such as 3mm"),
        (PrintRequest("A6", None, "90mm"), "--bleed 90mm: is more than a quarter of the sheet"),
        (PrintRequest("A1", format="jpeg"), "--format jpeg: is not a format of stills; known here: png, tiff, exr"),
        (PrintRequest("A1", format="tif"), "did you mean tiff"),
        (PrintRequest("A1", depth=12), "--depth 12: a channel of png has 8 or 16 bits"),
        (PrintRequest("A1", depth=8, format="exr"), "--depth 8: a channel of exr has 16 or 32 bits"),
        (PrintRequest(dpi=300), "--dpi: is of a print; say its size too, such as --print A1"),
        (PrintRequest(bleed="3mm"), "--bleed: is of a print"),
        (PrintRequest("0x20cm"), "are too few for a picture"),
        (PrintRequest("40000x40000px"), "use 32768x32768px at most"),
        (PrintRequest("99999999999x3in"), "are more than 1,073,741,824"),
    ],
)
def test_what_cannot_be_printed_is_told_in_a_sentence(asked, said):
    with pytest.raises(UsageError, match=said) as error:
        print_of(asked, WIDE)
    assert "\n" not in str(error.value)


def test_the_resolution_that_is_told_to_do_does():
    with pytest.raises(UsageError, match=r"A0 at 2400 dpi: .* pixels are more than .*; use --dpi 831, or") as error:
        print_of(PrintRequest("A0", 2400), WIDE)
    remedy = float(str(error.value).split("--dpi ")[1].split(",")[0])
    assert print_of(PrintRequest("A0", remedy), WIDE).size[0] > 30_000
