"""The link into a demo: once, from this machine, and into invented companies only."""

import json
from datetime import timedelta

import pytest
from desk_world import NOW, Desk

from agent_runtime.console.frame.audit import latest
from agent_runtime.console.people.demo import VALID, demo_users, open_demo
from agent_runtime.console.people.users import User, save_user
from agent_runtime.errors import ParleyError


def desk_of(folder, *, is_demo=True, data=""):
    (folder / "plan.json").write_text(json.dumps({"data": data}))
    return Desk(folder, is_demo=is_demo)


def link(desk, **more):
    given = {"host": "127.0.0.1", "now": NOW, **more}
    return f"/console/enter/{open_demo(desk.office.settings, desk.store, **given)}"


def test_somebody_enters_as_a_role_of_their_choice_once(tmp_path):
    desk = desk_of(tmp_path)
    path = link(desk)
    browser = desk.browser()
    page = browser.see(path).text
    with desk.store.begin() as tx:
        users = demo_users(tx)
    assert [user.role for user in users] == ["rep", "reviewer", "revops", "leader", "admin"]
    assert all(user.name in page for user in users)
    assert browser.submit(path, as_user="nobody").status_code == 404
    assert browser.submit(path, as_user=users[1].user_id).status_code == 303
    assert browser.get("/console/api/me").json()["role"] == "reviewer"
    other = desk.browser()
    assert other.see(path).status_code == 404
    assert other.submit(path, as_user=users[4].user_id).status_code in (403, 404)
    assert path.split("/")[-1] not in str(latest(desk.store)), "the log has no secret"


@pytest.mark.parametrize("reason", ["too late", "not served as a demo", "disabled"])
def test_a_link_that_may_not_let_anybody_in_does_not(tmp_path, reason):
    desk = desk_of(tmp_path, is_demo=reason != "not served as a demo")
    path = link(desk)
    browser = desk.browser()
    browser.see("/console/sign-in")
    with desk.store.begin() as tx:
        user = demo_users(tx)[0]
        if reason == "disabled":
            kept = {name: getattr(user, name) for name in User.__dataclass_fields__}
            save_user(tx, User(**{**kept, "is_disabled": True}))
    if reason == "too late":
        desk.wall = NOW + VALID + timedelta(seconds=1)
    assert browser.submit(path, as_user=user.user_id).status_code == 404


def test_no_link_is_made_for_other_machines_or_among_real_people(tmp_path):
    desk = desk_of(tmp_path)
    with pytest.raises(ParleyError, match="for this machine only"):
        link(desk, host="0.0.0.0")
    desk = desk_of(tmp_path, data="/exports/crm")
    with pytest.raises(ParleyError, match="was not made by `parley demo`"):
        link(desk)
    (tmp_path / "story.json").write_text(json.dumps({"data": "", "story": "one_thread"}))
    with pytest.raises(ParleyError, match="was not made by `parley demo`"):
        link(desk)
    (tmp_path / "story.json").unlink()
    (tmp_path / "plan.json").unlink()
    with pytest.raises(ParleyError, match="parley people add"):
        link(desk)
