"""The window: what VTK draws, and whether it can draw here at all."""
