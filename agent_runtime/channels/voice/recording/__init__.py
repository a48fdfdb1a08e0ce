"""Recordings of calls: only with leave, or where the law of the place asks for none."""
