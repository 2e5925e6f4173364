"""How work flows: one state machine a module."""
