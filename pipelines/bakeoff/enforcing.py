"""Tells a running workspace who was drawn in a bake-off, so that its agent keeps to the draw."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from agent_runtime.arms import add_controls, controls_of
from agent_runtime.contracts import Assignment
from agent_runtime.ports import Store
from agent_runtime.store.importing import assign_once
from experiments.bakeoff.config import BakeOff
from experiments.errors import BakeOffError


@dataclass(frozen=True, slots=True)
class Enforced:
    """People of each arm, and the arms that our agent keeps away from."""

    counts: dict[str, int]
    kept_away: tuple[str, ...]


def ours_of(plan: BakeOff, named: Collection[str]) -> tuple[str, ...]:
    """Returns the candidates that our runtime plays; unless named, all but where vendors compete.

    Raises:
        BakeOffError: A name that is no candidate.
    """
    if odd := [name for name in named if name not in plan.names]:
        raise BakeOffError(
            f"--ours {odd[0]!r}: the plan {plan.id} knows the candidates {', '.join(plan.names)}"
        )
    return tuple(named) or (() if plan.kind == "vendor" else tuple(plan.names))


def enforce(
    plan: BakeOff,
    rows: pl.DataFrame,
    store: Store,
    *,
    tenant_id: str,
    ours: Collection[str],
    is_trial: bool = False,
) -> Enforced:
    """Writes the draw into the store; doing it again changes nothing.

    The holdout, and whoever another candidate writes to, are controls there: the gate at send
    stops every touch of our agent, whatever campaign queued it.

    Args:
        plan: The registered plan.
        rows: The draw, as `parley bakeoff assign` writes it; `unit_id` is the run's person_id.
        store: The run's store.
        tenant_id: Whose run it is.
        ours: Candidates that our runtime plays.
        is_trial: Whether only to say what would be done.

    Raises:
        BakeOffError: Somebody who was drawn is not in the run, or the run keeps away from an arm of
            ours since an earlier call: what was a control once stays one.
    """
    mine = rows.filter(pl.col("experiment_id") == plan.id)
    kept_away = tuple(arm for arm in plan.arms if arm not in ours)
    assignments = [
        Assignment(**{**row, "tenant_id": tenant_id, "person_id": row["unit_id"]})
        for row in mine.select(set(Assignment.model_fields) & set(mine.columns)).to_dicts()
    ]
    with store.begin() as tx:
        strangers = [a.unit_id for a in assignments if tx.contact_of(a.unit_id) is None]
        if strangers:
            raise BakeOffError(
                f"{len(strangers)} of {len(assignments)} contacts are not in the run, "
                f"{strangers[0]!r} for one; unit_id must be the person_id of the run"
            )
        kept = controls_of(tx).get(plan.id, ())
        if held := [arm for arm in ours if arm in kept]:
            raise BakeOffError(
                f"--ours {held[0]!r}: this run already keeps away from {held[0]} of {plan.id}, and "
                "what was a control once stays one; leave it out, or draw under a new id"
            )
        if not is_trial:
            add_controls(tx, {plan.id: kept_away})
            for assignment in assignments:
                assign_once(tx, assignment, {plan.id: kept_away})
    counts = Counter(a.arm for a in assignments)
    return Enforced({arm: counts[arm] for arm in plan.arms}, kept_away)
