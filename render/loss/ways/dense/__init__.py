"""Dense: stacks of linear layers, measured many points of a plane at a time."""
