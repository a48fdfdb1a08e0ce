"""Steering: pausing, campaigns, autonomy, rules, content and incidents."""
