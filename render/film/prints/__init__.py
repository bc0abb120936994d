"""Prints: a still larger than a window and a memory, drawn in tiles, developed in bands and written by rows."""
