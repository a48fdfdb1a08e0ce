"""The conversation runtime: one queue row or one inbound message becomes one turn."""
