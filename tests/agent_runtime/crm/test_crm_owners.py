"""Records whose owner or territory says no are not written, and owners never change (R192)."""

from datetime import timedelta

import pytest
from crm_rows import connect, hear, stop
from crm_world import ANA, NOW, push_with, states, traced, use, work_until

from agent_runtime.neighbours import open_crm
from agent_runtime.settings import Settings
from agent_runtime.tools.owner_rules import (
    CrmOwner,
    OwnerRules,
    OwnerRulesError,
    read_owner_rules,
)

ANA_THERE = "102"
LEAVE_LATAM = OwnerRules(territories={"LATAM": "leave", "DACH": "write"})


@pytest.fixture
def owned(hubspot):
    hubspot.users = {
        "7": {"email": "rosa@n.example", "team": "LATAM"},
        "8": {"email": "lena@n.example", "team": "DACH"},
    }
    for path, number in (("contacts", ANA_THERE), ("companies", "101"), ("0-3", "77")):
        hubspot.objects[path][number]["hubspot_owner_id"] = "7"
    return hubspot


def write_all(store):
    connect(store)
    hear(store, "k1")
    use(store, "crm.update", "contact:c-ana", urgency="soon")
    use(store, "crm.update", "account:a-1", use_case="routing")
    use(store, "crm.update", "deal:77", blocker="budget")


def test_nothing_is_written_where_the_owners_territory_says_no(store, owned, url):
    write_all(store)
    work_until(push_with(store, url, rules=LEAVE_LATAM))
    assert owned.writes() == []
    assert set(states(store).values()) == {"REFUSED"}
    why = "the record is not written: its owner rosa@n.example is of LATAM, whose records are"
    assert all(event["reason"].startswith(why[:28]) for event in traced(store))


def test_the_same_records_are_written_under_another_owner(store, owned, url):
    write_all(store)
    for path, number in (("contacts", ANA_THERE), ("companies", "101"), ("0-3", "77")):
        owned.objects[path][number]["hubspot_owner_id"] = "8"
    work_until(push_with(store, url, rules=LEAVE_LATAM))
    assert set(states(store).values()) == {"PUSHED"}
    assert "hubspot_owner_id" not in {name for _, name in owned.sent()}


def test_an_opt_out_is_told_whoever_the_owner_is(store, owned, url):
    connect(store)
    stop(store)
    work_until(push_with(store, url, rules=LEAVE_LATAM))
    assert owned.unsubscribed == {ANA.email}


def test_an_owner_who_has_left_is_of_no_territory(store, owned, url):
    owned.users.clear()
    write_all(store)
    rules = OwnerRules(territories={"DACH": "write"}, others="leave")
    work_until(push_with(store, url, rules=rules), hours=1)
    assert owned.writes() == []


@pytest.mark.parametrize(
    ("rules", "owner", "is_written"),
    [
        (OwnerRules(), None, True),
        (OwnerRules(unowned="leave"), None, False),
        (OwnerRules(people={"VP@n.example": "leave"}), CrmOwner("vp@N.example"), False),
        (LEAVE_LATAM, CrmOwner("x@n.example", ("DACH", "LATAM")), False),
        (
            OwnerRules(people={"x@n.example": "write"}, territories={"LATAM": "leave"}),
            CrmOwner("x@n.example", ("LATAM",)),
            True,
        ),
        (OwnerRules(others="leave"), CrmOwner("x@n.example"), False),
        (
            OwnerRules(others="leave", territories={"DACH": "write"}),
            CrmOwner("x@n.example", ("DACH",)),
            True,
        ),
    ],
)
def test_the_persons_own_rule_goes_before_the_territorys(rules, owner, is_written):
    assert (rules.why_not(owner) == "") == is_written


def test_the_rules_are_read_from_the_companys_file(tmp_path, store):
    path = tmp_path / "owners.yaml"
    path.write_text("territories: {LATAM: leave}\n")
    assert read_owner_rules(path) == OwnerRules(territories={"LATAM": "leave"})
    assert read_owner_rules(None) == OwnerRules()
    crm = open_crm(Settings(hubspot_token="x", crm_owner_rules=path), store)
    crm.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("territories: {LATAM: maybe}", "'territories.LATAM' is 'maybe'"),
        ("people: [", "not YAML"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, text, says):
    path = tmp_path / "owners.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OwnerRulesError, match=says):
        read_owner_rules(path)


def test_a_stage_is_moved_on_and_never_back(store, hubspot, url):
    """R136: the deal follows what was agreed, and what people know better stays."""
    push = push_with(store, url)
    deal = hubspot.objects["0-3"]["77"]
    deal["dealstage"] = "appointmentscheduled"
    use(store, "crm.update", "deal:77", stage="qualified")
    push.work(now=NOW)
    assert deal["dealstage"] == "qualifiedtobuy"
    deal["dealstage"] = "contractsent"
    use(store, "crm.update", "deal:77", at=NOW + timedelta(hours=1), stage="demo_booked")
    push.work(now=NOW + timedelta(hours=1))
    assert deal["dealstage"] == "contractsent"
    assert sorted(states(store).values()) == ["KEPT", "PUSHED"]
