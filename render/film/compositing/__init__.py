"""What films are made of, for programs that put them together: passes, mattes, words, and frames without them."""
