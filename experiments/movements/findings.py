"""The rules over movements: what to do, and how sure it is; or that there is nothing to say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from experiments.movements.document import Finding, Movement
from experiments.movements.rules import Rule, Rules

CAUTION = (
    "These are changes over time, so whatever else changed in these weeks is in them too; "
    "only an experiment with a holdout says what the agent caused."
)
_CERTAINTIES = (
    (0.001, "Very sure: chance alone would say so in fewer than one run in 1,000."),
    (0.01, "Sure: chance alone would say so in fewer than one run in 100."),
    (0.05, "Fairly sure: chance alone would say so in fewer than one run in 20."),
)
"""By adjusted p, so that all comparisons of the run are in it."""


def findings_of(movements: Sequence[Movement], rules: Rules) -> tuple[Finding, ...]:
    """Returns the rules whose movements are all there, in the order of the rules, by group."""
    groups: dict[tuple, dict[str, Movement]] = defaultdict(dict)
    for movement in movements:
        groups[tuple(movement.keys.items())][movement.metric] = movement
    return tuple(
        _finding(rule, [known[name] for name in rule.when])
        for rule in rules.rules
        for known in groups.values()
        if _holds(rule, known)
    )


def quiet_of(movements: Sequence[Movement], findings: Sequence[Finding]) -> str | None:
    """Returns one sentence where no rule is met; None where one is."""
    if findings:
        return None
    moved = [m for m in movements if m.state in {"up", "down"}]
    unknown = sum(m.state == "cannot tell" for m in movements)
    flat = len(movements) - unknown - len(moved)
    counts = f"of {len(movements)} comparisons {flat} show no change and {unknown} cannot tell yet"
    if not moved:
        return f"Nothing moved by more than chance explains: {counts}."
    names = ", ".join(f"{m.label} ({m.state})" for m in moved)
    return f"No rule has an advice for what moved, {names}; {counts}."


def _holds(rule: Rule, known: Mapping[str, Movement]) -> bool:
    return all(name in known and known[name].state == way for name, way in rule.when.items())


def _finding(rule: Rule, evidence: Sequence[Movement]) -> Finding:
    keys = evidence[0].keys
    where = "".join(f"{name} {value or 'none'}: " for name, value in keys.items())
    since = max(m.after_days[0] for m in evidence if m.after_days)
    return Finding(
        rule=rule.id,
        requirement=rule.requirement,
        audience=rule.audience,
        keys=keys,
        headline=f"{where}{_headline(rule, since)}",
        evidence=tuple(evidence),
        certainty=_certainty(m.p_adjusted for m in evidence if m.state != "flat"),
        advice=rule.advice,
        page=rule.page,
    )


def _headline(rule: Rule, since: date) -> str:
    return f"Since {since.day} {since:%B}, {rule.headline}."


def _certainty(p_values: Iterable[float | None]) -> str:
    weakest = max(1.0 if p is None else p for p in p_values)
    return next(said for most, said in _CERTAINTIES if weakest <= most)
