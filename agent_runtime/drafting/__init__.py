"""Drafts of a language model before the rules see them: their style, and their ranking."""
