"""Marks on the terrain: the line of the path and what is told along it, contours, hachures."""
