"""All sections of one trial, in one call."""

from experiments.sections.balance import balance
from experiments.sections.compliers import compliers
from experiments.sections.money import money
from experiments.sections.parts import FurtherSections
from experiments.sections.quantiles import quantiles
from experiments.sections.segments import segments
from experiments.sections.sensitivity import sensitivity
from experiments.sections.trial import Trial
from experiments.sections.uplift import uplift


def further_sections(trial: Trial) -> FurtherSections:
    """Returns what the spec asks for besides the headline.

    Only for the fixed mode with every window closed: all of these are intervals and p-values that
    hold once, and looked at before they would tell what the headline may not tell yet.
    """
    return FurtherSections(
        balance=balance(trial),
        compliers=compliers(trial),
        segments=segments(trial),
        quantiles=quantiles(trial),
        uplift=uplift(trial),
        sensitivity=sensitivity(trial),
        money=money(trial),
    )
