"""Threads: found, read on one time line with the trace of each turn, shared and taken out."""
