"""Tests of the folders below may use the made-up release that stands beside this file."""
