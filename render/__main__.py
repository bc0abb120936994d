"""The program: python -m render is thalweg."""

from render.interrupts import program


def main() -> None:
    """Runs the command line; being asked to end (SIGTERM) is treated like Ctrl-C, so that all is put away."""
    with program():
        from render.cli import app  # what takes long to import is interrupted without a traceback

        app()


if __name__ == "__main__":
    main()
