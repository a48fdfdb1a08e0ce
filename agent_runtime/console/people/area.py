"""Signing in and out, and the account of whoever is signed in."""

from typing import Annotated

from fastapi import Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from agent_runtime.console.frame import cookies
from agent_runtime.console.frame.audit import latest
from agent_runtime.console.frame.declared import Area, Entry, Pages
from agent_runtime.console.frame.faults import Missing
from agent_runtime.console.frame.office import Office, TheOffice, Who
from agent_runtime.console.frame.render import render
from agent_runtime.console.frame.roles import DOES, EVERYBODY, ROLES, roles
from agent_runtime.console.frame.toasts import back, own
from agent_runtime.console.people import demo
from agent_runtime.console.people.entering import WRONG, by_password, enter
from agent_runtime.console.people.oidc import FLOW, account_of
from agent_runtime.console.people.sessions import end_session, entry_for, use_entry
from agent_runtime.console.people.tokens import all_tokens
from agent_runtime.console.people.users import all_users, sign_out_everywhere
from agent_runtime.console.table_file import table_file

ADMINS = roles("admin")
CALLBACK = "/console/sign-in/oidc/back"
_NEXT = "parley_next"
PEOPLE = ("email", "name", "role", "has_password", "has_company_account", "is_disabled", "since")
TOKENS = ("token_id", "name", "scopes", "made_by", "ends_at", "revoked_at", "used_at")

pages = Pages(area="people")


@pages.get("/sign-in", public=True)
def _sign_in_page(request: Request, next: str = "") -> Response:
    if request.state.who is not None:
        return RedirectResponse(own(next), status_code=303)
    return _form(request, to=own(next) if next else "")


@pages.post("/sign-in", public=True)
def _sign_in(
    request: Request,
    office: TheOffice,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    user = by_password(office, request, email, password)
    if user is None:
        return _form(request, to=next, email=email[:200], wrong=WRONG, status=422)
    return enter(office, request, user, how="password", to=next or cookies.ROOT)


@pages.post("/sign-out", roles=EVERYBODY)
def _sign_out(request: Request, office: TheOffice) -> Response:
    with office.store.begin() as tx:
        end_session(tx, request.cookies.get(cookies.SESSION, ""))
    response = back(request, "/console/sign-in", said="You are signed out.")
    cookies.drop(response, request, cookies.SESSION)
    response.headers["clear-site-data"] = '"cache"'
    return response


@pages.get("/sign-in/oidc", public=True, rate="30/minute")
async def _leave(request: Request, office: TheOffice, next: str = "") -> Response:
    if office.provider is None:
        raise Missing("No OpenID provider is set up here; sign in with your password.")
    base = office.settings.public_url.rstrip("/") or str(request.base_url).split("/console")[0]
    response = await office.provider.leave_for(request, base.rstrip("/") + CALLBACK)
    cookies.put(response, request, _NEXT, own(next), seconds=600)
    return response


@pages.get("/sign-in/oidc/back", public=True, audited=True, rate="30/minute")
async def _come_back(request: Request, office: TheOffice) -> Response:
    if office.provider is None:
        raise Missing("No OpenID provider is set up here; sign in with your password.")
    claims = await office.provider.come_back(request)

    def let_in() -> Response:
        with office.store.begin() as tx:
            now = office.wall_clock()
            user = account_of(tx, claims, office.settings.oidc_roles, now=now)
        to = request.cookies.get(_NEXT, "")
        response = enter(office, request, user, how="oidc", to=to or cookies.ROOT)
        cookies.drop(response, request, FLOW)
        cookies.drop(response, request, _NEXT)
        return response

    return await run_in_threadpool(let_in)


@pages.get("/enter/{secret}", public=True, rate="30/minute")
def _enter_page(request: Request, office: TheOffice, secret: str) -> Response:
    _valid(office, secret)
    with office.store.begin() as tx:
        users = demo.demo_users(tx)
    return render(request, "people/enter.html", users=users, does=DOES)


@pages.post("/enter/{secret}", public=True, rate="30/minute")
def _enter(
    request: Request, office: TheOffice, secret: str, as_user: Annotated[str, Form()]
) -> Response:
    _valid(office, secret)
    with office.store.begin() as tx:
        user = next((one for one in demo.demo_users(tx) if one.user_id == as_user), None)
        if user is None or not use_entry(tx, secret):
            raise Missing("This link was used already; start `parley serve` again for another.")
    return enter(office, request, user, how="link", to=cookies.ROOT)


@pages.get("/you", roles=EVERYBODY)
def _you(request: Request, office: TheOffice, who: Who) -> Response:
    mine = latest(office.store, actor=who.name)
    return render(request, "people/you.html", acts=mine[:10], does=DOES)


@pages.post("/you/sign-out-everywhere", roles=EVERYBODY)
def _sign_out_everywhere(request: Request, office: TheOffice, who: Who) -> Response:
    with office.store.begin() as tx:
        count = sign_out_everywhere(tx, who.user.user_id)
    said = f"{count} sessions ended; sign in again to go on."
    return back(request, "/console/sign-in", said=said)


@pages.get("/people", roles=ADMINS)
def _people(request: Request, office: TheOffice) -> Response:
    with office.store.begin() as tx:
        users, tokens = all_users(tx), all_tokens(tx)
    wall = office.wall_clock()
    return render(
        request, "people/people.html", users=users, tokens=tokens, roles=ROLES, does=DOES, wall=wall
    )


@pages.get("/people/table.csv", roles=ADMINS, audited=True, rate="30/minute")
def _people_table(office: TheOffice) -> Response:
    with office.store.begin() as tx:
        users = all_users(tx)
    rows = [
        (u.email, u.name, u.role, bool(u.password), bool(u.subject), u.is_disabled, u.made_at)
        for u in users
    ]
    return table_file("parley-people", PEOPLE, rows)


@pages.get("/people/tokens.csv", roles=ADMINS, audited=True, rate="30/minute")
def _token_table(office: TheOffice) -> Response:
    with office.store.begin() as tx:
        tokens = all_tokens(tx)
    rows = [
        (x.token_id, x.name, " ".join(x.scopes), x.made_by, x.ends_at, x.revoked_at, x.used_at)
        for x in tokens
    ]
    return table_file("parley-tokens", TOKENS, rows)


@pages.get("/api/me", roles=EVERYBODY, scope="me:read")
def _me(who: Who) -> dict[str, str]:
    return {"name": who.name, "role": "" if who.token else who.user.role}


def _form(
    request: Request, *, to: str, email: str = "", wrong: str = "", status: int = 200
) -> Response:
    office: Office = request.app.state.office
    return render(
        request,
        "people/sign_in.html",
        to=to,
        email=email,
        wrong=wrong,
        has_provider=office.provider is not None,
        status=status,
    )


def _valid(office: Office, secret: str) -> None:
    with office.store.begin() as tx:
        known = entry_for(tx, secret, now=office.wall_clock())
    if not office.is_demo or known is None:
        raise Missing(
            "This link was used already or is over; `parley serve --open` on the demo's workspace "
            "prints a new one."
        )


AREA = Area(
    "people",
    (pages,),
    order=90,
    title="Administration",
    entries=(Entry("People", "/console/people", "users", ADMINS, key="p"),),
)
