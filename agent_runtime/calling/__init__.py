"""Calls as durable work: asked for, permitted, dialled at most once an attempt, and settled.

Nothing here touches audio: a `Dialler` places a call, and whoever leads it reports what came of it.
"""
