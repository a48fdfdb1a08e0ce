"""Ways to talk to a person; each sends only what a permit covers."""
