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
from experiments.threads import in_threads


def further_sections(trial: Trial) -> FurtherSections:
    """Returns what the spec asks for besides the headline.

    Only for the fixed mode with every window closed: all of these are intervals and p-values that
    hold once, and looked at before they would tell what the headline may not tell yet.
    """
    sections = (balance, compliers, segments, quantiles, uplift, sensitivity, money)
    asked = [(section,) for section in sections]
    found = in_threads(lambda section: section(trial), asked, units=trial.units.height)
    names = [section.__name__ for section in sections]
    return FurtherSections(**dict(zip(names, found, strict=True)))
