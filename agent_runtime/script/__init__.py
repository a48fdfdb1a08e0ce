"""Bring your own script: documents and transcripts become a proposal that people review."""
