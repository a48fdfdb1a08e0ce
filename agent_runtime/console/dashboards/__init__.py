"""Dashboards as they were published, for the roles that each is made for."""
