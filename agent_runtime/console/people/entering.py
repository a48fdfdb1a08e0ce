"""Signing in: the checks of a password or link, and the cookie of the new session."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from agent_runtime.console.door import caller
from agent_runtime.console.frame import cookies, csrf
from agent_runtime.console.frame.faults import Refused, TooOften
from agent_runtime.console.frame.noting import note
from agent_runtime.console.frame.office import Office
from agent_runtime.console.frame.toasts import back
from agent_runtime.console.people.sessions import How, end_session, open_session
from agent_runtime.console.people.users import User, save_user, user_by_email

WRONG = "Address or password is wrong, or the account is disabled."
"""The same for all three, so that nobody learns who has an account."""
RATES = ("20/minute", "5/minute", "30/hour")
"""Tries from one address of the network; of one account in a minute, and in an hour."""


def by_password(office: Office, request: Request, email: str, password: str) -> User | None:
    """Returns whose address and password these are, or None.

    Raises:
        TooOften: too much was tried.
    """
    account = email.strip().lower()[:400]
    _count_try(office, request, account)
    with office.store.begin() as tx:
        user = user_by_email(tx, account)
    kept = user.password if user else ""
    if not office.passwords.is_right(password, kept) or user is None or user.is_disabled:
        return None
    if renewed := office.passwords.renewed(password, kept):
        with office.store.begin() as tx:
            save_user(tx, replace(user, password=renewed))
    return user


def enter(office: Office, request: Request, user: User, *, how: How, to: str) -> Response:
    """Returns the way in: a new session, whatever session the browser had before.

    Raises:
        Refused: others on the network could read the cookie.
    """
    if not cookies.is_private(request):
        raise Refused(
            "Nobody signs in over plain HTTP from another machine; put a proxy that speaks TLS "
            "before this server, and set PARLEY_PUBLIC_URL to its https address."
        )
    before = request.cookies.get(cookies.SESSION, "")
    with office.store.begin() as tx:
        if before:
            end_session(tx, before)
        now = office.wall_clock()
        secret = open_session(tx, user, how=how, lifetime=office.lifetime, now=now)
    note(
        request,
        actor=user.email,
        role=user.role,
        record=f"user:{user.email}",
        detail=f"by {how}",
    )
    response = back(request, to)
    cookies.put(response, request, cookies.SESSION, secret)
    cookies.drop(response, request, csrf.ANONYMOUS)
    return response


def _count_try(office: Office, request: Request, account: str) -> None:
    by_address, in_minute, in_hour = RATES
    may = office.gate.may
    if not (
        may(by_address, "sign-in", caller(request))
        and may(in_minute, "sign-in to", account)
        and may(in_hour, "sign-in to, by the hour", account)
    ):
        raise TooOften("Too many tries to sign in; wait a minute before the next.")
