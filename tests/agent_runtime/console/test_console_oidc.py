"""Signing in to the console by a real OpenID provider on loopback."""

import httpx
import pytest
from desk_world import Desk
from joserfc.jwk import RSAKey
from small_provider import CLIENT, SECRET, serve

from agent_runtime.console.people.oidc import provider_of
from agent_runtime.console.people.users import User, save_user
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings

ANA = {"sub": "u-1", "email": "ana@northbeam.example", "email_verified": True, "name": "Ana Ruiz"}


@pytest.fixture(scope="module")
def running():
    with serve() as provider:
        yield provider


@pytest.fixture
def provider(running):
    running.person, running.lies, running.signs_with = dict(ANA), {}, running.key
    return running


@pytest.fixture
def desk(tmp_path, provider):
    settings = Settings(
        workspace=tmp_path,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_roles={"sales-ops": "revops"},
    )
    return Desk(tmp_path, settings=settings, provider=provider_of(settings, "k" * 40))


def come(browser, *, to="", changes=None):
    """Goes to the provider and back as a browser does; returns the last answer."""
    answer = browser.get(f"/console/sign-in/oidc?next={to}", follow_redirects=False)
    at_provider = httpx.get(answer.headers["location"])
    back = at_provider.headers["location"]
    for old, new in (changes or {}).items():
        back = back.replace(old, new)
    return browser.get(back, follow_redirects=False)


def test_somebody_with_an_account_signs_in_and_keeps_it_when_their_address_changes(desk, provider):
    """The account is bound to the subject, which never changes."""
    user = desk.add("reviewer", email=ANA["email"])
    browser = desk.browser()
    answer = come(browser, to="/console/you")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/you")
    assert ANA["email"] in browser.get("/console/you").text
    assert all("code_verifier" in form for form in provider.asked)
    provider.person["email"] = "ana.new@northbeam.example"
    browser = desk.browser()
    come(browser)
    assert browser.get("/console/api/me").json() == {"name": user.email, "role": "reviewer"}


def test_who_is_in_a_group_gets_an_account_with_its_role(desk, provider):
    provider.person["groups"] = ["everybody", "sales-ops"]
    browser = desk.browser()
    come(browser)
    assert browser.get("/console/api/me").json()["role"] == "revops"


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({}, "no account here"),
        ({"email_verified": False, "groups": ["sales-ops"]}, "must verify your address"),
        ({"email": "taken@northbeam.example"}, "belongs to another person"),
        ({"email": "gone@northbeam.example", "sub": "u-gone"}, "disabled"),
    ],
)
def test_nobody_else_gets_in(desk, provider, person, said):
    taken = desk.add("rep", email="taken@northbeam.example")
    gone = desk.add("rep", email="gone@northbeam.example")
    with desk.store.begin() as tx:
        save_user(tx, changed(taken, subject=f"{provider.issuer}|u-other"))
        save_user(tx, changed(gone, is_disabled=True))
    provider.person |= person
    answer = come(desk.browser())
    assert (answer.status_code, said in answer.text) == (403, True), answer.text


def changed(user, **values):
    return User(**{**{n: getattr(user, n) for n in User.__dataclass_fields__}, **values})


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"nonce": "of another sign-in"},
        {"exp": 1_000_000_000},
    ],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(desk, provider, lie):
    desk.add("rep", email=ANA["email"])
    provider.lies = lie
    browser = desk.browser()
    assert come(browser).status_code == 403
    assert browser.get("/console/you", follow_redirects=False).status_code == 303


def test_a_token_that_another_key_signed_lets_nobody_in(desk, provider):
    desk.add("rep", email=ANA["email"])
    provider.signs_with = RSAKey.generate_key(2048, parameters={"kid": "1"})
    assert come(desk.browser()).status_code == 403


def test_an_answer_to_another_browser_or_state_is_refused(desk):
    desk.add("rep", email=ANA["email"])
    answer = desk.browser().get("/console/sign-in/oidc", follow_redirects=False)
    back = httpx.get(answer.headers["location"]).headers["location"]
    assert desk.browser().get(back, follow_redirects=False).status_code == 403
    assert come(desk.browser(), changes={"state=": "state=x"}).status_code == 403


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_client_secret": ""}, "OIDC_CLIENT_SECRET"),
        ({"oidc_roles": {"x": "boss"}}, "group 'x': role = 'boss'"),
    ],
)
def test_a_provider_that_is_half_set_up_is_named_at_the_start(settings, said):
    whole = {"oidc_issuer": "http://x", "oidc_client_id": "c", "oidc_client_secret": "s"}
    with pytest.raises(ParleyError, match=said):
        provider_of(Settings(**{**whole, **settings}), "k")


def test_a_provider_that_does_not_answer_is_said_to(tmp_path):
    settings = Settings(
        workspace=tmp_path,
        oidc_issuer="http://127.0.0.1:9",
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    desk = Desk(tmp_path, settings=settings, provider=provider_of(settings, "k" * 40))
    answer = desk.browser().get("/console/sign-in/oidc")
    assert (answer.status_code, "does not answer" in answer.text) == (403, True)
