"""What changed since the period before, how sure that is, and what to do about it."""
