"""Old turns through new versions: playbook, prompt, model or policy, and what that changes."""
