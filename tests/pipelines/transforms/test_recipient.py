"""Only the treated arm is written to; the strictest arm of a merged person wins."""

from datetime import UTC, datetime

import polars as pl

from pipelines.campaign import load_campaign
from pipelines.transforms.assign import ASSIGNMENTS
from pipelines.transforms.eligibility import ELIGIBILITY
from pipelines.transforms.identity import EVENTS
from pipelines.transforms.recipient import Arms, outcomes, sort_by_arm

NOW = datetime(2026, 1, 12, tzinfo=UTC)
CAMPAIGN = load_campaign("prospecting")
ARMS = Arms("e1", ("agent",), "holdout")


def person(name, *, eligible=True, reason=""):
    return {
        "tenant_id": "t",
        "person_id": name,
        "contact_id": f"c-{name}",
        "account_id": "a1",
        "segment": "s@1",
        "eligible": eligible,
        "reason": reason,
        "detail": "",
        "owner_id": "o1",
        "owner_name": "José Groß",
        "country": "US",
        "time_zone": None,
        "synthetic": False,
    }


def assigned(*rows):
    return pl.DataFrame(
        [
            {
                "tenant_id": "t",
                "experiment_id": experiment,
                "unit_id": name,
                "person_id": name,
                "arm": arm,
                "layer": "outbound",
                "spec_hash": "h",
                "assigned_at": NOW,
                "how": "hash",
            }
            for name, experiment, arm in rows
        ],
        schema=ASSIGNMENTS,
    )


def merged(goes, stays):
    return pl.DataFrame(
        [("t", "e", "merged", goes, stays, "c", "email", "h", NOW)], schema=EVENTS, orient="row"
    )


NO_MERGES = pl.DataFrame(schema=EVENTS)


def frame(*people):
    return pl.DataFrame(list(people), schema=ELIGIBILITY)


def test_only_the_treated_arm_is_written_to():
    """R169: the holdout gets no touch, and is told apart from the ineligible."""
    eligibility = frame(
        person("p1"), person("p2"), person("p3"), person("p4", eligible=False, reason="no_email")
    )
    found = sort_by_arm(
        eligibility,
        assigned(("p1", "e1", "agent"), ("p2", "e1", "holdout"), ("p4", "e1", "agent")),
        NO_MERGES,
        ARMS,
        CAMPAIGN,
    )

    assert [one.person_id for one in found.recipients] == ["p1"]
    assert found.left_out == {"p2": "holdout", "p3": "no_unit"}
    assert dict(
        outcomes(eligibility, found.left_out).select("person_id", "reason").iter_rows()
    ) == {
        "p1": "queued",
        "p2": "holdout",
        "p3": "no_unit",
        "p4": "no_email",
    }


def test_a_merged_person_is_held_out_when_either_was():
    found = sort_by_arm(
        frame(person("p1")),
        assigned(("p1", "e1", "agent"), ("p9", "e1", "holdout")),
        merged("p9", "p1"),
        ARMS,
        CAMPAIGN,
    )

    assert found.left_out == {"p1": "holdout"}


def test_a_holdout_of_another_experiment_is_a_holdout():
    found = sort_by_arm(
        frame(person("p1")),
        assigned(("p1", "e1", "agent"), ("p1", "e0", "holdout")),
        NO_MERGES,
        ARMS,
        CAMPAIGN,
    )

    assert found.left_out == {"p1": "holdout"}


def test_the_mailbox_is_that_of_the_owner():
    found = sort_by_arm(
        frame(person("p1")), assigned(("p1", "e1", "agent")), NO_MERGES, ARMS, CAMPAIGN
    )

    assert found.recipients[0].mailbox == "relay-jose-gross@mail.northbeam.example"
    assert found.recipients[0].time_zone == ""


def test_the_control_of_another_experiment_is_known_by_its_registered_name():
    controls = {"e0": ("business-as-usual",)}
    found = sort_by_arm(
        frame(person("p1"), person("p2")),
        assigned(
            ("p1", "e1", "agent"),
            ("p1", "e0", "business-as-usual"),
            ("p2", "e1", "agent"),
            ("p2", "e0", "human"),
        ),
        NO_MERGES,
        Arms("e1", ("agent",), "holdout", "outbound", controls),
        CAMPAIGN,
    )

    assert found.left_out == {"p1": "holdout"}
    assert [one.person_id for one in found.recipients] == ["p2"]


def test_each_who_has_no_arm_is_told_why():
    found = sort_by_arm(
        frame(person("p1"), person("p2"), person("p3")),
        assigned(("p1", "global-holdout", "holdout"), ("p2", "e7", "agent")),
        NO_MERGES,
        Arms("e1", ("agent",), "holdout", "outbound"),
        CAMPAIGN,
    )

    assert found.left_out == {"p1": "global_holdout", "p2": "other_experiment", "p3": "no_unit"}
