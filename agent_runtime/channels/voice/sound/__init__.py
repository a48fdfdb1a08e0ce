"""Calls in sound: a scenario speaks into the real pipeline and listens to it, in real time."""
