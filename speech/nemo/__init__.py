"""Models of NeMo as engines of the server; the only part that imports NeMo, and torch."""
