"""How good it is: one suite a module, each beside its baselines."""
