"""Sampling: the loss over a grid, measured tile by tile, by one process or many, wholly or adaptively."""
