"""Accounts of the console in the store."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_runtime.console.frame.roles import ROLES, Role
from agent_runtime.errors import ParleyError
from agent_runtime.store.console_tables import sessions, users
from agent_runtime.store.sql import SqlTx

_ROLES: dict[str, Role] = {role: role for role in ROLES}


class PeopleError(ParleyError):
    """An account that is not there, or cannot be so."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of ours who uses the console."""

    user_id: str
    email: str
    name: str
    role: Role
    password: str = ""
    """Argon2 hash; empty: no sign-in by password."""
    subject: str = ""
    """Issuer and subject at an OpenID provider; empty until they come from there."""
    is_disabled: bool = False
    is_demo: bool = False
    """Whether anybody at this machine may enter as them."""
    made_at: datetime | None = None

    @property
    def shown(self) -> str:
        """How pages call them."""
        return self.name or self.email


def add_user(
    tx: SqlTx,
    email: str,
    *,
    role: str,
    now: datetime,
    name: str = "",
    password: str = "",
    subject: str = "",
    is_demo: bool = False,
) -> User:
    """Returns a new account.

    Raises:
        PeopleError: the address is none or has an account already, or the role is none.
    """
    email = plain(email)
    if user_by_email(tx, email) is not None:
        raise PeopleError(f"email = {email!r}: has an account; `parley people list` shows it.")
    made = User(
        user_id=hashlib.sha256(f"{tx.tenant_id}\x1f{email}".encode()).hexdigest()[:12],
        email=email,
        name=name.strip()[:200],
        role=role_of(role),
        password=password,
        subject=subject,
        is_demo=is_demo,
        made_at=now,
    )
    save_user(tx, made)
    return made


def plain(email: str) -> str:
    """Returns an address as accounts are kept under it.

    Raises:
        PeopleError: it is no address.
    """
    address = email.strip().lower()
    name, at, domain = address.partition("@")
    if not (name and at and "." in domain) or any(c.isspace() for c in address):
        raise PeopleError(f"email = {email!r}: is no address; write it as ana@company.com.")
    return address


def role_of(name: str) -> Role:
    """Returns the role of a name.

    Raises:
        PeopleError: there is none.
    """
    found = _ROLES.get(name)
    if found is None:
        raise PeopleError(f"role = {name!r}: is none; take one of {', '.join(ROLES)}.")
    return found


def save_user(tx: SqlTx, user: User) -> None:
    """Writes an account over what stands; somebody disabled is signed out."""
    tx.upsert(
        users,
        {
            "user_id": user.user_id,
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "password": user.password,
            "subject": user.subject,
            "is_disabled": user.is_disabled,
            "is_demo": user.is_demo,
            "made_at": user.made_at,
        },
    )
    if user.is_disabled:
        sign_out_everywhere(tx, user.user_id)


def sign_out_everywhere(tx: SqlTx, user_id: str) -> int:
    """Ends every session of somebody and returns how many there were."""
    mine = (sessions.c.tenant_id == tx.tenant_id, sessions.c.user_id == user_id)
    return tx.connection.execute(sessions.delete().where(*mine)).rowcount


def user_of(tx: SqlTx, user_id: str) -> User | None:
    """Returns the account of an id."""
    return _user(tx.first(users, user_id=user_id))


def user_by_email(tx: SqlTx, email: str) -> User | None:
    """Returns the account of an address, in whatever case it is written."""
    return _user(tx.first(users, email=email.strip().lower()))


def user_by_subject(tx: SqlTx, subject: str) -> User | None:
    """Returns the account of somebody at an OpenID provider."""
    return _user(tx.first(users, subject=subject)) if subject else None


def all_users(tx: SqlTx) -> tuple[User, ...]:
    """Returns all accounts, by address."""
    found = [user for row in tx.rows(users).all() if (user := _user(row))]
    return tuple(sorted(found, key=lambda user: user.email))


def _user(row: Any) -> User | None:
    if row is None:
        return None
    values = row._mapping
    return User(**{name: values[name] for name in User.__dataclass_fields__})
