"""Tests of this folder may use the invented estimates that stand beside this file."""
