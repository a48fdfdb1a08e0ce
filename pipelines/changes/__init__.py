"""What changed in what the agent says and may do: by whom, when, why, and what it did (R204)."""
