"""The one dependency that every route of the console passes: who asks, and may they."""

from dataclasses import replace
from secrets import token_hex

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from agent_runtime.console.door import caller
from agent_runtime.console.frame import csrf
from agent_runtime.console.frame.audit import Act, write_alone
from agent_runtime.console.frame.cookies import SESSION
from agent_runtime.console.frame.declared import SAFE_METHODS, Declared, declaration_of
from agent_runtime.console.frame.faults import Refused, SignInFirst, TooOften
from agent_runtime.console.frame.office import Office, SignedIn
from agent_runtime.console.people.sessions import user_in
from agent_runtime.console.people.tokens import token_in
from agent_runtime.console.people.users import User

SECRETS = frozenset({"secret", "token", "code"})
"""Names of parts of an address that let somebody in; the audit log never has them."""
ANONYMOUS_RATE = "240/minute"
"""Of one address from which nobody is signed in."""


async def enforce(request: Request) -> None:
    """Lets a request in, or raises why not; a route that declares nothing is refused.

    Raises:
        SignInFirst: nobody is signed in.
        Refused: their role may not, or the form is not ours.
        TooOften: they ask too much.
    """
    office: Office = request.app.state.office
    declared = declaration_of(request.scope["endpoint"])
    if declared is None:
        raise Refused("This page does not say who may use it, so nobody may.")
    told = "" if request.method in SAFE_METHODS else await csrf.told(request)
    await run_in_threadpool(_enforce, request, office, declared, told)


def _enforce(request: Request, office: Office, declared: Declared, told: str) -> None:
    request.state.who = None
    visitor = request.cookies.get(csrf.ANONYMOUS, "")
    request.state.new_visitor = "" if visitor else csrf.new_visitor()
    request.state.csrf = csrf.token_for(visitor or request.state.new_visitor, office.key)
    request.state.act = _act(request, office, declared)
    who = None if declared.is_signed else _who(request, office, declared)
    request.state.who = who
    if declared.is_signed:
        request.state.csrf = request.state.new_visitor = ""
    key = who.name if who else caller(request)
    if not office.gate.may(declared.rate if who else ANONYMOUS_RATE, "console", key):
        raise TooOften("You ask for pages faster than anybody can read; wait a minute.")
    if who is None and not declared.is_public:
        raise SignInFirst("Sign in to see this page.")
    if who is not None:
        request.state.csrf, request.state.new_visitor = who.csrf, ""
        request.state.act = replace(
            request.state.act, actor=who.name, role="" if who.token else who.user.role
        )
    if who is not None and not (declared.is_public or _may(who, declared)):
        raise Refused(
            f"Your role, {who.user.role}, may not use this page; an admin can give you another."
        )
    if request.method not in SAFE_METHODS and not (declared.is_signed or (who and who.token)):
        wanted = _wanted(request, office, who)
        if not csrf.is_ours(request, told, wanted):
            raise Refused(
                "This form did not come from a page of the console, or has been open for too "
                "long; load the page again and repeat what you did."
            )
    if declared.is_audited:
        request.state.is_audited = True
        write_alone(office.store, request.state.act)


def _wanted(request: Request, office: Office, who: SignedIn | None) -> str:
    if who is not None:
        return who.csrf
    visitor = request.cookies.get(csrf.ANONYMOUS, "")
    return csrf.token_for(visitor, office.key) if visitor else ""


def _may(who: SignedIn, declared: Declared) -> bool:
    return bool(who.token) or who.user.role in declared.roles


def _who(request: Request, office: Office, declared: Declared) -> SignedIn | None:
    bearer = request.headers.get("authorization", "")
    if bearer:
        return _program(request, office, declared, bearer.removeprefix("Bearer ").strip())
    secret = request.cookies.get(SESSION, "")
    if not secret:
        return None
    with office.store.begin() as tx:
        user = user_in(tx, secret, lifetime=office.lifetime, now=office.wall_clock())
    return user and SignedIn(user, csrf.token_for(secret, office.key))


def _program(request: Request, office: Office, declared: Declared, secret: str) -> SignedIn:
    with office.store.begin() as tx:
        token = token_in(tx, secret, now=office.wall_clock())
    if token is None:
        raise SignInFirst("This service token is unknown, revoked or over its end.")
    actor = f"token:{token.name}"
    request.state.act = replace(request.state.act, actor=actor)
    if not declared.scope or declared.scope not in token.scopes:
        need = f"needs the scope {declared.scope}" if declared.scope else "is for people only"
        raise Refused(f"The service token {token.name!r} may not use this: it {need}.")
    return SignedIn(User("", "", token.name, "rep"), csrf="", token=token.name)


def _act(request: Request, office: Office, declared: Declared) -> Act:
    told = {name: value for name, value in request.path_params.items() if name not in SECRETS}
    record = ", ".join(f"{name.removesuffix('_id')}:{value}" for name, value in told.items())
    return Act(
        request_id=token_hex(8),
        at=office.wall_clock(),
        actor="",
        role="",
        action=declared.action,
        record=record,
        result="begun",
        address=caller(request),
    )
