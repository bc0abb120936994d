"""Descent: a network is trained on real data and every step of its parameters is logged."""
