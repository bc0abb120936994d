"""How a scene file is read: text, guard, settings, inclusions, and problems with their places."""
