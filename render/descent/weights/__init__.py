"""Weights that others have saved: in which order, in which form, and which of them a network takes."""
