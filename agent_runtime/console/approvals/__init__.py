"""Drafts that wait for a person, as pages."""
