"""Hearing and speaking: services for Pipecat on models that lie in installed packages.

Nothing here downloads. Pipecat and the models are imported where they are used, so that commands
which neither hear nor speak do not pay for them.
"""

import os

# Pipecat logs through loguru, which takes its level from here when it is first imported: a banner
# and a line for each frame do not belong on the stderr of a command.
os.environ.setdefault("LOGURU_LEVEL", "ERROR")
