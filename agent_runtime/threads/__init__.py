"""Threads as people read them: found, told on one time line, shared and taken out."""
