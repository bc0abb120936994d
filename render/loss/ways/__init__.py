"""Ways in which the loss of many points is computed, all equal to the plain loop, and how one of them is chosen."""
