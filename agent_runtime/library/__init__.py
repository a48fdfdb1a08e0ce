"""What is approved: playbooks, texts and scenarios, loaded and checked against each other."""
