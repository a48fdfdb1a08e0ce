"""Checks of one claim against one clause of a fact, each a reason to block or nothing.

Every check answers one question and knows nothing of the others; all of them veto.
"""

from collections.abc import Callable

from agent_runtime.grounding.checks.addresses import addresses
from agent_runtime.grounding.checks.amounts import amounts
from agent_runtime.grounding.checks.availability import availability
from agent_runtime.grounding.checks.bindings import bindings
from agent_runtime.grounding.checks.causes import causes
from agent_runtime.grounding.checks.comparisons import comparisons
from agent_runtime.grounding.checks.conditions import conditions
from agent_runtime.grounding.checks.coverage import coverage
from agent_runtime.grounding.checks.doers import doers
from agent_runtime.grounding.checks.hedges import hedges
from agent_runtime.grounding.checks.modality import modality
from agent_runtime.grounding.checks.moments import moments
from agent_runtime.grounding.checks.negation import negation
from agent_runtime.grounding.checks.order import order
from agent_runtime.grounding.checks.promises import promises
from agent_runtime.grounding.checks.quantifiers import quantifiers
from agent_runtime.grounding.checks.roles import roles
from agent_runtime.grounding.checks.scope import scope
from agent_runtime.grounding.checks.tenses import tenses
from agent_runtime.grounding.checks.twists import twists
from agent_runtime.grounding.claims import Match

Check = Callable[[Match], str]
"""Returns why the clause does not support the claim; empty where this check has no objection."""

CHECKS: tuple[Check, ...] = (
    *(coverage, addresses, amounts, moments, negation, modality, quantifiers, comparisons),
    *(promises, availability, hedges, conditions, scope, causes, roles, bindings),
    *(order, doers, tenses, twists),
)


def may_ask(match: Match) -> bool:
    """Whether only common words are uncovered: what a model of entailment may still supply."""
    is_common = not any(w.is_name or w.is_firm for w in match.uncovered)
    return is_common and not any(check(match) for check in CHECKS if check is not coverage)


def objection(match: Match) -> str:
    """Returns the first reason why a clause does not support a claim, or nothing."""
    return next((reason for check in CHECKS if (reason := check(match))), "")
