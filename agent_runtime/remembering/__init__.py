"""What the agent remembers of a person, where it was learnt, and a story that shows it."""
