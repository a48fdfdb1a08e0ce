"""A pause binds at the next permit, says since when and by whom, and ends only as it was raised."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent_runtime.gather import pauses
from agent_runtime.policies.contact import pause as rule
from agent_runtime.steering import pausing
from agent_runtime.steering.pausing import PauseError
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from tests.agent_runtime.runtime.test_permit import FACTS, TOUCH

AT = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
OWED = replace(TOUCH, touch_class="transactional")


@pytest.fixture
def store(tmp_path):
    return SqlStore(open_engine(f"sqlite:///{tmp_path / 'runtime.db'}"), "t")


def decided(store, proposal, *, campaign="spring", actor="agent"):
    with store.begin() as tx:
        paused = pauses(tx.flags(), campaign)
        return rule(proposal, replace(FACTS, paused=paused, actor=actor)).decision


@pytest.mark.parametrize(("nothing_leaves", "owed"), [(False, "allow"), (True, "defer")])
def test_a_pause_of_everything_holds_what_is_owed_and_what_people_write_if_told_so(
    store, nothing_leaves, owed
):
    with store.begin() as tx:
        pausing.pause(tx, why="complaints", by="ana", at=AT, nothing_leaves=nothing_leaves)
    assert decided(store, TOUCH) == "defer"
    assert decided(store, OWED) == owed
    assert decided(store, TOUCH, actor="human") == owed
    with store.begin() as tx:
        assert pausing.resume(tx, by="ben", at=AT) == "complaints"
    assert (decided(store, TOUCH), decided(store, OWED)) == ("allow", "allow")


def test_a_pause_says_since_when_and_by_whom_and_keeps_its_first_author(store):
    with store.begin() as tx:
        pausing.pause(tx, why=" bounces\nare up ", by="ana", at=AT)
        again = pausing.pause(tx, why="me too", by="ben", at=AT + timedelta(hours=1))
        pausing.pause(tx, campaign="spring", why="wrong list", by="ben", at=AT)
        up = pausing.pauses_up(tx)
    assert (again.why, again.by, again.since) == ("bounces are up", "ana", AT)
    assert [(one.campaign, one.by) for one in up] == [("", "ana"), ("spring", "ben")]


def test_a_flag_that_something_else_raised_has_no_author(store):
    with store.begin() as tx:
        pausing.pause(tx, why="bounces", by="ana", at=AT)
        pausing.resume(tx, by="ana", at=AT)
        tx.set_flag("pause", "raised by hand")
        (up,) = pausing.pauses_up(tx)
        what = [(line.what, line.by) for line in pausing.pause_log(tx)]
    assert (up.why, up.by, up.since) == ("raised by hand", "", None)
    assert what == [("resume", "ana"), ("pause", "ana")]


def test_a_campaign_that_was_paused_alone_stays_so_when_everything_goes_on(store):
    with store.begin() as tx:
        pausing.pause(tx, why="bounces", by="ana", at=AT)
        pausing.pause(tx, campaign="spring", why="wrong list", by="ben", at=AT)
        pausing.resume(tx, by="ana", at=AT)
    assert decided(store, TOUCH) == "defer"
    assert decided(store, TOUCH, campaign="autumn") == "allow"


def test_a_pause_needs_a_reason(store):
    with store.begin() as tx, pytest.raises(PauseError, match="reason"):
        pausing.pause(tx, why="  ", by="ana", at=AT)
