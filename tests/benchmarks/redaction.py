"""Redaction of an ordinary mail of some 500 characters, against the telephone search alone."""

from dataclasses import replace
from time import perf_counter

from phonenumbers import PhoneNumberMatcher

from agent_runtime.lone_text import NOBODY
from agent_runtime.placeholders import redact

TIMES = 1_000
MAIL = (
    "Hi Sara,\n\nthanks for the demo last Tuesday. Our team of 40 users would like to see the "
    "reporting part again, and my colleague in Leeds has questions about the price of 12,500 EUR "
    "a year. Could we meet on Thursday 14:30 or Friday between 10 and 11? We are on version 4.2 "
    "of the old tool, order 4500123987, and renew on 01/02/2027.\n\nYou can reach me on "
    "+49 30 901820 or at anna.berg@kranwerk.example.\n\nBest regards,\nAnna Berg\nKranwerk GmbH\n"
    "Hauptstr. 5, 10115 Berlin\nTel. 030 901820"
)


def measure():
    contact = replace(NOBODY, first_name="Anna", last_name="Berg", country="DE")
    assert "901820" not in redact(MAIL, contact).text
    redacted = _times_ms(lambda: redact(MAIL, contact))
    matched = _times_ms(lambda: list(PhoneNumberMatcher(MAIL, "DE")))
    return {
        "characters": len(MAIL),
        "p50_ms": round(redacted[TIMES // 2], 2),
        "p95_ms": round(redacted[TIMES * 95 // 100], 2),
        "ratio_to_telephone_search": round(redacted[TIMES // 2] / matched[TIMES // 2], 1),
    }


def _times_ms(work):
    times = []
    for _ in range(TIMES):
        began = perf_counter()
        work()
        times.append((perf_counter() - began) * 1000)
    return sorted(times)
