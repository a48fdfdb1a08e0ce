"""Who may be written to at all, as data: checked by the queue builder and again at send.

Each rule is a condition over facts of a contact that must hold. `compile_predicate` turns rules
into a plain Python function for the moment of sending; `pipelines.transforms.eligibility` turns
the same rules into Polars expressions for the queue, and a property test proves the two equal.
Logic has three values: a fact that is missing makes a condition unknown, and unknown means no.

A condition is `{"field", "op", "value"}`, or `{"all": [...]}`, `{"any": [...]}`, `{"not": ...}`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Condition = Mapping[str, Any]
Op = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "at_least",
    "at_most",
    "above",
    "below",
    "contains",
    "present",
    "missing",
]
Facts = Mapping[str, Any]
Predicate = Callable[[Facts], tuple[bool, str]]

LANGUAGES = ("de", "en", "es", "fr", "it", "pt")
"""Languages in which there is approved content."""

WITHOUT_PRIOR_CONSENT = ("BR", "FI", "FR", "GB", "IE", "PT", "SE", "US")
"""Countries where a company's employee may be e-mailed about their work on legitimate interest.

Strictest reading, as of 2026-01; everywhere else prior consent is needed. GB: PECR reg. 22 with
23 (corporate subscribers). IE: S.I. 336/2011 reg. 13. FR: CPCE art. L34-5, CNIL guidance on
professionals. PT: Lei 41/2004 art. 13.o-A and 13.o-B (legal persons). SE: Marknadsföringslagen
§§ 19-21. FI: Laki sähköisen viestinnän palveluista § 202. US: CAN-SPAM Act, 15 U.S.C. § 7704.
BR: LGPD art. 7 IX. Left out on purpose, among others: DE and AT (UWG § 7, TKG § 174), IT, ES, NL,
CH, PL, BE, CA (CASL), AU.
"""

DOUBLE_OPT_IN = ("AT", "CH", "DE")
"""Countries where a box that was ticked counts only once its reader has confirmed it by mail.

Strictest reading, as of 2026-01. DE: UWG § 7(2) no. 2 with BGH I ZR 164/09 (10 February 2011), who
advertises proves the consent. AT: TKG 2021 § 174 with GDPR art. 32, so the Datenschutzbehörde,
DSB-D130.073/0008-DSB/2019. CH: UWG art. 3(1) o, where the sender proves it as well.
"""


@dataclass(frozen=True, slots=True)
class ContactRule:
    """One condition that a contact has to meet; its id is the reason code of who fails it."""

    rule_id: str
    version: int
    must: Condition
    may_be_waived: bool = False
    """A campaign may leave this rule out, by name; the others always bind."""


CONTACT_RULES: tuple[ContactRule, ...] = (
    ContactRule("suppressed", 1, {"field": "suppressed", "op": "is", "value": False}),
    ContactRule("do_not_contact", 1, {"field": "do_not_contact", "op": "is", "value": False}),
    ContactRule("listed", 1, {"field": "listed", "op": "is", "value": False}),
    ContactRule("no_email", 1, {"field": "email", "op": "present"}),
    ContactRule(
        "no_consent",
        1,
        {
            "any": [
                {"field": "basis", "op": "is", "value": "consent"},
                {
                    "all": [
                        {"field": "basis", "op": "is", "value": "legitimate_interest"},
                        {"field": "country", "op": "in", "value": WITHOUT_PRIOR_CONSENT},
                    ]
                },
            ]
        },
    ),
    ContactRule(
        "not_confirmed",
        1,
        {
            "any": [
                {"field": "basis", "op": "is", "value": "legitimate_interest"},
                {"field": "opt_in", "op": "in", "value": ("recorded", "confirmed")},
                {
                    "all": [
                        {"field": "opt_in", "op": "is", "value": "given"},
                        {"field": "country", "op": "not_in", "value": DOUBLE_OPT_IN},
                    ]
                },
            ]
        },
    ),
    ContactRule("language", 1, {"field": "language", "op": "in", "value": LANGUAGES}),
    ContactRule("owner_inactive", 1, {"field": "owner_active", "op": "is", "value": True}),
    ContactRule(
        "other_territory",
        1,
        {"field": "is_owners_territory", "op": "is", "value": True},
        may_be_waived=True,
    ),
    ContactRule(
        "open_opportunity",
        1,
        {"field": "open_opportunities", "op": "is", "value": 0},
        may_be_waived=True,
    ),
)
"""In order of gravity; the first that a contact fails is the reason."""

FACTS: Mapping[str, type] = {
    "suppressed": bool,
    "do_not_contact": bool,
    "listed": bool,
    "email": str,
    "basis": str,
    "opt_in": str,
    "country": str,
    "language": str,
    "owner_active": bool,
    "is_owners_territory": bool,
    "open_opportunities": int,
}
"""The facts that the rules ask for, and their types."""


def asks_twice(country: str) -> bool:
    """Says whether a consent has to be confirmed there; an unknown country asks as well."""
    return not country or country in DOUBLE_OPT_IN


PASSED = ""
"""The reason of a contact that meets every rule."""


def rules_without(waived: Iterable[str]) -> tuple[ContactRule, ...]:
    """Returns the rules that bind when these are waived; a rule that may not be stays."""
    names = set(waived)
    return tuple(r for r in CONTACT_RULES if not (r.may_be_waived and r.rule_id in names))


def compile_predicate(rules: Sequence[ContactRule] = CONTACT_RULES) -> Predicate:
    """Returns a function from facts to whether all rules hold, and the first that does not."""

    def predicate(facts: Facts) -> tuple[bool, str]:
        for rule in rules:
            if holds(rule.must, facts) is not True:
                return False, rule.rule_id
        return True, PASSED

    return predicate


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Returns whether a condition holds of the facts; None when a missing fact leaves it open."""
    if "all" in condition:
        return _all([holds(part, facts) for part in condition["all"]])
    if "any" in condition:
        found = _all([_not(holds(part, facts)) for part in condition["any"]])
        return _not(found)
    if "not" in condition:
        return _not(holds(condition["not"], facts))
    fact, op = facts.get(condition["field"]), condition["op"]
    if op in {"present", "missing"}:
        return (fact is None) == (op == "missing")
    if fact is None:
        return None
    return _OPS[op](fact, condition["value"])


def _all(parts: Sequence[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _not(part: bool | None) -> bool | None:
    return None if part is None else not part


_OPS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda fact, value: fact == value,
    "is_not": lambda fact, value: fact != value,
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "at_least": lambda fact, value: fact >= value,
    "at_most": lambda fact, value: fact <= value,
    "above": lambda fact, value: fact > value,
    "below": lambda fact, value: fact < value,
    "contains": lambda fact, value: value.lower() in fact.lower(),
}
