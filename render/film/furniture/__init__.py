"""Furniture: labels, rules, scales and legends, drawn in two dimensions from places in the picture's space."""
