"""Any order of batches, merges, splits, refusals and answers: arms stay, and a no stays a no."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.settings import Workspace
from pipelines.campaign import load_campaign
from pipelines.identity import decisions
from pipelines.identity.checking import broken_decisions
from pipelines.identity.decisions import Decision
from pipelines.identity.resolving import keep_stops
from pipelines.lake import Lake, read_or_empty, write
from pipelines.transforms.assign import ASSIGNMENTS
from pipelines.transforms.consent import SUPPRESSIONS
from pipelines.transforms.eligibility import ELIGIBILITY
from pipelines.transforms.identity import EVENTS, aliases, identify, resolve
from pipelines.transforms.recipient import Arms, sort_by_arm

START = datetime(2026, 1, 12, tzinfo=UTC)
CONTACTS = ("c1", "c2", "c3", "c4", "c5")
CAMPAIGN = load_campaign("prospecting")
ARM = {"c1": "agent", "c2": "holdout", "c3": "agent", "c4": "agent"}
WHO = st.sampled_from(CONTACTS)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["merge", "split", "apart", "reopen"]), WHO, WHO),
        st.tuples(st.just("says no"), WHO, WHO),
        st.tuples(st.just("shares an address"), WHO, WHO),
        st.tuples(st.just("batch"), WHO, WHO),
    ),
    min_size=4,
    max_size=16,
)


class Company:
    """Five contacts, the decisions about them, and the batch as the asset runs it."""

    def __init__(self, folder):
        self.lake = Lake(Workspace(Path(folder)))
        self.emails = [(c, f"{c}@a.example") for c in CONTACTS]
        self.no, self.said = set(), {}
        self.now = START
        self.batch()
        self.exactly = dict(self.exact.persons.select("contact_id", "person_id").iter_rows())
        self.assignments = pl.DataFrame(
            [
                ("t", "e1", self.exactly[c], self.exactly[c], arm, "l", "h", START, "hash")
                for c, arm in ARM.items()
            ],
            schema=ASSIGNMENTS,
            orient="row",
        )

    def batch(self):
        self.now += timedelta(days=1)
        before = read_or_empty(self.lake.person_events, EVENTS)
        keys = pl.DataFrame(self.emails, schema=["contact_id", "email"], orient="row")
        self.exact = identify(keys, tenant_id="t", now=self.now, history=before)
        links = decisions.standing(decisions.read(self.lake.identity_decisions)).links
        self.after = resolve(self.exact, links, tenant_id="t", now=self.now)
        self.person = dict(self.after.persons.select("contact_id", "person_id").iter_rows())
        rows = [("t", self.person[c], c, "withdrawn", "", START, c) for c in sorted(self.no)]
        refusals = pl.DataFrame(rows, schema=SUPPRESSIONS, orient="row")
        kept = keep_stops(self.lake, refusals, before, self.after)
        write(kept, self.lake.suppressions)
        write(self.after.events, self.lake.person_events)
        self.stopped = set(kept.get_column("person_id"))

    def decide(self, kind, one, other):
        first, second = self.exactly[one], self.exactly[other]
        made = Decision(
            tenant_id="t", kind=kind, person_id=first, other_person_id=second, left_id=one,
            right_id=other, reasons="", decided_by="a colleague", decided_at=self.now,
        )  # fmt: skip
        if first != second:
            decisions.append(self.lake.identity_decisions, [made])

    def queued(self):
        persons = sorted(set(self.person.values()))
        rows = [
            {
                "tenant_id": "t", "person_id": p, "contact_id": p, "account_id": "a",
                "segment": "s", "eligible": True, "reason": "", "detail": "", "owner_id": "o",
                "owner_name": "Ada", "country": "US", "time_zone": None, "synthetic": False,
            }
            for p in persons
        ]  # fmt: skip
        frame = pl.DataFrame(rows, schema=ELIGIBILITY)
        arms = Arms("e1", ("agent",), "holdout", "l", {"e1": ("holdout",)})
        found = sort_by_arm(frame, self.assignments, self.after.events, arms, CAMPAIGN)
        return {one.person_id for one in found.recipients}


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_no_history_of_decisions_moves_an_arm_or_lifts_a_stop(acts):
    """R169, R172: arms are never rewritten, a no is never lost, and the strictest binds."""
    with TemporaryDirectory() as folder:
        company = Company(folder)
        arms = company.assignments
        ever_no = set()
        for act, one, other in acts:
            if act == "says no":
                company.no.add(one)
            elif act == "shares an address":
                company.emails.append((one, f"{other}@a.example"))
            elif act != "batch":
                company.decide(act, one, other)
            if act != "batch":
                continue
            company.batch()
            person = company.person
            mates = {c: {d for d in CONTACTS if person[d] == person[c]} for c in CONTACTS}
            ever_no = {c for c in CONTACTS if mates[c] & (ever_no | company.no)}
            assert {c for c in CONTACTS if person[c] in company.stopped} == ever_no
            assert company.assignments.equals(arms)
            for c in CONTACTS:
                if "holdout" in {ARM.get(d) for d in mates[c]}:
                    assert person[c] not in company.queued()
            assert not [x for x in broken_decisions(company.lake) if "are two persons" in x]


@settings(max_examples=25, deadline=None)
@given(ACTS)
def test_a_batch_again_changes_nothing(acts):
    with TemporaryDirectory() as folder:
        company = Company(folder)
        for act, one, other in acts:
            if act in ("merge", "split"):
                company.decide(act, one, other)
        company.batch()
        events, person = company.after.events, company.person

        company.batch()

        assert company.after.events.equals(events)
        assert company.person == person


def test_a_split_gives_each_their_own_id_back():
    with TemporaryDirectory() as folder:
        company = Company(folder)
        alone = dict(company.person)
        company.decide("merge", "c1", "c2")
        company.batch()
        assert company.person["c2"] == alone["c1"]

        company.decide("split", "c1", "c2")
        company.batch()

        assert company.person == alone
        assert aliases(company.after.events) == {}
        kinds = company.after.events.get_column("kind").to_list()
        assert kinds[-2:] == ["merged", "split"]
