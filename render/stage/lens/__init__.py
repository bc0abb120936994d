"""The lens: from shaded samples to the pixels of a picture, whole or tile by tile."""
