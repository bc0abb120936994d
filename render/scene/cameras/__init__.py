"""The cameras that a scene may name, one kind a file."""
