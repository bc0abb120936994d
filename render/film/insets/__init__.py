"""Small pictures in a picture: one module for each kind, what they are drawn with, and where they stand."""
