"""Shading: the colour of each sample, of a body, its walls and the ground, in light that has no upper end."""
