"""How promotion learns."""
