"""Hiring: who is found at work, when, and how near to the practicum."""
