"""Versions of the agent measured on scenarios, labelled texts, labelled drafts and old turns."""
