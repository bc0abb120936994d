"""Parameter space: planes and lines through it, the directions that span them, and paths seen from them."""
