"""Two periods whose truth is known: accounts with persons who resemble each other, every metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from experiments.movements.document import Movement
from experiments.movements.findings import findings_of
from experiments.movements.movement import Side, compare, told
from experiments.movements.periods import Days, periods_of
from experiments.movements.rules import load_rules
from experiments.movements.units import UnitValues
from experiments.semantic_layer import MetricDefinition

RUN = Days(np.datetime64("2026-01-05").item(), np.datetime64("2026-02-01").item())
ALIKE = 8.0
"""The smaller, the more the persons of an account resemble each other; shares have 1 / (1 + it)."""

LEVELS = {
    "coverage_rate": 0.4,
    "positive_intent_rate": 0.35,
    "reply_rate": 0.12,
    "meetings_set": 0.06,
    "show_rate": 0.8,
    "win_rate": 0.3,
    "compliance_pass_rate": 0.95,
    "objection_resolution_rate": 0.4,
    "unsubscribe_rate": 0.01,
    "complaint_rate": 0.001,
    "delivery_success_rate": 0.98,
    "unknown_open": 0.01,
    "manual_rollbacks": 0.01,
    "conversation_depth": 4.0,
    "accuracy_score": 4.2,
    "tone_adherence": 4.0,
    "buyer_satisfaction": 3.9,
    "cost_per_touch_usd": 0.6,
    "cost_per_meeting_usd": 25.0,
    "sales_cycle_days": 30.0,
    "first_response_minutes": 4.0,
    "read_ms_p95": 80.0,
    "plan_ms_p95": 20.0,
    "send_ms_p95": 200.0,
}


@dataclass
class Periods:
    """Draws both periods of every metric.

    Attributes:
        seed: Of everything.
        people: Persons of a period, about three an account.
        factors: Metric to what its level is multiplied with in the last period; 1 elsewhere.
    """

    seed: int
    people: int = 900
    factors: Mapping[str, float] = field(default_factory=dict)

    def movements(self, definitions: Mapping[str, MetricDefinition]) -> list[Movement]:
        """Returns what is told of all metrics that the rules watch."""
        rules, periods = load_rules(), periods_of(RUN, days=14)
        draw = np.random.default_rng(self.seed)
        accounts = draw.integers(0, self.people // 3, self.people)
        names = [f"account {i}" for i in accounts]
        compared = []
        for name, watch in rules.metrics.items():
            sides = [
                self._side(definitions[name], LEVELS[name] * factor, names, accounts, draw)
                for factor in (1.0, self.factors.get(name, 1.0))
            ]
            compared.append(compare(definitions[name], watch, *sides, periods))
        return told(compared)

    def advised(self, definitions: Mapping[str, MetricDefinition]) -> set[str]:
        """Returns the rules that give an advice."""
        return {found.rule for found in findings_of(self.movements(definitions), load_rules())}

    def _side(
        self,
        definition: MetricDefinition,
        level: float,
        names: list[str],
        accounts: np.ndarray,
        draw: np.random.Generator,
    ) -> Side:
        """Every account has a level of its own in each period, around the true one."""
        count = int(accounts.max()) + 1
        ones = np.ones(len(accounts))
        if definition.level is not None:
            spread = np.exp(draw.normal(0, 0.2, count))[accounts]
            values = level * spread * np.exp(draw.normal(0, 0.6, len(accounts)))
            ordered = float(np.quantile(values, definition.level, method="hazen"))
            return Side(ordered, len(values), units=UnitValues(names, values, ones))
        if definition.unit == "share" or definition.is_count:
            own = draw.beta(level * ALIKE, (1 - level) * ALIKE, count)[accounts]
            whole = ones if definition.is_count else draw.integers(1, 4, len(accounts)) * 1.0
            top = draw.binomial(whole.astype(int), own) * 1.0
            value = top.sum() if definition.is_count else top.sum() / whole.sum()
            return Side(float(value), int(whole.sum()), units=UnitValues(names, top, whole))
        return self._ratio(definition, level, names, accounts, draw)

    def _ratio(
        self,
        definition: MetricDefinition,
        level: float,
        names: list[str],
        accounts: np.ndarray,
        draw: np.random.Generator,
    ) -> Side:
        if definition.name == "cost_per_meeting_usd":
            whole = (draw.random(len(names)) < 0.06) * 1.0
            top, fixed = draw.gamma(2.0, level * 0.06 / 4, len(names)), level * 0.03 * len(names)
        elif definition.name == "cost_per_touch_usd":
            whole = draw.integers(1, 4, len(names)) * 1.0
            top, fixed = whole * draw.gamma(4.0, level / 8, len(names)), level * len(names)
        else:
            own = draw.normal(0, 0.3, int(accounts.max()) + 1)[accounts]
            whole = draw.integers(1, 3, len(names)) * 1.0
            top, fixed = whole * (level + own + draw.normal(0, 0.8, len(names))), 0.0
        value = float((top.sum() + fixed) / whole.sum())
        return Side(value, int(whole.sum()), units=UnitValues(names, top, whole, fixed))
