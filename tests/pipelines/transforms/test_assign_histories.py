"""Whatever happens in the CRM, stored arms stand and whoever was ever held out is never queued."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.spec import Spec
from pipelines.campaign import load_campaign
from pipelines.transforms.assign import ASSIGNMENTS, assign, hold_out
from pipelines.transforms.eligibility import ELIGIBILITY
from pipelines.transforms.identity import EVENTS, aliases
from pipelines.transforms.recipient import Arms, sort_by_arm

START = datetime(2026, 1, 12, tzinfo=UTC)
CAMPAIGN = load_campaign("prospecting")
COMMON = {"primary": {"metric": "meeting"}, "arms": {"agent": 0.5, "waits": 0.5}}
SPECS = [
    Spec.model_validate(COMMON | fields)
    for fields in (
        {"id": "e1", "salt": "a", "control": "waits", "part": [0.0, 0.7]},
        {
            "id": "e2",
            "control": "waits",
            "unit": "account",
            "method": "permutation",
            "seed": 1,
            "global_holdout": {"salt": "g", "share": 0.25},
        },
        {
            "id": "e3",
            "salt": "b",
            "layer": "l2",
            "control": "waits",
            "global_holdout": {"salt": "g", "share": 0.25},
        },
    )
]
CONTROLS = {spec.id: (spec.control,) for spec in SPECS}
EDITS = st.one_of(
    st.tuples(st.just("new"), st.integers(0, 3)),
    st.tuples(st.just("merge"), st.integers(0, 40), st.integers(0, 40)),
    st.tuples(st.just("moves"), st.integers(0, 40), st.integers(0, 3)),
    st.tuples(st.just("splits"), st.integers(0, 40)),
    st.tuples(st.just("owner"), st.integers(0, 40)),
    st.tuples(st.just("leaves"), st.integers(0, 40)),
    st.tuples(st.just("batch"), st.sampled_from(SPECS)),
)


class Company:
    """People, their accounts and owners, and every edit that a CRM knows."""

    def __init__(self):
        self.people, self.merges, self.now = {}, [], START
        self.assignments = pl.DataFrame(schema=ASSIGNMENTS)
        self.born = 0

    def edit(self, what, *on):
        known = sorted(self.people)
        if what == "new":
            for account in range(on[0] + 1):
                self.people[f"p{self.born:03}"] = [f"a{account}", "o1"]
                self.born += 1
        elif known:
            one = known[on[0] % len(known)]
            if what == "merge" and (other := known[on[1] % len(known)]) != one:
                del self.people[other]
                self.merges.append((other, one))
            elif what == "moves":
                self.people[one][0] = f"a{on[1]}"
            elif what == "splits":
                self.people[one][0] = f"{self.people[one][0]}-apart"
            elif what == "owner":
                self.people[one][1] = f"{self.people[one][1]}x"
            elif what == "leaves":
                self.people[one][0] = None

    def batch(self, spec):
        """Assigns as the asset does; returns who is queued."""
        self.now += timedelta(days=1)
        survivors = aliases(self.events())
        more = {"tenant_id": "t", "now": self.now, "survivors": survivors}
        frame = self.frame()
        held = hold_out(frame, spec, stored=self.assignments, **more)
        others = self.assignments.filter(
            ~pl.col("experiment_id").is_in([spec.id, "global-holdout"])
        )
        mine = self.assignments.filter(pl.col("experiment_id") == spec.id)
        kept = pl.concat([others, held])
        own = assign(frame, spec, stored=pl.concat([kept, mine]), **more)
        self.assignments = pl.concat([kept, own])
        found = sort_by_arm(
            self.eligible(),
            self.assignments,
            self.events(),
            Arms(spec.id, spec.treated, spec.control, spec.layer, CONTROLS),
            CAMPAIGN,
        )
        return {one.person_id for one in found.recipients}

    def frame(self):
        rows = [(p, a, "s") for p, (a, _) in sorted(self.people.items())]
        schema = {"person_id": pl.String, "account_id": pl.String, "segment": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def eligible(self):
        rows = [
            {
                "tenant_id": "t",
                "person_id": p,
                "contact_id": f"c-{p}",
                "account_id": account,
                "segment": "s",
                "eligible": True,
                "reason": "",
                "detail": "",
                "owner_id": owner,
                "owner_name": "Ada Roe",
                "country": "US",
                "time_zone": None,
                "synthetic": False,
            }
            for p, (account, owner) in sorted(self.people.items())
        ]
        return pl.DataFrame(rows, schema=ELIGIBILITY)

    def events(self):
        rows = [
            ("t", f"e{n}", "merged", goes, stays, "c", "email", "h", self.now)
            for n, (goes, stays) in enumerate(self.merges)
        ]
        return pl.DataFrame(rows, schema=EVENTS, orient="row")

    def held(self):
        """Every human of whom anybody was ever stored in a control."""
        survivors = aliases(self.events())
        stored = self.assignments.filter(pl.col("arm").is_in(["waits", "holdout"]))
        return {survivors.get(p) or p for p in stored.get_column("person_id")}


def keys(assignments):
    columns = ("experiment_id", "unit_id", "person_id", "arm", "assigned_at")
    return set(assignments.select(columns).iter_rows())


@settings(max_examples=40, deadline=None)
@given(st.lists(EDITS, min_size=4, max_size=24))
def test_no_edit_of_the_crm_moves_an_arm_or_queues_who_was_held_out(history):
    """R168, R169, R172: merges, splits, moves, new owners, in any order, between any batches."""
    company = Company()
    company.edit("new", 3)
    for what, *on in [*history, *(("batch", spec) for spec in SPECS)]:
        before, earlier = keys(company.assignments), company.assignments
        if what != "batch":
            company.edit(what, *on)
            continue
        queued = company.batch(on[0])
        assert before <= keys(company.assignments)
        assert not queued & company.held()
        assert not entered_twice(company, earlier)
        units = company.assignments.group_by("experiment_id", "unit_id")
        assert units.agg(pl.col("arm").n_unique()).get_column("arm").max() in (None, 1)


def entered_twice(company, earlier):
    """Newcomers who entered a second experiment of a layer, or left the global holdout for one."""
    survivors = aliases(company.events())
    stood = {}
    for experiment, person, layer in earlier.select(
        "experiment_id", "person_id", "layer"
    ).iter_rows():
        stood.setdefault(survivors.get(person) or person, set()).add((experiment, layer))
    fresh = keys(company.assignments) - keys(earlier)
    layers = {spec.id: spec.layer for spec in SPECS}
    return [
        (experiment, person)
        for experiment, _, person, _, _ in fresh
        for other, layer in stood.get(person, ())
        if experiment not in ("global-holdout", other)
        and (other == "global-holdout" or layer == layers[experiment])
    ]
