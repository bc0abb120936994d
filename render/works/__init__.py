"""Works: everything that a scene makes, each made once and kept, and the one way in which that is done."""
