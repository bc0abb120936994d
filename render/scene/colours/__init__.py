"""Colours that a scene may name: palettes of ours, of other packages, of a file, and whether their lightness rises."""
