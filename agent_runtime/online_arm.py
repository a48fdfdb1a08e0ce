"""The arm of somebody who arrived a second ago: drawn, inherited from their account, or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.policies.arms import GLOBAL_HOLDOUT, HOLDOUT
from agent_runtime.ports import Tx
from agent_runtime.providers import is_free_mail
from experiments.assignment import Draw, is_held_out


@dataclass(frozen=True, slots=True)
class OnlineExperiment:
    """What is needed to give a unit its arm the second it arrives."""

    experiment_id: str
    layer: str
    salt: str
    """Empty where arms were permuted: then a newcomer inherits an account's arm or has none."""
    spec_hash: str
    shares: Mapping[str, float]
    part: tuple[float, float] = (0.0, 1.0)
    held_out: tuple[str, float] | None = None
    unit: Literal["person", "account"] = "person"

    @property
    def draw(self) -> Draw:
        """The same that assigns in batch."""
        return Draw(self.salt, self.shares, self.part, self.held_out)


def arm_online(
    tx: Tx, experiment: OnlineExperiment, contact: Contact, *, now: datetime
) -> Assignment | None:
    """Returns the assignment of a newcomer; None where no arm can be known, so no agent answers.

    Where accounts are randomised, who writes from a known company's own domain inherits the arm of
    its account; where several accounts at that domain have different arms, none is known.
    """
    if experiment.unit == "person":
        return _drawn(experiment, contact.person_id, contact, now)
    domain = contact.email.rpartition("@")[2].lower()
    if not domain or is_free_mail(domain):
        return None
    colleagues: dict[str, list[str]] = {}
    for one in tx.contacts_at(domain):
        if one.account_id and one.person_id != contact.person_id:
            colleagues.setdefault(one.account_id, []).append(one.person_id)
    found = [
        _of_account(tx, experiment, account, people, contact, now)
        for account, people in sorted(colleagues.items())
    ]
    held = [a for a in found if a is not None and a.experiment_id == GLOBAL_HOLDOUT]
    arms = {a.arm if a is not None else None for a in found}
    if held:
        return held[0]
    return found[0] if len(arms) == 1 else None


def _of_account(
    tx: Tx,
    experiment: OnlineExperiment,
    account: str,
    people: list[str],
    contact: Contact,
    now: datetime,
) -> Assignment | None:
    """The stored arm of an account; one that nobody has drawn yet is drawn by its hash."""
    stored = [a for person in people for a in tx.assignments(person)]
    for wanted in (GLOBAL_HOLDOUT, experiment.experiment_id):
        arms = {a.arm for a in stored if (a.experiment_id, a.unit_id) == (wanted, account)}
        if arms:
            is_clear = len(arms) == 1
            return _row(experiment, wanted, account, arms.pop(), contact, now) if is_clear else None
    is_another_ones = any(
        a.layer == experiment.layer and a.experiment_id != experiment.experiment_id for a in stored
    )
    return None if is_another_ones else _drawn(experiment, account, contact, now)


def _drawn(
    experiment: OnlineExperiment, unit_id: str, contact: Contact, now: datetime
) -> Assignment | None:
    if experiment.held_out is not None and is_held_out(unit_id, *experiment.held_out):
        return _row(experiment, GLOBAL_HOLDOUT, unit_id, HOLDOUT, contact, now)
    arm = experiment.draw.arm_of(unit_id) if experiment.salt else None
    return _row(experiment, experiment.experiment_id, unit_id, arm, contact, now) if arm else None


def _row(
    experiment: OnlineExperiment,
    experiment_id: str,
    unit_id: str,
    arm: str,
    contact: Contact,
    now: datetime,
) -> Assignment:
    return Assignment(
        tenant_id=contact.tenant_id,
        experiment_id=experiment_id,
        unit_id=unit_id,
        person_id=contact.person_id,
        arm=arm,
        layer=GLOBAL_HOLDOUT if experiment_id == GLOBAL_HOLDOUT else experiment.layer,
        spec_hash=experiment.spec_hash,
        assigned_at=now,
        how="online",
    )
