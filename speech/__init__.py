"""Our speech server: streaming recognition and voices of NeMo behind one WebSocket.

It runs in an environment of its own and imports nothing of the other packages; of it, the runtime
imports `speech.wire` only.
"""
