"""Calls: a state machine of one call, the turns behind it, and the audio around it.

Only `processor` and `pipeline` import Pipecat; everything else runs without sound.
"""
