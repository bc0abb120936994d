"""Stage: a relief of the measured surface, light baked on it, geometry by PyVista, colour by torch in linear light."""
