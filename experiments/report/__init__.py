"""A readout for people: one HTML page that needs no network, and a short text for a terminal."""
