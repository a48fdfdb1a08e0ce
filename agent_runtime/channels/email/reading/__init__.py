"""Reads a mail as a mail system does: its parts, and whether a person or a machine wrote it."""
