"""How far people get: the steps of a playbook's funnel, and where most are lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.metrics import read_metrics
from experiments.rate_intervals import Interval, rate_interval
from experiments.semantic_layer import DBT_PROJECT, load_semantic_layer

STEPS = (
    "threads_opened_by_agent",
    "threads_opened_and_answered",
    "engaged_threads",
    "positive_threads",
    "meetings_set",
)
"""Counts of the semantic layer. The first two are of threads that the agent opened; whoever wrote
first joins at the third, so the step from the second to the third is no loss."""

_LOSSES = (STEPS[:2], STEPS[2:4], STEPS[3:5])


@dataclass(frozen=True, slots=True)
class Loss:
    """One step of a playbook: how many came to it, and the share that went on."""

    playbook: str
    step: str
    came: int
    went_on: int
    interval: Interval | None

    @property
    def share(self) -> float:
        """Of those who came, how many went on."""
        return self.went_on / self.came


def losses_by_playbook(
    warehouse: Path, *, playbooks: Sequence[str] = (), project: Path = DBT_PROJECT
) -> tuple[Loss, ...]:
    """Returns each step of each playbook at which somebody came, in the order of the funnel."""
    labels = load_semantic_layer(project).definitions
    where = {"playbook": list(playbooks)} if playbooks else {}
    readings = read_metrics(
        STEPS, warehouse=warehouse, by=("playbook",), where=where, project=project
    )
    counts = {(r.keys["playbook"], r.metric): int(r.value or 0) for r in readings}
    names = dict.fromkeys(name for name, _ in counts if name)
    found = (
        (name, labels[second].label, counts[name, first], counts[name, second])
        for name in names
        for first, second in _LOSSES
    )
    return tuple(
        Loss(name, step, came, min(went_on, came), rate_interval(min(went_on, came), came))
        for name, step, came, went_on in found
        if came
    )


def told(losses: Iterable[Loss]) -> str:
    """Returns where most is lost in each playbook, in words; surely so or not."""
    losses = list(losses)
    if not losses:
        return "Nobody has been written to yet, so no step can be told from another."
    return " ".join(
        _told_of(name, [loss for loss in losses if loss.playbook == name])
        for name in dict.fromkeys(loss.playbook for loss in losses)
    )


def _told_of(playbook: str, losses: Sequence[Loss]) -> str:
    worst = min(losses, key=lambda loss: loss.share)
    counts = f"{worst.went_on:,} of {worst.came:,} get there"
    words = f"{playbook} loses most before “{worst.step}”: {counts}"
    others = [loss for loss in losses if loss is not worst]
    if not others:
        return f"{words}, and there is no other step to compare it with."
    is_sure = all(
        loss.interval and worst.interval and loss.interval.low > worst.interval.high
        for loss in others
    )
    return (
        f"{words}, fewer than at any other step."
        if is_sure
        else f"{words}, but another step may lose more."
    )
