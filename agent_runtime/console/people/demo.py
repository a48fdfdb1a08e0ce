"""The users of a demo: one per role, without a password, whom anybody at this machine may be."""

from datetime import datetime, timedelta

from agent_runtime.console.frame.hosts import LOOPBACK
from agent_runtime.console.frame.roles import ROLES, Role
from agent_runtime.console.people.sessions import make_entry
from agent_runtime.console.people.users import User, add_user, all_users, user_by_email
from agent_runtime.errors import ParleyError
from agent_runtime.remembering.mark import PLAN, is_story, read_mark
from agent_runtime.settings import Settings
from agent_runtime.store.sql import SqlStore, SqlTx

PEOPLE: dict[Role, str] = {
    "rep": "Tom Becker",
    "reviewer": "Maya Chen",
    "revops": "Ines Duarte",
    "leader": "Luc Moreau",
    "admin": "Alex Adams",
}
VALID = timedelta(hours=12)


def is_demo(settings: Settings) -> bool:
    """Says whether a workspace was made out of invented people: by a demo, or of a story.

    The plan of a run on real data wins over the mark of a story.
    """
    plan = settings.workspace / PLAN
    is_invented = read_mark(plan).get("data") == "" if plan.exists() else is_story(settings)
    return is_invented and not settings.store_url


def open_demo(settings: Settings, store: SqlStore, *, host: str, now: datetime) -> str:
    """Returns the secret of a link into a demo; its users are made where they are missing.

    Raises:
        ParleyError: the workspace is no demo, or others on the network could use the link.
    """
    if host not in LOOPBACK:
        raise ParleyError(
            f"--open with --host {host}: the link lets anybody in, so it is for this machine "
            "only; leave --host out."
        )
    if not is_demo(settings):
        raise ParleyError(
            f"--open: {settings.workspace} was not made by `parley demo` or "
            "`parley memory demo`; add accounts with "
            "`parley people add` and sign in."
        )
    with store.begin() as tx:
        for role in ROLES:
            email = f"{role}@demo.parley.example"
            if user_by_email(tx, email) is None:
                add_user(tx, email, role=role, name=PEOPLE[role], is_demo=True, now=now)
        return make_entry(tx, user_id="demo", now=now, valid=VALID)


def demo_users(tx: SqlTx) -> tuple[User, ...]:
    """Returns the users of the demo, in the order of their roles."""
    found = [one for one in all_users(tx) if one.is_demo and not one.is_disabled]
    return tuple(sorted(found, key=lambda one: ROLES.index(one.role)))
