"""Descriptors: what is seen of a style in an image, and how like two are; all behind `studio.brand.Descriptor`."""
