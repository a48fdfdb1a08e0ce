"""Versions of prompt, model, policy and playbooks, measured on the same cases and compared."""
