"""Whatever happens on both sides, mirror and remote converge and nothing is twice (R192 R193 R195).

Twenty-five histories here; a thousand in `make accept ISSUE=7`.
"""

from dataclasses import replace
from itertools import count

import pytest
from crm_world import new_store
from histories import found_in, history_of

from agent_runtime import crm_timeline
from agent_runtime.crm_mirror import Mirror
from agent_runtime.crm_push import CrmPush
from agent_runtime.store import memory
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools import hubspot_fields
from agent_runtime.tools.allow_list import Allowed, AllowList
from agent_runtime.tools.hubspot_timeline import Timeline

ENOUGH = 40
"""Histories within which a fault of ours has to show."""


@pytest.mark.parametrize("seed", range(24))
def test_at_the_end_of_a_random_history_both_sides_agree_and_nothing_is_twice(seed):
    wrong, _ = found_in(seed)
    assert wrong == []


def test_the_same_holds_in_a_database(tmp_path):
    store = new_store(tmp_path)
    wrong, happened = found_in(24, store=store)
    store.engine.dispose()
    assert wrong == []
    assert happened["deliver"] > 0


def first_fault(words):
    """Returns what is wrong in the first history in which the words are said, if any."""
    for seed in range(ENOUGH):
        wrong, _ = found_in(seed)
        if any(words in one for one in wrong):
            return wrong
    return []


def without_a_key(monkeypatch):
    numbers = count()
    monkeypatch.setattr(crm_timeline, "activity_id", lambda kind, row_id: f"A-{next(numbers)}")
    monkeypatch.setattr(CrmPush, "_settle", settle_whatever_was_asked)


def settle_whatever_was_asked(self, tx, ask, outcome, *, now):
    contact = tx.contact_of(ask.push.row_id)
    if outcome.status != "unasked":
        self._mark(tx, ask.push, contact, outcome, now=now)


def without_looking_first(monkeypatch):
    numbers = count()
    allowed = Timeline._allowed
    monkeypatch.setattr(Timeline, "_there", lambda *_: {})
    monkeypatch.setattr(
        Timeline,
        "_allowed",
        lambda self, one: allowed(
            self, replace(one, activity_id=f"{one.activity_id}.{next(numbers)}")
        ),
    )
    monkeypatch.setattr("agent_runtime.tools.hubspot_timeline._by_our_id", by_first_part)


def by_first_part(place, answer):
    return {
        str(one["properties"][place.our_id]).partition(".")[0]: one
        for one in answer.get("results", [])
    }


def without_opt_outs(monkeypatch):
    monkeypatch.setattr(memory, "queue_stop", lambda *_, **__: None)
    monkeypatch.setattr(Mirror, "_stops", lambda *_, **__: "")


def without_reading_opt_outs(monkeypatch):
    monkeypatch.setattr(Mirror, "_stops", lambda *_, **__: "")


def over_whatever_stands_there(monkeypatch):
    monkeypatch.setattr(hubspot_fields, "_judge", lambda *_: None)


def beyond_the_list(monkeypatch):
    allow = AllowList.allow

    def more(self, kind, values):
        made = allow(self, kind, values)
        return Allowed(kind, {**made.properties, "lifecyclestage": "x"}, made._seal)

    monkeypatch.setattr(AllowList, "allow", more)


def giving_up_at_once(monkeypatch):
    wait = CrmPush._mark

    def mark(self, tx, push, contact, outcome, **more):
        status = "pushed" if outcome.status == "retry" else outcome.status
        wait(self, tx, push, contact, replace(outcome, status=status), **more)

    monkeypatch.setattr(CrmPush, "_mark", mark)


def without_order(monkeypatch):
    def due(self, now, *, limit):
        found = [p for p in self.pushes() if p.state == "WAITING" and p.due_at <= now]
        return tuple(sorted(found, key=lambda p: p.queued_at, reverse=True)[:3])

    monkeypatch.setattr(MemoryStore, "pushes_due", due)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (without_a_key, "times"),
        (without_looking_first, "times"),
        (without_opt_outs, "is lost there"),
        (without_reading_opt_outs, "is lost here"),
        (over_whatever_stands_there, "was written over"),
        (beyond_the_list, "is not on the list"),
        (giving_up_at_once, "is PUSHED and is not there"),
        (without_order, "before"),
    ],
)
def test_a_fault_of_ours_is_caught_by_the_histories(monkeypatch, fault, words):
    fault(monkeypatch)
    assert first_fault(words)


def test_a_history_is_made_from_its_seed_alone():
    with history_of(3) as one, history_of(3) as two:
        assert one.happened == two.happened
        assert one.hubspot.objects == two.hubspot.objects
