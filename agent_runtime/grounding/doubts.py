"""A model of entailment as a second reader of what the checks let pass: it may only stop."""

from agent_runtime.grounding.entailment import Entailment
from agent_runtime.grounding.findings import Finding, Ground
from agent_runtime.grounding.premises import premise_of

LEAST = 0.1
"""A sentence that the model finds less likely to follow from its facts is stopped."""


def doubted(finding: Finding, base: Ground, entails: Entailment | None) -> Finding:
    """Returns a finding, blocked where the model does not believe what the checks found supported.

    Where no model was asked, as its empty version says, the checks stand alone.
    """
    if finding.verdict != "supported" or entails is None or not entails.version:
        return finding
    premise = premise_of([given.text for given, _ in base.facts], finding.sentence)
    sure = entails.judge(premise, finding.sentence).entails
    if sure >= LEAST:
        return finding
    reason = f"a model of entailment doubts that its facts say so ({sure:.2f})"
    return Finding(finding.sentence, "blocked", reason=reason)
