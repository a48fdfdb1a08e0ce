"""Calls from a browser over WebRTC, with a page that shows how they go."""

# Comes before Pipecat and keeps its banner off the stderr of the command.
import agent_runtime.speech as _  # noqa: F401
