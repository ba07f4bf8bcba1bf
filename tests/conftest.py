"""Tests of one folder may use the made-up files that stand beside this one."""
