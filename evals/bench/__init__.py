"""How fast it is: one bench a module, each beside its baseline."""
