"""What reviewers and buyers say of the agent's work, as events and as proposed changes."""
