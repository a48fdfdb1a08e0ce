"""What goes wrong in reviews, in one sentence that says what to do."""

from agent_runtime.errors import ParleyError


class CoachingError(ParleyError):
    """A sample, a score or a change that cannot be made."""
