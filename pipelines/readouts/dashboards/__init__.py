"""Dashboards for four readers: what each shows stands in `pages/`, one YAML a dashboard."""
