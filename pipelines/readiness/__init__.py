"""The data-readiness checklist: what must be in place before a pilot may start."""
