"""Registers of marks: files that the user brings, and offices that are asked. None of them is a clearance."""
