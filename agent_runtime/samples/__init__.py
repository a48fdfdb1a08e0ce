"""Sample threads for readers of an ICP: the real runtime, authored buyers, approved words only."""
