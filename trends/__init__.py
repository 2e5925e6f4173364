"""From observations to scored ideas."""
