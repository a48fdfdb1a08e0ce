"""Attacks on a runtime of its own: what hostile texts attempt, what stops them, what happened."""
