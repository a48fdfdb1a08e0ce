"""Who may use which page of the console, and from where; every route is tried."""

from datetime import timedelta

import pytest
from desk_world import Desk

from agent_runtime.console.frame.build import areas
from agent_runtime.console.frame.declared import Area, Pages, UndeclaredRoute, check
from agent_runtime.console.frame.roles import EVERYBODY, ROLES, roles
from agent_runtime.console.people.tokens import add_token, revoke_token


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def addresses(desk):
    """Every route with a method and an address that fits it."""
    for root, route in desk.routes:
        ((_, declared),) = check([route])
        path = root + route.path
        for name in route.param_convertors:
            path = path.replace("{" + name + "}", "x")
        for method in sorted(route.methods):
            yield method, path, declared


def test_nobody_who_is_not_signed_in_sees_a_page_that_is_not_public(desk):
    """Every route without a session: to the sign-in page, a refusal, or public by declaration."""
    tried = list(addresses(desk))
    assert len(tried) > 10
    browser = desk.browser()
    for method, path, declared in tried:
        answer = browser.request(method, path, follow_redirects=False)
        if not declared.is_public:
            is_refused = answer.status_code in (401, 403)
            leads_to_sign_in = answer.headers.get("location", "").startswith("/console/sign-in")
            assert is_refused or leads_to_sign_in, (method, path, answer.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_uses_what_is_declared_for_it_and_nothing_else(desk, role):
    """Every route under every role; another role's is 403, and the log has it."""
    browser = desk.browser(role)
    for method, path, declared in addresses(desk):
        if declared.is_public or path.endswith(("/sign-out", "/sign-out-everywhere")):
            continue
        answer = browser.request(
            method, path, headers={"x-csrf-token": browser.token}, follow_redirects=False
        )
        assert (answer.status_code == 403) == (role not in declared.roles), (method, path)


def test_every_act_needs_the_token_of_a_page_of_ours(desk):
    browser = desk.browser("admin")
    acts = [(m, p) for m, p, told in addresses(desk) if m != "GET" and not told.is_signed]
    assert acts
    for method, path in acts:
        for headers in ({}, {"x-csrf-token": "0" * 64}):
            answer = browser.request(method, path, headers=headers, follow_redirects=False)
            assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_of_another_site_is_refused_even_with_the_token(desk, headers):
    browser = desk.browser("rep")
    told = {"csrf": browser.token}
    answer = browser.post("/console/sign-out", data=told, headers=headers)
    assert answer.status_code == 403
    assert browser.get("/console/you").status_code == 200


def test_a_route_that_does_not_say_who_may_use_it_does_not_start(tmp_path):
    pages = Pages("/x", area="x")
    with pytest.raises(UndeclaredRoute, match="give it roles, or say that it is public"):
        pages.get("/y")
    with pytest.raises(UndeclaredRoute):
        pages.get("/y", roles=EVERYBODY, public=True)
    pages.routes.append(("/z", "GET", lambda: {}))
    with pytest.raises(UndeclaredRoute, match="/z: routes of the console"):
        Desk(tmp_path, areas=(Area("x", (pages,), order=1),))


def test_what_is_served_of_a_foreign_host_name_is_refused(desk):
    answer = desk.browser(base="http://evil.example").get("/console/sign-in")
    assert answer.status_code == 421
    assert "evil.example" in answer.text


def test_every_answer_carries_strict_headers(desk):
    browser = desk.browser("rep")
    for path in ("/console/", "/console/nothing", "/console/people", "/console/api/me"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers
    over_tls = desk.browser(base="https://localhost").get("/console/sign-in")
    assert "max-age" in over_tls.headers["strict-transport-security"]


def test_whoever_asks_too_often_waits(tmp_path):
    pages = Pages("/busy", area="busy")

    @pages.get("", roles=roles("rep"), rate="3/minute")
    def _busy():
        return {}

    desk = Desk(tmp_path, areas=(*areas(), Area("busy", (pages,), order=9)))
    browser = desk.browser("rep")
    found = [browser.get("/console/busy").status_code for _ in range(4)]
    assert found == [200, 200, 200, 429]


def test_a_service_token_uses_what_its_scopes_name_until_it_ends(desk):
    """A program has no pages, no other scope, and nothing after its token's end."""
    with desk.store.begin() as tx:
        token, secret = add_token(
            tx, "export", scopes=["me:read"], by="x", valid=timedelta(days=2), now=desk.wall
        )
    headers = {"authorization": f"Bearer {secret}"}
    client = desk.browser()
    assert client.get("/console/api/me", headers=headers).json()["name"] == "token:export"
    page = client.get("/console/people", headers=headers)
    assert page.status_code == 403
    desk.later(days=3)
    assert client.get("/console/api/me", headers=headers).status_code == 401
    desk.wall -= timedelta(days=3)
    with desk.store.begin() as tx:
        revoke_token(tx, token.token_id, now=desk.wall)
    answer = client.get("/console/api/me", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert secret not in str(
        desk.store.engine.connect().exec_driver_sql("select * from console_tokens").all()
    )
