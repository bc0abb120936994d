"""The site: what was rendered as static pages, and the terrain of a shot as a view that is turned in a browser."""
