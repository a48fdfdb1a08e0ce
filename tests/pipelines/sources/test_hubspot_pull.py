"""A pull brings what changed, keeps what it has when it is cut off, and says what is missing."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from time import monotonic

import pytest
from hubspot_history import STEPS, History
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PipelineError
from pipelines.sources.hubspot.progress import Wanted
from pipelines.sources.landing import read_landed


def landed(pull, table="contacts"):
    found = read_landed(pull.landing, "hubspot", table)
    return {row["id"]: row for row in found.iter_rows(named=True)}


def searches(account, path="contacts"):
    """Returns from which instant on each search of a kind asked."""
    return [
        body["filterGroups"][0]["filters"][0]["value"]
        for method, at, _, body, *_ in account.log
        if method == "POST" and body and at.endswith(f"/{path}/search")
    ]


def mirrors(account, pull):
    for path, table in (("contacts", "contacts"), ("companies", "companies"), ("0-3", "deals")):
        there = account.objects[path]
        if there or (pull.landing / f"hubspot/{table}.parquet").is_file():
            held = landed(pull, table)
            assert {n: row["updated_at"] for n, row in held.items()} == {
                n: said.get("lastmodifieddate" if path == "contacts" else "hs_lastmodifieddate")
                for n, said in there.items()
            }
    return True


def test_a_second_pull_brings_only_what_changed(account, pull):
    """R51 R191: by cursor, with what HubSpot's search sees late."""
    ana, bo = (account.add("contacts", email=f"{name}@x.example") for name in ("ana", "bo"))
    account.now += timedelta(hours=1)
    account.add("contacts", email="cy@x.example")
    assert pull().is_whole
    account.now += timedelta(days=1)
    account.edit("contacts", bo, jobtitle="CFO")
    report = pull()
    (contacts,) = [table for table in report.tables if table.table == "contacts"]
    assert (contacts.rows, contacts.new, contacts.changed, contacts.gone) == (3, 0, 1, 0)
    assert landed(pull)[bo]["jobtitle"] == "CFO"
    assert landed(pull)[ana]["jobtitle"] is None
    # It looked again a little before its last change, since the search is late, and no further.
    since = account.now - timedelta(days=1) - account.tick
    (value,) = searches(account)
    assert timedelta(0) <= since - stamp_of(value) <= timedelta(minutes=11)


def stamp_of(value):
    return datetime.fromtimestamp(int(value) / 1000, UTC)


def test_an_edit_that_the_search_sees_late_is_not_lost(account, pull):
    late = account.add("contacts", email="late@x.example")
    account.add("contacts", email="soon@x.example")
    account.unindexed.add(late)
    pull()
    assert late not in landed(pull)
    account.unindexed.clear()
    pull()
    assert late in landed(pull)


def test_what_is_archived_restored_merged_and_erased_is_seen(account, pull):
    ids = [account.add("contacts", email=f"{n}@x.example") for n in range(5)]
    kept, binned, erased, left, right = ids
    pull()
    account.archive("contacts", binned)
    account.purge("contacts", erased)
    merged = account.merge("contacts", left, right)
    report = pull(wanted=Wanted(ids={"contacts": [erased]}))
    assert set(landed(pull)) == {kept, merged}
    assert landed(pull)[merged]["hs_additional_emails"] == "4@x.example"
    assert report.is_whole
    account.restore("contacts", binned)
    pull()
    assert set(landed(pull)) == {kept, merged, binned}
    account.archive("contacts", binned)
    pull()
    account.purge("contacts", binned)
    pull()
    assert set(landed(pull)) == {kept, merged}


def test_what_was_merged_and_then_archived_between_two_pulls_is_gone(account, pull):
    """Nobody is left to write to whom their people have thrown away."""
    ids = [account.add(path, name="n") for path in ("contacts", "companies") for _ in range(3)]
    pull()
    for path, (kept, left, right) in (("contacts", ids[:3]), ("companies", ids[3:])):
        account.archive(path, account.merge(path, left, right))
        pull()
        assert set(landed(pull, path)) == {kept}


def test_what_was_merged_twice_between_two_pulls_is_gone(account, pull):
    first, second, third = [account.add("contacts", email=f"{n}@x.example") for n in range(3)]
    pull()
    merged = account.merge("contacts", account.merge("contacts", first, second), third)
    pull()
    assert set(landed(pull)) == {merged}


def test_a_named_record_is_read_though_the_search_does_not_see_it(account, pull):
    pull()
    hidden = account.add("contacts", email="new@x.example")
    account.unindexed.add(hidden)
    pull(wanted=Wanted(ids={"contacts": [hidden]}))
    assert landed(pull)[hidden]["email"] == "new@x.example"


def test_what_fails_for_a_moment_is_asked_again_and_retry_after_is_honoured(account, pull):
    account.add("contacts", email="ana@x.example")
    answered = []
    account.witness = lambda *_: answered.append(monotonic())
    account.faults.extend([None, (429, {"Retry-After": "1"}), (500, {}), "drop", (502, {}), "hang"])
    report = pull(timeout_s=0.3)
    assert report.is_whole
    assert mirrors(account, pull)
    assert max(after - before for before, after in pairwise(answered)) >= 1.0


