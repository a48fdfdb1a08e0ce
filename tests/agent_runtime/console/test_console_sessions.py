"""Signing in and out of the console, and how long a session lives."""

import pytest
from desk_world import PASSWORD, Desk
from sqlalchemy.exc import DBAPIError

from agent_runtime.console.frame.audit import latest
from agent_runtime.console.people.passwords import Passwords
from agent_runtime.console.people.users import PeopleError, add_user, save_user, user_by_email
from agent_runtime.store.console_tables import audit_log, sessions


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_somebody_signs_in_and_lands_where_they_wanted_to_go(desk):
    desk.add("rep")
    browser = desk.browser()
    answer = browser.get("/console/you?x=1", follow_redirects=False)
    assert answer.headers["location"] == "/console/sign-in?next=/console/you%3Fx%3D1"
    answer = browser.sign_in("REP@northbeam.example", next="/console/you?x=1")
    assert answer.headers["location"] == "/console/you?x=1"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "rep@northbeam.example" in browser.get("/console/you").text


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/console//evil", "/x"])
def test_nobody_is_led_away_after_signing_in(desk, to):
    desk.add("rep")
    answer = desk.browser().sign_in("rep@northbeam.example", next=to)
    assert answer.headers["location"] == "/console"


def test_a_wrong_password_and_an_unknown_address_look_the_same(desk):
    desk.add("rep")
    disabled = desk.add("leader")
    with desk.store.begin() as tx:
        save_user(tx, type(disabled)(**{**vars_of(disabled), "is_disabled": True}))
    tried = [
        desk.browser().sign_in("rep@northbeam.example", "something else entirely"),
        desk.browser().sign_in("nobody@northbeam.example"),
        desk.browser().sign_in("leader@northbeam.example"),
    ]
    assert {answer.status_code for answer in tried} == {422}
    assert all("Address or password is wrong" in answer.text for answer in tried)


def vars_of(user):
    return {name: getattr(user, name) for name in type(user).__dataclass_fields__}


def test_guessing_is_slowed_down_by_account_whatever_the_browser(desk):
    desk.add("rep")
    found = [desk.browser().sign_in("rep@northbeam.example", "x" * 12) for _ in range(6)]
    assert [answer.status_code for answer in found] == [422] * 5 + [429]


def test_a_session_ends_without_use_and_at_its_end_in_any_case(desk):
    browser = desk.browser("rep")
    for _ in range(13):
        desk.later(minutes=59)
        last = browser.get("/console/you", follow_redirects=False).status_code
    assert last == 303, "twelve hours have passed, though it was used"
    browser = desk.browser("rep")
    desk.later(minutes=61)
    assert browser.get("/console/you", follow_redirects=False).status_code == 303


def test_signing_in_makes_a_new_session_and_ends_the_one_before(desk):
    browser = desk.browser("rep")
    before = browser.cookies["parley_session"]
    user = desk.users()[0]
    browser.token = ""
    browser.cookies.delete("parley_session")
    browser.sign_in(user.email)
    assert browser.cookies["parley_session"] != before
    thief = desk.browser()
    thief.cookies.set("parley_session", browser.cookies["parley_session"] + "x")
    assert thief.get("/console/you", follow_redirects=False).status_code == 303


def test_whoever_signs_out_or_is_disabled_is_out_at_once(desk):
    browser = desk.browser("rep")
    kept = browser.cookies["parley_session"]
    assert browser.submit("/console/sign-out").status_code == 303
    other = desk.browser()
    other.cookies.set("parley_session", kept)
    assert other.get("/console/you", follow_redirects=False).status_code == 303
    browser = desk.browser("leader")
    user = next(one for one in desk.users() if one.role == "leader")
    with desk.store.begin() as tx:
        save_user(tx, type(user)(**{**vars_of(user), "is_disabled": True}))
    assert browser.get("/console/you", follow_redirects=False).status_code == 303


def test_the_store_holds_no_cookie_and_no_password(desk):
    browser = desk.browser("rep")
    with desk.store.engine.connect() as connection:
        kept = str(connection.execute(sessions.select()).all())
        kept += str(connection.exec_driver_sql("select * from console_users").all())
    assert browser.cookies["parley_session"] not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in kept


def test_nobody_signs_in_over_plain_http_from_elsewhere(tmp_path):
    desk = Desk(tmp_path, hosts=frozenset({"parley.company.example"}))
    desk.add("rep")
    answer = desk.browser(base="http://parley.company.example").sign_in("rep@northbeam.example")
    assert answer.status_code == 403
    assert "proxy that speaks TLS" in answer.text
    answer = desk.browser(base="https://parley.company.example").sign_in("rep@northbeam.example")
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]


def test_every_sign_in_and_refusal_is_in_the_log_and_nothing_changes_it(desk):
    desk.add("rep")
    desk.browser().sign_in("rep@northbeam.example", "not the password")
    browser = desk.browser()
    browser.sign_in("rep@northbeam.example")
    browser.get("/console/people")
    found = [(one.act.action, one.act.result, one.act.actor) for one in latest(desk.store)]
    assert found == [
        ("people.people", "refused", "rep@northbeam.example"),
        ("people.sign_in", "done", "rep@northbeam.example"),
        ("people.sign_in", "refused", ""),
    ]
    for statement in (audit_log.delete(), audit_log.update().values(actor="somebody else")):
        with pytest.raises(DBAPIError, match="append only"), desk.store.engine.begin() as tx:
            tx.execute(statement)
    assert len(latest(desk.store)) == 3


def test_an_act_that_was_cut_off_is_shown_as_such(desk):
    browser = desk.browser("admin")
    desk.later(seconds=1)
    browser.submit("/console/sign-out")
    with desk.store.engine.begin() as connection:
        rows = connection.execute(audit_log.select()).all()
    assert [row.result for row in rows[-2:]] == ["begun", "done"]
    assert rows[-1].request_id == rows[-2].request_id


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "reviewer2026!!", "x" * 300])
def test_a_password_that_can_be_guessed_is_refused(password):
    with pytest.raises(PeopleError, match="password"):
        Passwords().hashed(password, email="reviewer@northbeam.example")


def test_an_account_needs_an_address_of_its_own_and_a_role(desk):
    with desk.store.begin() as tx:
        for email, role in (("ana", "rep"), ("ana@x", "rep"), ("ana@x.example", "boss")):
            with pytest.raises(PeopleError):
                add_user(tx, email, role=role, now=desk.wall)
        add_user(tx, "ana@x.example", role="rep", now=desk.wall)
        with pytest.raises(PeopleError, match="has an account"):
            add_user(tx, "Ana@X.example", role="rep", now=desk.wall)
        assert user_by_email(tx, "ANA@x.example").role == "rep"


def test_the_choice_of_light_or_dark_is_kept(desk):
    browser = desk.browser("rep")
    browser.submit("/console/theme", theme="dark", to="/console/you")
    assert 'data-theme="dark"' in browser.get("/console/you").text
    browser.submit("/console/theme", theme='"><script>', to="/console/you")
    assert 'data-theme="dark"' in browser.get("/console/you").text


def test_the_log_is_paged_by_position(desk):
    browser = desk.browser("admin")
    for _ in range(60):
        browser.submit("/console/theme", theme="dark")
    page = browser.get("/console/audit").text
    assert page.count("frame.theme") == 50
    assert "before=" in page
