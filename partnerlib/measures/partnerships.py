"""Partnerships: how long a provider and a district have worked together, and what comes of it."""
