"""Arms: by person or by account, drawn once and never again."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from experiments.assignment import arm_of
from experiments.spec import Spec
from pipelines.errors import PipelineError
from pipelines.transforms.assign import ASSIGNMENTS, assign

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
