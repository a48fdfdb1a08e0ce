"""Fit: how likely an account buys, learnt from deals won and lost, with reasons a rep can read."""
