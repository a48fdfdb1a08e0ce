"""Real exports in the sandbox: where their people are, what is known of them, what is invented."""
