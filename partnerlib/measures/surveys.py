"""Surveys: how ready practitioners, principals, candidates and completers say new teachers are."""
