"""The body: the relief that the measured loss becomes, how it is cut, and its meshes."""
