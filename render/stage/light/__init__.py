"""Light: baked on the relief once, and the sun, the lamp and the exposure that go with it."""
