"""Exports as they come: one YAML mapping per export, and a reader that survives dirt."""
