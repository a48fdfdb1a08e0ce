"""What a user can get wrong with the sandbox."""

from agent_runtime.errors import ParleyError


class SandboxError(ParleyError):
    """An export or an adoption file that the sandbox cannot work with."""
