"""Retention: who is still there, at which level, and who moved, changed role or left."""