def test_a_pull_that_is_cut_off_keeps_what_it_has_and_goes_on_there(account, pull):
    for number in range(450):
        account.add("contacts", email=f"{number}@x.example")
    begun = []

    def fail_after_two_pages(request, *_):
        begun.extend(["page"] * request[1].endswith("/contacts/search"))
        if len(begun) == 2:
            account.faults.extend([(503, {})] * 20)

    account.witness = fail_after_two_pages
    report = pull(tries=3)
    assert "503" in report.stopped
    assert not report.is_whole
    there = len(landed(pull))
    assert 200 <= there < 450
    account.faults.clear()
    account.witness = lambda *_: None
    assert pull().is_whole
    assert mirrors(account, pull)
    assert len(searches(account)) == 2, "what was landed is not asked for again"


def test_a_pull_lands_part_by_part(account, pull):
    for number in range(900):
        account.add("contacts", email=f"{number}@x.example")
    report = pull(wanted=Wanted(chunk=1))
    assert report.is_whole
    (contacts,) = [table for table in report.tables if table.table == "contacts"]
    assert (contacts.rows, contacts.new) == (900, 900)
    assert len(searches(account)) >= 5


def test_a_full_pull_finds_what_vanished_and_is_never_taken_in_part(account, pull):
    ids = [account.add("contacts", email=f"{n}@x.example") for n in range(3)]
    pull()
    account.purge("contacts", ids[0])
    pull()
    assert ids[0] in landed(pull), "nobody told of it"
    account.faults.extend([None] * 9 + [(503, {})] * 9)
    with pytest.raises(PipelineError, match="503"):
        pull(is_full=True, tries=2)
    assert ids[0] in landed(pull)
    account.faults.clear()
    pull(is_full=True)
    assert set(landed(pull)) == set(ids[1:])


def test_what_the_token_may_not_read_is_named_and_the_rest_is_read(account, pull):
    account.add("contacts", email="ana@x.example")
    account.forbidden = {"emails", "owners"}
    report = pull()
    assert set(landed(pull)) == set(account.objects["contacts"])
    assert set(report.refused) == {"emails", "properties of emails", "owners"}
    assert any(gap.startswith("emails: not read, 403") for gap in report.gaps())


def test_a_wrong_token_is_one_sentence(pull):
    with pytest.raises(PipelineError, match="PARLEY_HUBSPOT_TOKEN"):
        pull(token="bad")


def test_a_wait_that_is_too_long_ends_the_pull_and_says_how_long(account, pull):
    account.add("contacts", email="ana@x.example")
    account.faults.extend([None] * 9 + [(429, {"Retry-After": "4000"})])
    assert "asks to wait 4000 s" in pull().stopped


def test_a_property_that_an_account_lacks_is_named_and_one_that_vanishes_is_drift(account, pull):
    account.add("contacts", email="ana@x.example", jobtitle="CFO", plan="gold")
    del account.properties["contacts"]["seniority"]
    wanted = Wanted(properties={"contacts": ["plan"]})
    report = pull(wanted=wanted)
    assert "contacts: the account has no property seniority" in report.gaps()
    assert [row["plan"] for row in landed(pull).values()] == ["gold"]
    del account.properties["contacts"]["jobtitle"]
    account.edit("contacts", next(iter(account.objects["contacts"])), plan="silver")
    drift = [one for one in pull(wanted=wanted).drift if one.column == "jobtitle"]
    assert [(one.kind, one.blocks) for one in drift] == [("vanished_column", True)]
    assert [row["jobtitle"] for row in landed(pull).values()] == ["CFO"]


def statuses(pull):
    found = read_landed(pull.landing, "hubspot", "subscriptions")
    return {
        (row["email"], row["subscription_id"]): row["status"] for row in found.iter_rows(named=True)
    }


def test_subscriptions_are_read_one_by_one_where_the_token_may_not_read_many(account, pull):
    account.add("contacts", email="Ana@x.example")
    account.subscribe("ana@x.example", "1", "UNSUBSCRIBED")
    account.may_batch_statuses = False
    assert pull().is_whole
    assert statuses(pull)["ana@x.example", "1"] == "UNSUBSCRIBED"


def test_an_address_that_was_not_answered_is_asked_for_again(account, pull):
    account.add("contacts", email="ana@x.example")
    account.subscribe("ana@x.example", "1", "SUBSCRIBED")
    pull()
    account.subscribe("ana@x.example", "1", "UNSUBSCRIBED")
    account.unanswered.add("ana@x.example")
    report = pull()
    assert report.unread == 1
    assert not report.is_whole
    assert ("ana@x.example", "unread") in statuses(pull)
    account.unanswered.clear()
    account.now += timedelta(hours=2)
    account.add("contacts", email="bo@x.example")
    assert pull().unread == 0
    assert statuses(pull)["ana@x.example", "1"] == "UNSUBSCRIBED"
    assert ("ana@x.example", "unread") not in statuses(pull)


def test_an_address_that_is_none_spoils_nobody_elses_subscriptions(account, pull):
    account.add("contacts", email="not an address")
    account.add("contacts", email="ana@x.example")
    account.subscribe("ana@x.example", "1", "UNSUBSCRIBED")
    assert pull().unread == 1
    assert statuses(pull)["ana@x.example", "1"] == "UNSUBSCRIBED"


@settings(max_examples=2)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=5, max_size=25), seed=st.integers(0, 99))
def test_mirror_and_account_converge_after_any_history(steps, seed, tmp_path_factory):
    """`make accept ISSUE=7` plays many more."""
    assert History(tmp_path_factory.mktemp("history"), Random(seed)).play(steps) == []
