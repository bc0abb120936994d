"""The canvas: its panels fill it side by side, and its safe area is the same share of every frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.canvas import SAFE, Canvas

SIDES = st.integers(16, 20_000)


@given(SIDES, SIDES, st.integers(1, 9))
def test_panels_fill_a_frame_without_gap_and_are_alike_but_for_a_pixel(width, height, count):
    panels = Canvas(width, height, count).panels
    assert (panels[0].left, panels[-1].right) == (0, width)
    assert [panel.right for panel in panels[:-1]] == [panel.left for panel in panels[1:]]
    assert {panel.height for panel in panels} == {height} and len(panels) == count
    assert max(panel.width for panel in panels) - min(panel.width for panel in panels) <= 1


@given(SIDES, SIDES)
def test_the_safe_area_lies_in_the_middle(width, height):
    safe = Canvas(width, height).safe
    assert safe.left == width - safe.right and safe.top == height - safe.bottom
    assert safe.left == pytest.approx(SAFE * width, abs=0.5) and safe.top == pytest.approx(SAFE * height, abs=0.5)


def test_a_panel_has_the_aspect_of_its_share_of_the_frame():
    assert Canvas(1920, 1080, 2).aspect == pytest.approx(8 / 9)
