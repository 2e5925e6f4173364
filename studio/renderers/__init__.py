"""Renderers: one module each, all behind `studio.drawing.Renderer`."""
