"""Arms: by person or by account, drawn once and never again."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from experiments.assignment import arm_of
from experiments.spec import Spec
from pipelines.errors import PipelineError
from pipelines.transforms.assign import ASSIGNMENTS, assign, hold_out

NOW = datetime(2026, 1, 12, tzinfo=UTC)
NOBODY = pl.DataFrame(schema=ASSIGNMENTS)

BY_PERSON = Spec.model_validate(
    {
        "id": "e1",
        "salt": "pepper",
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting", "window_days": 28},
    }
)
BY_ACCOUNT = Spec.model_validate(
    {
        "id": "e2",
        "unit": "account",
        "method": "permutation",
        "blocks": ["territory", "size_band"],
        "seed": 7,
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting", "window_days": 28},
    }
)


def people(count, *, account_of=lambda n: f"a{n // 2}"):
    return pl.DataFrame(
        {
            "person_id": [f"p{n}" for n in range(count)],
            "account_id": [account_of(n) for n in range(count)],
            "segment": ["s@1"] * count,
            "accounts.territory": ["AMER" if n % 8 < 4 else None for n in range(count)],
            "owners.territory": ["DACH"] * count,
            "accounts.employees": [40 if n % 4 < 2 else 4000 for n in range(count)],
            "accounts.industry": ["software"] * count,
            "accounts.country": ["US"] * count,
            "contacts.country": ["US"] * count,
            "owners.owner_id": ["o1"] * count,
        },
        schema_overrides={"person_id": pl.String, "account_id": pl.String},
    )


def arms(assignments):
    return dict(assignments.select("person_id", "arm").iter_rows())


def test_a_person_gets_the_arm_of_the_registered_hash():
    """R168: randomised at the record level, and anybody can recompute it."""
    found = assign(people(200), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW)

    assert arms(found) == {f"p{n}": arm_of("pepper", f"p{n}", BY_PERSON.arms) for n in range(200)}
    assert set(found.get_column("spec_hash")) == {BY_PERSON.spec_hash}
    assert set(found.get_column("how")) == {"hash"}


def test_nobody_is_assigned_twice():
    first = assign(people(50), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW)
    flipped = first.with_columns(pl.lit("holdout").alias("arm"))

    later = assign(
        people(80), BY_PERSON, stored=flipped, tenant_id="t", now=NOW + timedelta(days=1)
    )

    assert later.height == 80
    assert later.head(50).equals(flipped)
    assert later.tail(30).get_column("assigned_at").min() == NOW + timedelta(days=1)


def test_people_share_the_arm_of_their_account():
    found = assign(people(64), BY_ACCOUNT, stored=NOBODY, tenant_id="t", now=NOW)
    by_account = found.group_by("unit_id").agg(pl.col("arm").n_unique(), pl.len())

    assert by_account.get_column("arm").max() == 1
    assert by_account.get_column("len").to_list() == [2] * 32
    assert found.unique("unit_id").get_column("arm").value_counts().get_column(
        "count"
    ).to_list() == [16, 16]


def test_newcomers_of_an_account_inherit_its_arm():
    first = assign(people(32), BY_ACCOUNT, stored=NOBODY, tenant_id="t", now=NOW)
    more = people(64, account_of=lambda n: f"a{n % 16}")

    later = assign(more, BY_ACCOUNT, stored=first, tenant_id="t", now=NOW)

    assert later.group_by("unit_id").agg(pl.col("arm").n_unique()).get_column("arm").max() == 1
    assert later.head(32).equals(first)


def test_people_without_an_account_are_left_out_where_accounts_are_assigned():
    found = assign(
        people(4, account_of=lambda n: None if n else "a0"),
        BY_ACCOUNT,
        stored=NOBODY,
        tenant_id="t",
        now=NOW,
    )

    assert found.get_column("person_id").to_list() == ["p0"]


def test_other_experiments_are_none_of_its_business():
    elsewhere = BY_PERSON.model_copy(update={"layer": "elsewhere"})
    other = assign(people(10), elsewhere, stored=NOBODY, tenant_id="t", now=NOW)

    found = assign(people(10), BY_ACCOUNT, stored=other, tenant_id="t", now=NOW)

    assert set(found.get_column("experiment_id")) == {"e2"}
    assert found.height == 10


def test_nobody_eligible_is_nobody_assigned():
    assert assign(people(0), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW).height == 0


def test_an_unknown_block_is_one_sentence():
    spec = BY_ACCOUNT.model_copy(update={"blocks": ("size",)})

    with pytest.raises(PipelineError, match=r"blocks name 'size'.*size_band"):
        assign(people(4), spec, stored=NOBODY, tenant_id="t", now=NOW)


HELD_OUT = {"global_holdout": {"salt": "everybody", "share": 0.3}}


def with_changes(spec, **changes):
    return Spec.model_validate(spec.content | changes)


def test_units_outside_the_part_are_left_out():
    spec = with_changes(BY_PERSON, part=[0.0, 0.25])

    found = assign(people(200), spec, stored=NOBODY, tenant_id="t", now=NOW)

    drawn = {f"p{n}": spec.draw.arm_of(f"p{n}") for n in range(200)}
    assert arms(found) == {person: arm for person, arm in drawn.items() if arm}
    assert 20 < found.height < 80


def test_a_unit_stands_in_one_experiment_of_a_layer_only():
    """R172, R173: no person, and no account, is claimed twice."""
    first = assign(people(20), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW)

    by_person = assign(
        people(40), with_changes(BY_PERSON, id="e3"), stored=first, tenant_id="t", now=NOW
    )
    late = people(40, account_of=lambda n: "a0" if n == 30 else f"a{n // 2}")
    by_account = assign(late, BY_ACCOUNT, stored=first, tenant_id="t", now=NOW)

    assert set(by_person.get_column("person_id")) == {f"p{n}" for n in range(20, 40)}
    assert set(by_account.get_column("person_id")) == {f"p{n}" for n in range(20, 40)} - {"p30"}


def test_the_global_holdout_is_stored_once_and_never_enters_an_experiment():
    """R169: whoever is held out of everything stays so, whatever a later spec says."""
    spec = with_changes(BY_PERSON, **HELD_OUT)
    held = hold_out(people(100), spec, stored=NOBODY, tenant_id="t", now=NOW)
    own = assign(people(100), spec, stored=held, tenant_id="t", now=NOW)
    later = NOW + timedelta(days=1)
    other = with_changes(BY_PERSON, id="e9", layer="other")

    again = hold_out(people(100), other, stored=pl.concat([held, own]), tenant_id="t", now=later)
    entered = assign(people(100), other, stored=pl.concat([held, own]), tenant_id="t", now=later)

    assert set(held.get_column("experiment_id")) == {"global-holdout"}
    assert set(held.get_column("arm")) == {"holdout"}
    assert held.height + own.height == 100
    assert again.equals(held)
    assert set(entered.get_column("person_id")) == set(own.get_column("person_id"))


def test_nobody_who_was_in_an_experiment_is_held_out_of_everything_afterwards():
    before = assign(people(50), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW)

    held = hold_out(
        people(100), with_changes(BY_PERSON, **HELD_OUT), stored=before, tenant_id="t", now=NOW
    )

    assert held.height
    assert not set(held.get_column("person_id")) & {f"p{n}" for n in range(50)}


def test_colleagues_of_an_account_held_out_of_everything_are_held_out_with_it():
    spec = with_changes(BY_ACCOUNT, **HELD_OUT)
    held = hold_out(people(64), spec, stored=NOBODY, tenant_id="t", now=NOW)
    accounts = set(held.get_column("unit_id"))
    late = people(200, account_of=lambda n: f"a{n % 32}")

    more = hold_out(late, spec, stored=held, tenant_id="t", now=NOW)

    assert more.head(held.height).equals(held)
    assert set(more.get_column("unit_id")) == accounts
    assert more.height > 2 * held.height


def test_who_was_merged_with_somebody_assigned_is_of_that_ones_unit():
    first = assign(people(10), BY_PERSON, stored=NOBODY, tenant_id="t", now=NOW)
    merged = {"p3": "p77"}
    survivor = people(78).filter(pl.col("person_id") == "p77")

    later = assign(survivor, BY_PERSON, stored=first, tenant_id="t", now=NOW, survivors=merged)

    added = later.filter(pl.col("person_id") == "p77").row(0, named=True)
    assert (added["unit_id"], added["arm"]) == ("p3", arms(first)["p3"])
