"""Candidates side by side on a few contacts: who is drawn where, daily review, one scorecard."""
