"""Bake-offs over runs of our own: threads and outcomes from a workspace, and the rehearsal."""
