"""Words on a picture: what they say, in which letters, where they stand, and what makes them readable."""
