"""python -m render is thalweg."""

from render.cli import main

main()
