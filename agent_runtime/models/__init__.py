"""Models that read what buyers write; each behind a small protocol."""
