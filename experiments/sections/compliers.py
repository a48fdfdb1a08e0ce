"""Section: the effect on those who were reached."""

from experiments.plain_numbers import signed
from experiments.sections.parts import Compliers, Effect
from experiments.sections.trial import Trial
from experiments.statistics.compliers import ComplierEstimate, complier_effect


def compliers(trial: Trial) -> tuple[Compliers, ...] | None:
    """Returns one row a treated arm, of the primary metric, where the spec names `contacted`."""
    contacted = trial.spec.contacted
    if contacted is None:
        return None
    return tuple(_of_arm(trial, arm, contacted) for arm in trial.spec.treated)


def _of_arm(trial: Trial, arm: str, contacted: str) -> Compliers:
    metric, control = trial.primary, trial.spec.control
    units = trial.pair(metric, arm, contacted)
    reached = [units.filter(units["arm"] == name)[contacted].to_numpy() for name in (control, arm)]
    found = complier_effect(*trial.samples(units, metric, arm), *reached)
    return Compliers(
        metric=metric,
        arm=arm,
        control=control,
        reached_arm=found.reached_arm,
        reached_control=found.reached_control,
        first_stage_f=found.first_stage_f,
        is_weak=found.is_weak,
        effect=Effect.from_parts(found.effect, found.ci, found.p_value, found.method),
        verdict=_verdict(found, arm, control, is_share=trial.shares.get(metric, False)),
    )


def _verdict(found: ComplierEstimate, arm: str, control: str, *, is_share: bool) -> str:
    scale, digits, unit = (100, 3, " percentage points") if is_share else (1, 4, "")
    said = [f"{found.reached_arm:.1%} of {arm} were reached"]
    if found.effect is None:
        said.append(found.method)
    elif found.ci is None:
        said.append("no interval, since the metric does not vary")
    else:
        said.append(
            f"on those the effect is {signed(found.effect * scale, digits)} "
            f"({signed(found.ci.low * scale, digits)} to {signed(found.ci.high * scale, digits)})"
            f"{unit}, if assignment acts through contact alone"
        )
    if found.is_weak and found.ci is not None:
        said.append("contact differs little by arm, hence the wider bounds")
    if found.reached_control > 0:
        said.append(
            f"contamination: {found.reached_control:.1%} of {control} were contacted, so that it "
            "holds only for those whose contact hung on their arm"
        )
    return "; ".join(said)
