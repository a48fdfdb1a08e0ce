"""Pure steps from frames to frames; no Dagster, no clock, no network."""
