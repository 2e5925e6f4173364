"""The studio: a brief becomes a checked design, ready for print."""
