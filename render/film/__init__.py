"""Time, frames and the encoder: what turns pictures into a film."""
