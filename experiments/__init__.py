"""Assignment, registration and analysis of controlled experiments."""
