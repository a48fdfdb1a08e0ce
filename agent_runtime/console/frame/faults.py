"""What a page may refuse: one sentence with what to do, and the status of its answer."""

from agent_runtime.errors import ParleyError


class PageFault(ParleyError):
    """A request that is not answered with what it asked for."""

    status = 400


class SignInFirst(PageFault):
    """Nobody is signed in."""

    status = 401


class Refused(PageFault):
    """They may not."""

    status = 403


class Missing(PageFault):
    """The record is not there."""

    status = 404


class TooOften(PageFault):
    """They ask too much."""

    status = 429
