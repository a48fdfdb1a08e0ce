"""Experiments: what was asked, what the answer is, and whether it can be trusted."""
