"""What people do in the CRM is read back: their values, and above all their opt-outs (R193)."""

from datetime import timedelta

import pytest
from crm_rows import connect, hear, stop
from crm_world import ANA, NOW, push_with, states, use, work_until

from agent_runtime.crm_mirror import Mirror
from agent_runtime.tools.local_crm import LocalCrm

ANA_THERE = "102"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def mirrored(store, hubspot, url):
    """A store that has written about Ana, and the mirror of it."""
    connect(store)
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    push = push_with(store, url)
    work_until(push)
    return store, push, Mirror(store, push.crm, {})


def value_of(store, field):
    with store.begin() as tx:
        return tx.crm_value("contact", "c-ana", field)


def test_an_opt_out_there_stops_us_here_and_is_not_told_back(mirrored, hubspot):
    store, _, mirror = mirrored
    hubspot.unsubscribe(ANA.email)
    assert mirror.work(now=LATER).stopped == 1
    with store.begin() as tx:
        assert tx.suppressed("p-ana") == "unsubscribed"
    assert ("stop", "p-ana") not in states(store)
    assert mirror.work(now=LATER).stopped == 0


def test_an_opt_out_of_ours_that_somebody_undid_there_is_told_again(mirrored, hubspot):
    store, push, mirror = mirrored
    stop(store)
    work_until(push)
    hubspot.unsubscribed.clear()
    assert mirror.work(now=LATER).told_again == 1
    work_until(push, now=LATER)
    assert hubspot.unsubscribed == {ANA.email}


def test_once_a_day_every_address_of_an_opt_out_is_looked_at(mirrored, hubspot):
    store, push, mirror = mirrored
    stop(store)
    hubspot.merge("contacts", "103", ANA_THERE)
    work_until(push)
    hubspot.unsubscribed.discard(ANA.email)
    assert mirror.work(now=LATER).told_again == 0
    assert mirror.work(now=LATER + timedelta(days=1)).told_again == 1
    work_until(push, now=LATER + timedelta(days=1))
    assert hubspot.unsubscribed == {ANA.email, "somebody@else.example"}


def test_a_value_that_somebody_wrote_there_is_ours_from_then_on_and_never_written_over(
    mirrored, hubspot
):
    store, push, mirror = mirrored
    hubspot.edit("contacts", ANA_THERE, parley_urgency="Ana says: in May")
    assert mirror.work(now=LATER).changed == 1
    assert value_of(store, "urgency") == "[[FIRST_NAME]] says: in May"
    assert mirror.work(now=LATER + timedelta(minutes=15)).changed == 0
    use(store, "crm.update", "contact:c-ana", at=LATER + timedelta(hours=1), urgency="now")
    work_until(push, now=LATER + timedelta(hours=1))
    assert hubspot.objects["contacts"][ANA_THERE]["parley_urgency"] == "Ana says: in May"
    assert "CONFLICT" in states(store).values()


def test_what_still_waits_is_not_read_over(mirrored, hubspot):
    store, _, mirror = mirrored
    use(store, "crm.update", "contact:c-ana", at=LATER, urgency="now")
    hubspot.edit("contacts", ANA_THERE, parley_urgency="in May")
    assert mirror.work(now=LATER).changed == 0


def test_a_merged_contact_is_read_by_any_of_its_addresses(mirrored, hubspot):
    _, _, mirror = mirrored
    hubspot.merge("contacts", "103", ANA_THERE)
    hubspot.unsubscribe("somebody@else.example")
    assert mirror.work(now=LATER).stopped == 1


def test_who_is_gone_there_changes_nothing_here(mirrored, hubspot):
    _, _, mirror = mirrored
    hubspot.archive("contacts", ANA_THERE)
    assert mirror.work(now=LATER).people == 0


def test_a_crm_that_is_away_ends_the_round_in_words(mirrored, hubspot):
    _, _, mirror = mirrored
    hubspot.faults.append((503, {}))
    assert mirror.work(now=LATER).trouble == "HubSpot answered 503"


def test_a_hundred_people_are_read_in_one_request(mirrored, hubspot):
    """R49: what the CRM holds is read back."""
    store, _, mirror = mirrored
    hear(store, "k2")
    before = len(hubspot.log)
    assert mirror.work(now=LATER).people == 1
    assert len(hubspot.log) == before + 1


def test_without_a_vendor_there_is_nothing_to_read(store):
    assert Mirror(store, LocalCrm(store), {}).work(now=NOW).people == 0
