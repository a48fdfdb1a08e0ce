"""Hearing and speaking through our speech server (`speech/`), over its WebSocket."""
