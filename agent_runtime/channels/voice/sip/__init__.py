"""Calls over SIP: a user agent in a process of its own, and the bridge that leads its calls."""
