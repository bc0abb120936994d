"""Typefaces that a scene may name: where fonts lie, which letters they have, and what none can draw."""
