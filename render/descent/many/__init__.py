"""Many trainings of one tiny network, which differ in how they learn; alone, together in torch, or natively."""
