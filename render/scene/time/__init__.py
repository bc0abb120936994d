"""Time in a scene: values that change while the film runs, and how they go from one key to the next."""
