"""Moves a campaign to its next state, where it may, or back."""

from agent_runtime.settings import Settings
from pipelines.campaigns.runtime import open_runtime
from pipelines.campaigns.stages.binding import bind
from pipelines.campaigns.stages.history import Life, Move, write_move
from pipelines.campaigns.stages.measuring import Subject, measure
from pipelines.campaigns.stages.rules import STAGES, Stage
from pipelines.errors import PipelineError


def next_stage(life: Life) -> Stage | None:
    """Returns the state after the present one; None after the last."""
    following = STAGES[STAGES.index(life.stage) + 1 :]
    return following[0] if following else None


def promote(
    subject: Subject,
    *,
    by: str,
    target: Stage | None = None,
    is_override: bool = False,
    reason: str = "",
) -> Move:
    """Moves a campaign on, by default by one state; the evidence is written down with it.

    Args:
        subject: The campaign as it is now.
        by: Who decides it.
        target: A later state.
        is_override: Whether states may be skipped and criteria not be met; asks for a reason.
        reason: Why.

    Raises:
        PipelineError: a state would be skipped, or a criterion is not met, and nobody overrides.
    """
    life, name = subject.life, subject.page.campaign.id
    wanted = target or next_stage(life)
    if wanted is None or STAGES.index(wanted) <= STAGES.index(life.stage):
        raise PipelineError(
            f"campaign {name} is in {life.stage} already; `parley campaign demote` goes back."
        )
    stages = STAGES[STAGES.index(life.stage) + 1 : STAGES.index(wanted) + 1]
    evidence = tuple(one for stage in stages for one in measure(subject, stage))
    left = [one.title for one in evidence if not one.met]
    if not is_override and len(stages) > 1:
        raise PipelineError(
            f"--to = {wanted!r}: {name} is in {life.stage} and would skip {', '.join(stages[:-1])};"
            " leave --to out, or give --override and --reason."
        )
    if not is_override and left:
        raise PipelineError(
            f"campaign {name} may not enter {wanted} yet: {len(left)} of {len(evidence)} criteria "
            f"are not met ({'; '.join(left)}); see `parley campaign stage {name}`, or give "
            "--override and --reason."
        )
    made = write_move(
        subject.settings.paths,
        name,
        wanted,
        by=by,
        now=subject.now,
        reason=reason,
        is_override=is_override,
        evidence=evidence,
    )
    _bind(subject.settings)
    return made


def demote(subject: Subject, *, by: str, reason: str, target: Stage | None = None) -> Move:
    """Moves a campaign back, by default by one state; always allowed, and in effect at once.

    Raises:
        PipelineError: it is in the first state, the target lies ahead, or there is no reason.
    """
    life, name = subject.life, subject.page.campaign.id
    place = STAGES.index(life.stage)
    wanted = target or STAGES[max(place - 1, 0)]
    if STAGES.index(wanted) >= place:
        raise PipelineError(
            f"--to = {wanted!r}: {name} is in {life.stage}, and a step back goes to an earlier one."
        )
    made = write_move(subject.settings.paths, name, wanted, by=by, now=subject.now, reason=reason)
    _bind(subject.settings)
    return made


def _bind(settings: Settings) -> None:
    with open_runtime(settings.paths, settings.tenant_id) as runtime:
        bind(settings.paths, runtime)
