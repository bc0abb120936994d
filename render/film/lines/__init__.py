"""Films in one dimension: the loss along a line as a chart in the look's own style, and the balls that go down it."""
