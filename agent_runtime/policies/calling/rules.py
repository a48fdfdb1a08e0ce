"""What must hold before a number is dialled, as data, in order of gravity.

47 CFR 64.1200 as of 2026-01 unless a rule says otherwise; FCC 24-17 (8 February 2024) makes the
voice of an AI an artificial one, so that prior express consent is needed for every call.
"""

from agent_runtime.policies.contact_rules import Condition, ContactRule
from agent_runtime.policies.ruleset import RuleSet

NUMBER, CONSENT, LISTS = "call_number", "call_consent", "do_not_call"
CALLER_ID, LANGUAGE = "caller_id", "call_language"
ATTEMPTS, ABANDONED, HOURS = "call_attempts", "abandoned_calls", "call_hours"


def call_rules(rules: RuleSet) -> tuple[ContactRule, ...]:
    """Returns the conditions of all rules of calls under the parameters of a policy set."""
    conditions = {
        NUMBER: _of("number_kind", "in", tuple(rules.parameter(NUMBER, "kinds"))),
        CONSENT: _all(
            _is("has_consent_for_number", True),
            {"any": [_is("is_marketing", False), _is("has_written_consent", True)]},
        ),
        LISTS: _all(
            _is("on_own_list", False),
            _is("on_national_list", False),
            _of("national_days_left", "at_least", 0),
        ),
        CALLER_ID: _all(
            {"field": "own_number", "op": "present"},
            _is("own_is_registered", True),
            _is("own_may_call_there", True),
        ),
        LANGUAGE: _is("has_voice", True),
        ATTEMPTS: _all(
            _of("attempts_in_a_day", "below", rules.parameter(ATTEMPTS, "per_number_a_day")),
            _of("attempts_in_a_week", "below", rules.parameter(ATTEMPTS, "per_number_a_week")),
        ),
        ABANDONED: _of(
            "abandoned_per_10k", "at_most", round(10_000 * rules.parameter(ABANDONED, "max_share"))
        ),
        HOURS: _all(
            _of("earliest_hour", "at_least", rules.parameter(HOURS, "first_hour")),
            _of("latest_hour", "below", rules.parameter(HOURS, "last_hour")),
            _is("is_lawful_hour", True),
        ),
    }
    return tuple(
        ContactRule(name, rules.rules[name].version, must) for name, must in conditions.items()
    )


def _is(field: str, value: bool) -> Condition:
    return _of(field, "is", value)


def _of(field: str, op: str, value: object) -> Condition:
    return {"field": field, "op": op, "value": value}


def _all(*parts: Condition) -> Condition:
    return {"all": list(parts)}
