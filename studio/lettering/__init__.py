"""Lettering: words set in outlines of free faces, bent, stacked and drawn as vectors."""
