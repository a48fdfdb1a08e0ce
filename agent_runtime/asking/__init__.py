"""Asks a language model ahead of the turn, outside of any transaction, and keeps what it said."""
