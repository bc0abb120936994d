"""Landscape: a plane through parameter space, the loss measured on it, and the path of descent seen from it."""
