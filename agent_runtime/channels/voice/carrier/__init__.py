"""Calls over a carrier's media WebSocket: dialled by its REST, told of by its signed webhooks."""
