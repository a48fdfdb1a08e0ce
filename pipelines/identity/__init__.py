"""Who is the same person as whom, beyond exact keys: a match, its review, and every decision."""
