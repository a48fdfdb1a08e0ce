"""What people steer with: pauses, and versioned changes of autonomy, rules and content."""
