"""Who people of ours are in the console, and what each role is for."""

from typing import Literal, get_args

Role = Literal["rep", "reviewer", "revops", "leader", "admin"]
"""rep: answers and approves drafts of their buyers; reviewer: reads samples, scores and coaches;
revops: steers campaigns, caps and rules; leader: reads figures; admin: keeps accounts and tokens,
and may use all that the others may."""

ROLES: tuple[Role, ...] = get_args(Role)

EVERYBODY: frozenset[Role] = frozenset(ROLES)
"""All who are signed in."""

DOES: dict[Role, str] = {
    "rep": "Answers buyers and decides on drafts",
    "reviewer": "Scores samples and coaches",
    "revops": "Steers campaigns, autonomy and rules",
    "leader": "Reads figures and reports",
    "admin": "Keeps accounts, tokens and the audit log",
}


def roles(*names: Role) -> frozenset[Role]:
    """Returns the roles that may use a page: those named, and admins always."""
    return frozenset({*names, "admin"})
