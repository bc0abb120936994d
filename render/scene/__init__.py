"""The scene language: what a scene file may say, read and checked as plain data. Neither torch nor VTK is needed."""
