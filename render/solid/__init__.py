"""The stage as other programs take it: a model of pieces, camera and lights, and one file for each format."""
